"""The workflow: plan → prepare data → bring runs up to date → report.

Targets: a study by name (`quickstart`, `ard_vae`, `ard_vae@reduced`, …), `all`, or any file of `reports/`. Where a study
has several scales and none is named, `--config scale=…` says which. All logic is in latentdim.
"""

import re
import sys

from latentdim.datasets.spec import NAME as DATASET_NAME
from latentdim.plan.report_files import report_files
from latentdim.study.naming import AT, study_names
from latentdim.study.scale import SCALE_NAME
from latentdim.jobs.naming import ALL, DEFAULT, REPORT_RULE, REPORTS
from latentdim.jobs.targets import Targets

PYTHON = sys.executable  # the environment's own, whether it was activated or not
TARGETS = Targets.asked_for(sys.argv[1:], config=config, main_process=workflow.is_main_process)
RESULTS = TARGETS.results
# Snakemake empties a rule's log whenever a job begins, while an earlier job of the same name may still write there. So
# each attempt has a file of its own, in a folder beside the log, and the log's name links to the newest; 3 stays the
# terminal.
OWN_LOG = (
    "name={log:q}; folder=${{name%.log}}; own=$(date +%Y%m%dT%H%M%S)-${{SLURM_JOB_ID:-$$}}.log; "
    'mkdir -p "$folder"; ln -sfn "${{folder##*/}}/$own" "$name"; exec 3>&2 >> "$folder/$own" 2>&1; LATENTDIM_TERMINAL=3 '
)


wildcard_constraints:
    study=f"({'|'.join(map(re.escape, study_names()))})({AT}{SCALE_NAME})?",
    pack="[0-9a-f]{12}",
    dataset=DATASET_NAME,
    identity="[0-9a-f]{12}",


include: "workflow/rules/data.smk"
include: "workflow/rules/runs.smk"
include: "workflow/rules/report.smk"


for word, plan in TARGETS.words.items():

    rule:
        name:
            word
        default_target: word == DEFAULT
        input:
            report_files(plan, REPORTS),


rule:
    name:
        ALL
    input:
        [report_files(plan, REPORTS) for plan in TARGETS.plans.values()],


onsuccess:
    ending = TARGETS.ending()
    for line in ending.lines:
        (logger.error if ending.failed else logger.info)(line)
    if ending.failed: # jobs whose failures are recorded end well
        sys.exit(1)


onerror:
    TARGETS.make_reports()
    for line in TARGETS.ending().lines:
        logger.error(line)
