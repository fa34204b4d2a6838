# PYTHON=3.12 chooses the Python, TORCH_BACKEND=cpu the small CPU-only torch (see envs/README.md), STUDY a study, SEED a draw.
PYTHON ?=
TORCH_BACKEND ?=
STUDY ?= quickstart
SEED ?= 1
BIN := .venv/bin
export PYTHON TORCH_BACKEND

# The papers' studies, which name theirs.
PAPERS = $(patsubst workflow/studies/%/study.yaml,%,$(shell grep -l '^paper:' workflow/studies/*/study.yaml))

.PHONY: demo papers test lint bench mutate gpu-check plan report setup

demo: setup # the quickstart study: a table, a curve and a page, in ten minutes
	$(BIN)/snakemake --profile workflow/profiles/local quickstart

papers: setup # every cell of the papers' studies that the data at hand allow, at their smoke scale: five minutes
	LATENTDIM_OFFLINE=1 $(BIN)/snakemake --profile workflow/profiles/local $(PAPERS) --config scale=smoke \
		leave_out_missing=true

test: setup # everything that needs no GPU, no Slurm and no patience
	$(BIN)/python -m pytest -m "not slow and not gpu and not slurm"

lint: setup
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy

bench: setup # speed of training and planning, to reports/benchmark.md
	$(BIN)/python -m benchmarks

mutate: setup # how many of 100 small faults the tests see: an hour at most; again, and it goes on
	$(or $(shell command -v uv),.uv/bin/uv) pip install --quiet --python $(BIN)/python -r pyproject.toml --extra mutation
	$(BIN)/python -m benchmarks.mutation --seed $(SEED)

gpu-check: # what a GPU does: eight minutes, no network; with the environment here, or a python3 that has torch
	PYTHONPATH=workflow:. $(or $(wildcard $(BIN)/python),python3) -m benchmarks.gpu_check

plan: setup # what a study would run
	$(BIN)/latentdim plan $(STUDY)

report: setup # all tables from results/published, without a run; with STUDY=… that study's report from what exists
	$(BIN)/latentdim $(if $(filter command environment,$(firstword $(origin STUDY))),report $(STUDY),tables)

setup:
	@bash envs/setup
