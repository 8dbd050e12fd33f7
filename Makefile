PYTHON ?= python3
BIN = .venv/bin
PIP = $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: demo test types docs newcomer package clean

demo: .venv/.installed
	$(BIN)/flat estimate --model bert-base --seq 4096 --arch edge --softmax overlapped
	$(BIN)/flat generate --model bert-base --seq 4096 --arch edge --output demo

test: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadfile -q -m 'slow or not slow'  # what a file works out once, one process does

# The types of the tests; those of the package are part of test.
types: .venv/.installed-dev
	$(BIN)/mypy --config-file tests/mypy.ini --cache-dir .mypy_cache/tests tests

# The package as users get it, on every Python that it names; PYTHONS=3.11 for one of them.
package: .venv/.installed-dev
	$(BIN)/python tools/check_package.py $(if $(PYTHONS),--pythons $(PYTHONS))

# What a newcomer does, in a fresh environment with the built wheel.
newcomer: .venv/.installed-dev
	$(BIN)/python tools/newcomer.py

docs: .venv/.installed-docs
	$(BIN)/mkdocs build --strict

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) -e .
	touch $@

.venv/.installed-%: .venv/.installed
	$(PIP) -e '.[$*]'
	touch $@

clean:
	rm -rf .venv
