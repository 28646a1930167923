# Needs Python 3.10 or newer, make and a package index; everything else is put into $(VENV).
#
#   make PYTHON=python3.12 VENV=.venv-3.12 test     with another Python, beside the first
#   make test ARGS="-k clear -x"                    some of the tests
#   make torture N=20 OLD_GYM=path/to/python        fewer kills; Gym's own reader reads what is left

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
AXE := axe-core@4.14.1
EXACT := --constraint .ci/constraints.txt

# Shows a command the way one would type it, then runs it with the environment's tools first.
run = @echo '$$ $(1)' && PATH="$(abspath $(BIN)):$$PATH" $(1)

.DEFAULT_GOAL := help
.PHONY: help demo test test-browser test-ray test-sb3 compat torture fuzz replay coverage check check-lint check-format check-types check-docs docs format clean

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/demo.stamp ## record a CartPole script with video into build/demo, then look at it
	$(call run,monitorcli start --force build/demo -- python docs/examples/cartpole.py)
	@echo
	$(call run,monitorcli inspect build/demo)

test: $(VENV)/dev.stamp ## run the tests, in two to four processes
	$(call run,python -m pytest --numprocesses auto --maxprocesses 4 $(ARGS))

test-browser: $(VENV)/browser.stamp build/axe/$(AXE) ## look at the page in a real Chromium (needs chromium, and npm for axe-core)
	$(call run,python -m pytest tests/browser $(ARGS))

test-sb3: $(VENV)/sb3.stamp ## evaluate models of Stable-Baselines3, Atari and MuJoCo too, TorchScript and ONNX files (installs torch)
	$(call run,python -m pytest tests/sb3 $(ARGS))

test-ray: $(VENV)/ray.stamp ## evaluate on a cluster of Ray's on this machine (installs ray)
	$(call run,python -m pytest tests/ray $(ARGS))

# The checker of accessibility is asked for its one file; it is no part of the project.
build/axe/$(AXE):
	@rm -rf build/axe && mkdir -p build/axe
	@echo "Fetching $(AXE) ..."
	@cd build/axe && npm pack --silent $(AXE) >/dev/null && tar -xzf *.tgz package/axe.min.js package/LICENSE
	@touch $@

torture: N ?= 500
torture: $(VENV)/dev.stamp ## kill N=500 runs at random moments, then let 32 write at once (some 25 minutes)
	$(call run,python tests/torture --kills $(N) $(if $(OLD_GYM),--old-gym $(OLD_GYM)))
	$(call run,python tests/torture/many_writers.py)

fuzz: N ?= 2000
fuzz: $(VENV)/dev.stamp ## read N=2000 damaged directories in every way there is
	$(call run,python tests/fuzz --directories $(N))

coverage: $(VENV)/dev.stamp ## simulate gates and intervals, and write their tables into docs/ (some 30 minutes)
	$(call run,env OPENBLAS_NUM_THREADS=1 python tests/simulation)
	$(call run,env OPENBLAS_NUM_THREADS=1 python tests/simulation/stopping.py)

# The interpreters of other environments, which need Gymnasium and nothing of ours: make compat PYTHONS="..."
# A script of somebody else's, here CleanRL's: make compat COMMAND="python ppo.py" RETURNS='episodic_return=.([^]]+)'
compat: $(VENV)/dev.stamp ## run the ways of making environments, with and without monitorcli
	$(call run,python tests/compat/table.py $(PYTHONS))

# Of environments of Box2D, MuJoCo, ALE and MiniGrid: make replay PYTHON_OF=path/to/python (which has them)
replay: $(VENV)/dev.stamp ## record and replay some 30 environments (some 15 minutes), and alter what was recorded
	$(call run,PYTHONPATH=. $(or $(PYTHON_OF),python) tests/replay build/replay)

# Four targets, so that `make --keep-going` says everything that is wrong at once.
check: check-lint check-format check-types check-docs ## lint, format, types, and whether docs/cli.md is current

check-lint: $(VENV)/dev.stamp
	$(call run,ruff check)

check-format: $(VENV)/dev.stamp
	$(call run,ruff format --check)

check-types: $(VENV)/dev.stamp
	$(call run,mypy)

check-docs: $(VENV)/dev.stamp
	$(call run,python docs/make_cli.py --check)

docs: $(VENV)/dev.stamp demo ## write docs/cli.md and the pictures again
	$(call run,python docs/make_cli.py)
	$(call run,python docs/make_picture.py)

format: $(VENV)/dev.stamp ## lay out the code, and mend what ruff can mend
	$(call run,ruff check --fix)
	$(call run,ruff format)

clean: ## delete the environment, build/ and the tools' caches
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache

# A new pip first: the one that comes with Python 3.12 and older cannot install a dependency group.
$(VENV)/pip.stamp:
	@$(PYTHON) -c 'import sys; sys.exit("monitorcli needs Python 3.10 or newer: make PYTHON=python3.12" if sys.version_info < (3, 10) else 0)'
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install $(EXACT) --upgrade pip
	@touch $@

$(VENV)/demo.stamp: $(VENV)/pip.stamp pyproject.toml .ci/constraints.txt
	@echo "Installing monitorcli and what draws CartPole (about 110 MB, most of it ffmpeg) ..."
	@$(PIP) install $(EXACT) --build-constraint .ci/constraints.txt --editable '.[demo]'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/demo.stamp
	@echo "Installing the developers' tools ..."
	@$(PIP) install $(EXACT) --group dev
	@touch $@

$(VENV)/sb3.stamp: $(VENV)/dev.stamp
	@echo "Installing Stable-Baselines3, torch, onnxruntime, Atari and MuJoCo (300 MB and more) ..."
	@$(PIP) install $(EXACT) --group sb3
	@touch $@

$(VENV)/ray.stamp: $(VENV)/dev.stamp
	@echo "Installing Ray (about 300 MB) ..."
	@$(PIP) install $(EXACT) --group ray
	@touch $@

# Playwright is to drive the Chromium that is installed; it downloads no browser.
$(VENV)/browser.stamp: $(VENV)/dev.stamp
	@echo "Installing Playwright (about 50 MB) ..."
	@$(PIP) install $(EXACT) --group browser
	@touch $@
