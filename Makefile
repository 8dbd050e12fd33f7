PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test clean

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

test: .venv/.installed
	$(BIN)/ruff check flat_plugin tests
	$(BIN)/mypy
	$(BIN)/pytest -n auto -q

clean:
	rm -rf .venv
