"""steadyhand: train recurrent controllers of a simulated hand, and find out how they do it."""

import os
import sys
from pathlib import Path

from snakemake.persistence import PersistenceBase
from snakemake.settings.enums import RerunTrigger
from snakemake.utils import min_version

min_version("9.27")

# This repository's package, whatever else is installed.
sys.path.insert(0, f"{workflow.basedir}/workflow")

from steadyhand.compilation_cache import keep_compiled_programs
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.job_environment import put_package_first
from steadyhand.leaf import receipts_of
from steadyhand.plan import Plan
from steadyhand.report_requests import report_figures, report_sources
from steadyhand.stacks import machine_of
from steadyhand.stages import code_hashes
from steadyhand.store.abandoned import remove_abandoned
from steadyhand.store.receipts import made_by

put_package_first()
keep_compiled_programs()


# A study given with --configfile replaces the demo: Snakemake would merge the two.
if not workflow.configfiles:

    configfile: "config/config.yaml"


# What a job is made of is in its params, by meaning: the hash of its code and its resolved request.
# When scripts were last touched says nothing (a copied clone would run everything again), and
# neither does an input that is left out because nothing needs it (see `where_needed`). Snakemake
# has no setting for this in a Snakefile.
type(workflow).rerun_triggers = property(
    lambda self: set(self.dag_settings.rerun_triggers) - {RerunTrigger.CODE, RerunTrigger.INPUT}
)

# Params here are plain data: looking for tables among them would import pandas at every start.
PersistenceBase._serialize_param = property(lambda self: self._serialize_param_builtin)

# A training's cores: those that `set-threads` of a profile gives its rule, else all that this run has. On a cluster
# a run has no number of cores.
HERE = {name: resource.value for name, resource in workflow.global_resources.items()}
GIVEN = workflow.resource_settings.overwrite_threads.get("train")

try:
    # What stacks are planned for. None of it changes a result.
    MACHINE = machine_of(GIVEN.value if GIVEN else HERE["_cores"], HERE)
    STUDY = load_study(
        [os.path.relpath(path) for path in workflow.configfiles], workflow.config_settings.config
    )
    PLAN = Plan(STUDY, Path("results"), MACHINE)
    PLAN.check_files()
except UserError as error:
    sys.exit(f"error: {error}")

CODE = code_hashes(Path(workflow.basedir) / "workflow" / "scripts")


wildcard_constraints:
    digest="[0-9a-f]{64}",
    evaluation_id="[0-9a-f]{16}",
    analysis_id="[0-9a-f]{16}",


include: "workflow/rules/common.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/fixed_points.smk"
include: "workflow/rules/analyses.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/catalogue.smk"


onstart:
    remove_abandoned(PLAN.results)
    PLAN.begin()


rule all:
    default_target: True
    input:
        "results/index.html",
        "results/assets/plotly.min.js",
        rules.catalogue.output,
        [f"results/report/{STUDY.name}.{it}" for it in ("html", "md") if STUDY.findings],
        # Named here, so that all sweeps are planned at once: `leaves` asks for one after another.
        expand("results/index/{sweep_id}.json", sweep_id=PLAN.sweep_ids.values()),
        leaves,
