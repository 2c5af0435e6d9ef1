# Recto: from a fresh clone to a running program with one command. `make` lists the targets.
#
# pip reads its own settings (PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, pip.conf); no package index is named here.

PYTHON ?=
HOST = 127.0.0.1
PORT = 7860
LLM =
LIBRARY =
MIN_FREE_GB = 4
SETS = $(wildcard ../shared/bench)
DOCUMENTS =
RUNS = 20

PY = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help chat test soak check test-extras test-vllm bench bench-speed bench-library tour sets env env-dev chromium clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  variables of make chat: HOST=$(HOST) PORT=$(PORT) LLM=<address of a model server> LIBRARY=<folder>"
	@echo "  variables of the benchmarks: SETS=<folder of the sets> DOCUMENTS=<only so many, for speed>"
	@echo "  variables of make soak: RUNS=$(RUNS)"
	@echo "  variables of all:       PYTHON=<python 3.11, 3.12 or 3.13>"

chat: env  ## install Recto into .venv where needed, then serve the browser page
	@$(if $(LIBRARY),RECTO_LIBRARY="$(LIBRARY)") exec $(PY) -m app serve --sample --host "$(HOST)" --port "$(PORT)" $(if $(LLM),--llm "$(LLM)")

test: env-dev chromium  ## install what the tests need, then check and test
	@$(MAKE) --no-print-directory check
	@$(PY) -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile

soak: env-dev chromium  ## all tests of the page and of killed processes, the long ones too, RUNS times in a row (20)
	@for run in $$(seq $(RUNS)); do echo "soak: run $$run of $(RUNS)"; \
	    $(PY) -m pytest -q -m "" --numprocesses logical --maxprocesses 4 --dist worksteal tests/app/test_ui*.py tests/test_kills.py || exit 1; done

check: env-dev  ## format, lint, types and the import rule; takes seconds
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports

test-extras:  ## test the extra paddle in an environment of its own, .venv-paddle
	@$(INSTALL_PADDLE)
	@.venv-paddle/bin/python -m pytest -rP tests/extras/test_paddle.py

test-vllm: env-dev  ## test against a real vLLM server, on the processor, in an environment of its own, .venv-vllm
	@$(INSTALL_VLLM)
	@$(PY) -m pytest -rP tests/extras/test_vllm.py

bench: sets env-dev  ## measure every figure that the documents state, into docs/benchmarks.md
	@$(PY) -m app eval bench --sets "$(SETS)" --out docs/benchmarks.md

bench-speed: sets env-dev  ## measure ingest, latency and memory beside LangChain's usual recipe
	@$(PY) -m app eval speed "$(SETS)/retrieval/en" "$(SETS)/retrieval/zh" $(if $(DOCUMENTS),--documents "$(DOCUMENTS)")

bench-library: sets env-dev  ## measure a library at work: askable, committed, removed; memory; hostile files
	@$(PY) -m app eval library --sets "$(SETS)" $(if $(DOCUMENTS),--documents "$(DOCUMENTS)")

tour: env-dev chromium  ## walk through the page in a real browser; renew the pictures in docs/tour
	@$(PY) docs/tour/walk.py

# The sets are not part of Recto.
sets:
	@[ -d "$(SETS)/retrieval" ] || { echo "bench: put the sets into a folder as docs/benchmarks.md shows" \
	    "(retrieval/en, retrieval/zh, retrieval/zh-hant, parsing, tables, ocr) and name it: make bench SETS=FOLDER" >&2; \
	    exit 2; }

clean:  ## remove the environments and every cache; the library with your documents stays
	@rm -rf .venv .venv-paddle .venv-vllm build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

env:  ## install Recto into .venv
	@extra=$(ACCELERATOR); $(INSTALL)

env-dev:  ## the same, with the tools that the tests need
	@extra=$(ACCELERATOR),dev; $(INSTALL)

# faiss-cpu and faiss-gpu share a folder: exactly one of the two extras is installed.
ACCELERATOR = $$(if nvidia-smi >/dev/null 2>&1; then echo gpu; else echo cpu; fi)

# Sets $python.
define FIND_PYTHON
python=; \
for candidate in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python; do \
    if [ -n "$$candidate" ] && "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
        >/dev/null 2>&1; then python="$$candidate"; break; fi; \
    if [ -n "$(PYTHON)" ]; then break; fi; \
done; \
if [ -z "$$python" ]; then \
    echo "Recto needs Python 3.11, 3.12 or 3.13; none was found. Name one: make chat PYTHON=/path/to/python3.12" >&2; exit 2; fi; \
if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
    echo "This Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; fi
endef

# Installs `.[$extra]` unless the stamp says that this very pyproject.toml, in this folder, is installed already.
# The stamp of an environment with `dev` serves one without it.
define INSTALL
stamp=.venv/installed; \
key="$$(cksum < pyproject.toml) $$PWD"; \
if $(PY) -c '' 2>/dev/null && { [ "$$(cat $$stamp 2>/dev/null)" = "$$key $$extra" ] \
    || [ "$$(cat $$stamp 2>/dev/null)" = "$$key $$extra,dev" ]; }; then exit 0; fi; \
