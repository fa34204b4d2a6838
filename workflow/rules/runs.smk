"""Bring runs up to date: one job carries one pack. Finished work is never repeated, whatever makes the job run."""


rule bring_up_to_date:
    input:
        lambda wildcards: ancient(TARGETS.data_stamp(wildcards)),
    output:
        f"{RESULTS}/stamps/{{study}}/{{pack}}.json",  # a view; the runs' own folders are the truth
    log:
        f"{RESULTS}/logs/{{study}}/{{pack}}.log",
    message:
        "{wildcards.study}: {params.title}"
    params:
        title=TARGETS.title,
    threads: TARGETS.threads
    resources:
        gpu=TARGETS.gpus,
        runtime=TARGETS.minutes,
        mem_mb=TARGETS.memory_mb,
        attempt=lambda wildcards, attempt: attempt,
    shell:
        OWN_LOG
        + "OMP_NUM_THREADS={threads} OPENBLAS_NUM_THREADS={threads} MKL_NUM_THREADS={threads} OMP_WAIT_POLICY=PASSIVE "
        "{PYTHON:q} -m latentdim run {TARGETS.settings.options} --study {wildcards.study:q} --pack {wildcards.pack} --results {RESULTS:q} "
        "--stamp {output:q} --attempt {resources.attempt} --minutes {resources.runtime} "
        "--memory-mb {resources.mem_mb}"
