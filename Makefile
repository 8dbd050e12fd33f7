PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test docs clean

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: .venv/.installed
	$(BIN)/flat estimate --model bert-base --seq 4096 --arch edge --softmax overlapped
	$(BIN)/flat generate --model bert-base --seq 4096 --arch edge --output demo

test: .venv/.installed
	$(BIN)/ruff check flat_plugin tests
	$(BIN)/mypy
	$(BIN)/pytest -n auto -q

docs: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[docs]'
	$(BIN)/mkdocs build --strict

clean:
	rm -rf .venv
