"""Prepare data: verify a source once and write arrays that every run maps. Sources are never declared inputs."""


rule prepare:
    output:
        f"{RESULTS}/stamps/data/{{dataset}}-{{identity}}.json",
    log:
        f"{RESULTS}/logs/data/{{dataset}}-{{identity}}.log",
    message:
        "prepare {wildcards.dataset}"
    params:
        study=TARGETS.study_preparing,
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * 2 ** (attempt - 1),
        attempt=lambda wildcards, attempt: attempt,
    shell:
        OWN_LOG
        + "OMP_NUM_THREADS={threads} OPENBLAS_NUM_THREADS={threads} MKL_NUM_THREADS={threads} "
        "{PYTHON:q} -m latentdim prepare {TARGETS.settings.options} --study {params.study:q} --dataset {wildcards.dataset} "
        "--results {RESULTS:q} --stamp {output:q} --attempt {resources.attempt}"
