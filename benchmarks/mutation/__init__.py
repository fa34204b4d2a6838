"""How many small faults the tests see: `make mutate`.

It stands beside the benchmarks since it measures the tests and is none of them, takes its time, and is no part of CI.
(Nor can anything under ``tests/`` be started as a module: torch-fidelity installs a package of that name.)
"""
