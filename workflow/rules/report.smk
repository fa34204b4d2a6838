"""Report: a study's exhibits and page. It runs beside Snakemake, since compute nodes may lack what it draws with."""

for study, plan in TARGETS.plans.items():

    rule:
        name:
            f"{REPORT_RULE}{study}"
        input:
            [str(plan.stamp(pack)) for pack in plan.packs.values()],
            str(plan.file),  # rewritten when the plan changes, so that a report never hides what is missing
        output:
            # What `snakemake --report` takes in: the page, the figures, and the tables' values.
            [
                report(path, category=study) if path.endswith((".html", ".svg", ".csv")) else path
                for path in report_files(plan, REPORTS)
            ],
        log:
            f"{RESULTS}/logs/{study}/report.log",
        message:
            f"{study}: report"
        params:
            study=study,
        localrule: True
        retries: 0 # it has all it needs, or a bug
        shell:
            "{PYTHON:q} -m latentdim report {TARGETS.settings.options} {params.study:q} --results {RESULTS:q} "
            "--reports {REPORTS:q} > {log:q} 2>&1"