$(FIND_PYTHON); \
free_kb=$$(df -Pk . | awk 'NR == 2 { print $$4 }'); \
if [ ! -x $(PY) ] && [ "$$free_kb" -lt $$(( $(MIN_FREE_GB) * 1048576 )) ]; then \
    echo "Recto needs $(MIN_FREE_GB) GB of free disk here; there are $$(( free_kb / 1048576 )) GB." >&2; exit 2; fi; \
if [ -x $(PY) ]; then echo "Recto: bringing .venv up to date"; else \
    echo "Recto: installing into .venv with $$("$$python" --version); this takes some minutes and is done once."; \
    if [ "$$(uname -s)" = Linux ] && [ "$${extra%%,*}" = cpu ] && [ -z "$$PIP_INDEX_URL$$PIP_EXTRA_INDEX_URL" ]; then \
        echo "Recto: unless pip knows an index with the CPU-only PyTorch, this downloads 3.2 GB, not 0.6: see README"; fi; fi; \
echo "Recto: the log is .venv/install.log"; \
if ! $(PY) -c 'import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
    "$$python" -m venv --clear .venv || exit 2; fi; \
rm -f $$stamp .venv/install.log; \
case $$extra in gpu*) other=faiss-cpu ;; *) other=faiss-gpu ;; esac; \
if $(PY) -m pip --disable-pip-version-check show --quiet $$other >/dev/null 2>&1; then \
    $(PY) -m pip --disable-pip-version-check uninstall --quiet --yes $$other faiss-cpu faiss-gpu || exit 2; fi; \
pip_install="$(PY) -m pip install -qq --disable-pip-version-check --log .venv/install.log"; \
$$pip_install --upgrade pip && PYTHONWARNINGS=ignore $$pip_install --editable ".[$$extra]" \
    || { echo "Recto: the installation failed; the reason stands above and in .venv/install.log" >&2; exit 2; }; \
echo "$$key $$extra" > $$stamp
endef

# Installs the dependency group `test-paddle` of pyproject.toml unless the stamp says that it is there: Recto itself is
# taken from this folder, and its other dependencies are not needed.
define INSTALL_PADDLE
stamp=.venv-paddle/installed; \
key="$$(cksum < pyproject.toml) $$PWD"; \
if .venv-paddle/bin/python -c '' 2>/dev/null && [ "$$(cat $$stamp 2>/dev/null)" = "$$key" ]; then exit 0; fi; \
$(FIND_PYTHON); \
echo "test-extras: installing PaddleOCR into .venv-paddle (0.8 GB); the log is .venv-paddle/install.log"; \
rm -rf .venv-paddle; "$$python" -m venv .venv-paddle || exit 2; \
pip_install=".venv-paddle/bin/python -m pip install -qq --disable-pip-version-check --log .venv-paddle/install.log"; \
$$pip_install --upgrade "pip>=25.1" && PYTHONWARNINGS=ignore $$pip_install --group test-paddle \
    || { echo "test-extras: the installation failed; the reason stands above and in .venv-paddle/install.log" >&2; exit 2; }; \
echo "$$key" > $$stamp
endef

# Installs the dependency group `test-vllm` unless the stamp says that it is there. torchvision and torchaudio are built
# for another torch than the processor's: vLLM does without them, but not with ones that do not load.
define INSTALL_VLLM
stamp=.venv-vllm/installed; \
key="$$(grep '^test-vllm' pyproject.toml) $$PWD"; \
if .venv-vllm/bin/python -c '' 2>/dev/null && [ "$$(cat $$stamp 2>/dev/null)" = "$$key" ]; then exit 0; fi; \
$(FIND_PYTHON); \
echo "test-vllm: installing vLLM into .venv-vllm (3.5 GB); the log is .venv-vllm/install.log"; \
rm -rf .venv-vllm; "$$python" -m venv .venv-vllm || exit 2; \
pip_vllm=".venv-vllm/bin/python -m pip --disable-pip-version-check --log .venv-vllm/install.log"; \
$$pip_vllm install -qq --upgrade "pip>=25.1" && $$pip_vllm install -qq --group test-vllm \
    && $$pip_vllm uninstall -qq --yes torchvision torchaudio torchcodec \
    || { echo "test-vllm: the installation failed; the reason stands above and in .venv-vllm/install.log" >&2; exit 2; }; \
echo "$$key" > $$stamp
endef

# The browser tests drive Chromium; where it is missing and apt is at hand, it is installed.
chromium:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null 2>&1 && exit 0; done; \
	if ! command -v apt-get >/dev/null 2>&1; then \
	    echo "test: no Chromium found and no apt-get to install it; the browser tests need it"; exit 0; fi; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	if [ -n "$$sudo" ] && ! $$sudo true 2>/dev/null; then \
	    echo "test: no Chromium found; the browser tests need it: sudo apt-get install chromium"; exit 0; fi; \
	echo "test: installing Chromium for the browser tests"; \
	{ $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	    || echo "test: Chromium could not be installed; the browser tests need it" >&2
