# make talk   sets everything up, then starts the assistant
# make test   sets everything up, then runs every check and every test
# make setup  what both begin with; may be run alone
.PHONY: talk test setup setup-test lint bench lock kill9 clean

VENV := .venv
RUN := $(VENV)/bin/
export PYTHONUNBUFFERED := 1

talk: setup
	@$(RUN)interlude talk

setup:
	@tools/setup.sh

setup-test:
	@tools/setup.sh --test

test: setup-test lint
	@$(RUN)pytest $(ARGS)

lint:
	@$(RUN)ruff check .
	@$(RUN)ruff format --check .
	@$(RUN)mypy
	@$(RUN)lint-imports --no-cache
	@$(RUN)interlude models check

# The figures of README: medians of five on this machine. Never part of the tests.
bench: setup
	@$(RUN)python tools/bench.py

# A hundred kills of a writing journal instead of the few in `make test`.
kill9: setup-test
	@INTERLUDE_KILL_ROUNDS=100 $(RUN)pytest tests/test_journal_store.py -k kill

# Exact versions with hashes; no index addresses. Markers on the kernel's release go: pip compares it
# as a version, which a Linux kernel's name is not, and some pips stop there.
lock:
	@$(RUN)python -m pip install --quiet uv
	@$(RUN)uv pip compile pyproject.toml requirements.in --group dev --universal \
	  --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --quiet --output-file requirements.lock
	@sed -E -i.bak "s/platform_release (<|>=) '[0-9.]+' and //g" requirements.lock && rm requirements.lock.bak

clean:
	rm -rf $(VENV) build dist
