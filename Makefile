# `make help` says what there is. Everything lands inside this folder: the environment in .venv, caches in .cache.

VENV := .venv
PYTHON_IN := $(VENV)/bin/python
PEERS := .venv-peers
OUT ?= out
ARGS ?=
PACKAGES := autograd nn optim

CACHE := $(CURDIR)/.cache
export XDG_CACHE_HOME := $(CACHE)
export PIP_CACHE_DIR := $(CACHE)/pip
export MPLCONFIGDIR := $(CACHE)/matplotlib
export JUPYTER_CONFIG_DIR := $(CACHE)/jupyter/config
export JUPYTER_DATA_DIR := $(CACHE)/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CACHE)/jupyter/runtime
export IPYTHONDIR := $(CACHE)/ipython
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONNOUSERSITE := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-gpu lint mutants fuzz compat trust notebooks lab docs bench bench-scaling bench-functions bench-primitives bench-ranks bench-peers gallery clean
.DELETE_ON_ERROR:

help:
	@echo "make demo         train a convolutional network on handwritten digits; weights and pictures go to $(OUT)/"
	@echo "                  (options: make demo ARGS='--epochs 5 --seed 1'; all of them: make demo ARGS=--help)"
	@echo "make test         lint, then every test (some of them only: make test ARGS='-k engine')"
	@echo "make test-gpu     every rule and layer on CuPy's arrays; skipped, with the reason, where there is no CuPy or no GPU"
	@echo "make lint         ruff, and mypy --strict over $(PACKAGES)"
	@echo "make mutants      change the code in small ways and see whether its own tests notice (hours; some of it:"
	@echo "                  make mutants ARGS='ops/elementwise', ARGS='optim --sample 100'; all ways: ARGS=--help)"
	@echo "make fuzz         random programs in this engine and in a naive one (a minute; ARGS='--seconds 600')"
	@echo "make compat       the tests under other Pythons and NumPys, under python -O, with nothing but the minimal install,"
	@echo "                  and from the built wheel (one: make compat ARGS='wheel'; all ways: ARGS=--help)"
	@echo "make trust        write docs/trust.md from what these found"
	@echo "make notebooks    run the lecture's notebooks afresh and keep their results (some: make notebooks ARGS='05 07')"
	@echo "make lab          open the notebooks in JupyterLab"
	@echo "make docs         make the documentation site in site/"
	@echo "make gallery      draw the pictures in docs/ again"
	@echo "make bench        measure and write docs/benchmarks.md, side by side with what make bench-peers installed"
	@echo "make bench-scaling    measure how costs grow with sizes, into the same file (minutes)"
	@echo "make bench-functions  measure functions one by one beside PyTorch (some: make bench-functions ARGS='--only softmax')"
	@echo "make bench-primitives measure each primitive by itself (some: make bench-primitives ARGS='-k softmax')"
	@echo "make bench-ranks  measure training on two processes, beside PyTorch's where make bench-peers installed it"
	@echo "make bench-peers  install PyTorch, JAX and other libraries to compare with, in $(PEERS) (several GB)"
	@echo "make clean        remove everything that was made here, except docs/"

demo: $(VENV)/with-demo
	@echo "demo: training a network on handwritten digits; weights and pictures go to $(OUT)/"
	@$(PYTHON_IN) -m nn --out $(OUT) $(ARGS)

test: lint  # BLAS with one thread, for threads of several processes wait for each other
	@echo "test: running the tests and the examples in the documentation, files side by side on all cores"
	@OPENBLAS_NUM_THREADS=1 $(PYTHON_IN) -m pytest -n auto --dist loadfile $(ARGS)

lint: $(VENV)/with-test
	@echo "lint: ruff check, ruff format --check, mypy --strict"
	@$(PYTHON_IN) -m ruff check .
	@$(PYTHON_IN) -m ruff format --check .
	@$(PYTHON_IN) -m mypy

test-gpu: $(VENV)/with-test
	@if $(PYTHON_IN) -m tests.arrays; then \
	    $(PYTHON_IN) -m pytest -k cupy tests/autograd/test_other_arrays.py tests/nn/test_other_arrays.py $(ARGS); \
	fi

mutants: $(VENV)/with-test
	@$(PYTHON_IN) -m tests.mutants $(ARGS)

fuzz: $(VENV)/with-test
	@$(PYTHON_IN) -m tests.fuzzing $(ARGS)

compat: $(VENV)/with-test
	@$(PYTHON_IN) -m tests.compat $(ARGS)

trust: $(VENV)/with-test
	@$(PYTHON_IN) docs/trust.py

notebooks: $(VENV)/with-notebooks
	@$(PYTHON_IN) notebooks/run.py $(ARGS)

lab: $(VENV)/with-notebooks
	@$(PYTHON_IN) -m nbformat.sign notebooks/*.ipynb >/dev/null  # or JupyterLab drops what is drawn as SVG, and the player
	@$(PYTHON_IN) -m jupyterlab --notebook-dir=notebooks $(ARGS)

docs: $(VENV)/with-docs
	@$(PYTHON_IN) docs/maker/build.py $(ARGS)

gallery: $(VENV)/with-demo
	@echo "gallery: drawing docs/played.svg and what is in docs/pictures and docs/gallery"
	@$(PYTHON_IN) docs/played.py
	@$(PYTHON_IN) docs/pictures.py
	@$(PYTHON_IN) -m autograd.drawing.gallery docs/gallery

bench: $(VENV)/with-demo
	@echo "bench: measuring (minutes; keep the machine quiet), side by side with what is installed in $(PEERS)"
	@$(PYTHON_IN) -m benchmarks --write docs $(ARGS)

bench-scaling: $(VENV)/with-demo
	@echo "bench-scaling: measuring how costs grow with sizes"
	@$(PYTHON_IN) -m benchmarks --only scaling --write docs $(ARGS)

bench-functions: $(VENV)/with-bench
	@$(PYTHON_IN) -m benchmarks.side_by_side $(ARGS)

bench-primitives: $(VENV)/with-bench
	@$(PYTHON_IN) -m pytest benchmarks/primitives.py -o python_files=primitives.py -o addopts= -p no:cacheprovider \
	    --benchmark-columns=min,median,iqr,rounds --benchmark-sort=name --benchmark-max-time=0.05 $(ARGS)

bench-ranks: $(VENV)/with-test
	@for round in 1 2 3; do \
	    $(PYTHON_IN) -m nn.parallel -n 2 benchmarks/ranks.py || exit 1; \
	    if test -e $(PEERS)/installed; then \
	        echo "PyTorch, DistributedDataParallel over gloo"; OMP_NUM_THREADS=1 $(PEERS)/bin/python benchmarks/ranks_torch.py 2; \
	    fi; \
	done

bench-peers: $(PEERS)/installed

# ---- environments: made once, and brought up to date when pyproject.toml changes ---------------------------------------

EXPLAIN := echo 'environment: pip could not install it (is a package index reachable?)' >&2; exit 1

# The first Python from 3.11 on that can make an environment; PYTHON=... chooses another.
$(PYTHON_IN):
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	    if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	        echo "environment: making $(VENV) with $$("$$python" --version) ($$(command -v "$$python"))"; \
	        "$$python" -m venv --clear $(VENV) && exit 0; \
	        exit 1; \
	    fi; \
	done; \
	echo "environment: found no Python 3.11 or newer that has the modules venv and ensurepip" >&2; \
	echo "             (tried: $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python);" >&2; \
	echo "             install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; \
	exit 1

$(VENV)/with-demo: pyproject.toml | $(PYTHON_IN)
	@echo "environment: installing what the demo needs (the first time this takes a minute)"
	@$(PYTHON_IN) -m pip install --quiet --editable '.[demo]' || { $(EXPLAIN); }
	@touch $@

$(VENV)/with-test: pyproject.toml | $(PYTHON_IN)
	@echo "environment: installing what the tests need (the first time this takes a minute or two)"
	@$(PYTHON_IN) -m pip install --quiet --editable '.[test]' || { $(EXPLAIN); }
	@touch $@ $(VENV)/with-demo

$(VENV)/with-bench: pyproject.toml | $(PYTHON_IN)
	@echo "environment: installing what the benchmarks of functions need"
	@$(PYTHON_IN) -m pip install --quiet --editable '.[bench]' || { $(EXPLAIN); }
	@touch $@

$(VENV)/with-notebooks: pyproject.toml | $(PYTHON_IN)
	@echo "environment: installing what the notebooks need (the first time this takes a minute or two)"
	@$(PYTHON_IN) -m pip install --quiet --editable '.[notebooks]' || { $(EXPLAIN); }
	@touch $@ $(VENV)/with-demo

$(VENV)/with-docs: pyproject.toml | $(PYTHON_IN)
	@echo "environment: installing what the documentation site needs (the first time this takes a minute)"
	@$(PYTHON_IN) -m pip install --quiet --editable '.[docs]' || { $(EXPLAIN); }
	@touch $@

$(PEERS)/installed: benchmarks/peers.txt | $(PYTHON_IN)
	@echo "peers: installing the libraries to compare with in $(PEERS)"
	@$(PYTHON_IN) -m venv --clear $(PEERS)
	@grep -v '^#' benchmarks/peers.txt | while read -r requirement; do \
	    echo "peers: $$requirement"; \
	    $(PEERS)/bin/python -m pip install --quiet "$$requirement" || echo "peers: $$requirement cannot be installed here; left out"; \
	done
	@touch $@

clean:
	@echo "clean: removing environments, caches and $(OUT)/"
	@rm -rf $(VENV) $(PEERS) .cache .hypothesis .pytest_cache .mypy_cache .ruff_cache build dist site *.egg-info $(OUT)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
