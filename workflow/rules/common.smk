"""What the rules look up: the index, the plan, and which inputs a job needs."""

import math

from steadyhand.stacks import stack_memory_mb, stack_seconds
from steadyhand.states_size import BLOCK_TRIALS, evaluation_memory_mb, states_bytes

TABLES = [
    *("models", "replicates", "evaluations", "fixed_points", "linearizations"),
    *("analyses", "figures"),
]


def read_index():
    """model_id -> digest and history, once every sweep of the study is trained."""
    return PLAN.read_index(
        [checkpoints.index.get(sweep_id=it).output[0] for it in PLAN.sweep_ids.values()]
    )


def leaves(wildcards):
    """What the study asks for, apart from the catalogue and the page."""
    return [f"results/{leaf.path}" for leaf in PLAN.leaves(read_index())]


def is_forced():
    """Whether the user forces jobs to run."""
    settings = workflow.dag_settings
    return settings and (settings.forceall or settings.forcetargets or settings.forcerun)


def where_needed(outputs, settled, inputs):
    """The inputs of a job; none, where one is missing that nothing needs.

    A deleted artefact is made again when something needs it, and then Snakemake would also make
    everything again that was made from it before. A job whose outputs stand, made by today's
    code, does not need it. What a user forces, needs everything.
    """
    missing = any(not Path(path).exists() for path in inputs.values())
    stands = all(Path(path).exists() for path in outputs)
    return {} if missing and stands and not is_forced() and settled() else inputs


def from_artefact(kind, key, stage, inputs, suffixes=("nc",)):
    """The inputs of the artefact `kind`/`key`: large files count as they are, receipts by content."""
    stem = f"results/{kind}/{key}"
    return where_needed(
        [f"{stem}.{it}" for it in (*suffixes, "json")],
        lambda: made_by(f"{stem}.json", CODE[stage]),
        inputs,
    )


def weights(digest):
    """The selected networks with this digest and their receipt, as inputs."""
    stem = f"results/weights/{digest}"
    return {"weights": ancient(f"{stem}.eqx"), "weights_receipt": f"{stem}.json"}


def artefact(kind, key):
    """The file and the receipt of an artefact, as inputs."""
    return {
        kind: ancient(f"results/{kind}/{key}.nc"),
        f"{kind}_receipt": f"results/{kind}/{key}.json",
    }


def training_memory(wildcards, threads):
    """What training a stack may take [MB]: the estimate, and a quarter more."""
    return math.ceil(1.25 * stack_memory_mb(PLAN.stacks[wildcards.stack_id], threads))


def training_minutes(wildcards, threads):
    """How long it may take [min]: several times the estimate. What it stops goes on later."""
    return 60 + math.ceil(4 * stack_seconds(PLAN.stacks[wildcards.stack_id], threads) / 60)


def evaluation_memory(wildcards):
    """What an evaluation may take [MB], with blocks of the usual size."""
    return evaluation_memory_mb(PLAN.evaluations[wildcards.evaluation_id], replicates_of(wildcards))


def evaluation_minutes(wildcards):
    """How long it may take [min]: compressing its states takes longest, at 10 MB/s on a slow machine."""
    request = PLAN.evaluations[wildcards.evaluation_id]
    return 30 + math.ceil(states_bytes(request, replicates_of(wildcards)) / 1e7 / 60)


def replicates_of(wildcards):
    """The networks of a model that has this digest; perhaps not all of them are selected."""
    return PLAN.models[PLAN.model_with(wildcards.digest, read_index())].replicates


def stack_files(wildcards):
    """The archive in which a model's training is, and its receipt."""
    stack = f"results/stacks/{PLAN.stack_of(wildcards.model_id)}"
    return {"receipt": f"{stack}.trained.json", "archive": ancient(f"{stack}.tar")}


def index_inputs(wildcards):
    """The documents of a sweep's models. What they say is a param: dates may mislead."""
    index = f"results/index/{wildcards.sweep_id}.json"
    models = PLAN.sweep_named(wildcards.sweep_id)
    inputs = {it: f"results/models/{it}/model.json" for it in models}
    return where_needed([index], lambda: PLAN.is_indexed(wildcards.sweep_id, CODE["index"]), inputs)


def selected_with(wildcards):
    """The selected weights of a model that has this digest."""
    return f"results/models/{PLAN.model_with(wildcards.digest, read_index())}/selected.eqx"


def evaluate_inputs(wildcards):
    key = f"{wildcards.digest}/{wildcards.evaluation_id}"
    return from_artefact("states", key, "evaluate", weights(wildcards.digest))


def measure_inputs(wildcards):
    key = f"{wildcards.digest}/{wildcards.evaluation_id}"
    return from_artefact(
        "measures", key, "measure", artefact("states", key), ("parquet", "summary.parquet")
    )


def fixed_points_inputs(wildcards):
    evaluation_id = PLAN.searches[wildcards.analysis_id]["starts_from"]
    inputs = {
        **weights(wildcards.digest),
        **artefact("states", f"{wildcards.digest}/{evaluation_id}"),
    }
    key = f"{wildcards.digest}/{wildcards.analysis_id}"
    return from_artefact("fixed_points", key, "fixed_points", inputs)


def analysis_inputs(kind):
    """The inputs of an analysis of states of this type: the states, with their receipt."""

    def inputs(wildcards):
        states = PLAN.analyses[wildcards.analysis_id]["evaluation"]
        key = f"{wildcards.digest}/{wildcards.analysis_id}"
        of_states = artefact("states", f"{wildcards.digest}/{states}")
        return from_artefact(kind, key, kind, of_states)

    return inputs


def linearize_inputs(wildcards):
    key = f"{wildcards.digest}/{wildcards.analysis_id}"
    inputs = {
        **weights(wildcards.digest),
        **artefact("fixed_points", key),
    }
    return from_artefact("linearizations", key, "linearize", inputs)


def points_inputs(kind):
    """The inputs of an analysis of fixed points of this type: weights and points."""

    def inputs(wildcards):
        search_id = PLAN.analyses[wildcards.analysis_id]["fixed_points"]
        key = f"{wildcards.digest}/{wildcards.analysis_id}"
        of_points = {
            **weights(wildcards.digest),
            **artefact("fixed_points", f"{wildcards.digest}/{search_id}"),
        }
        return from_artefact(kind, key, kind, of_points)

    return inputs


def modal_inputs(wildcards):
    """Weights, fixed points, and the states of trials with impulses."""
    request = PLAN.analyses[wildcards.analysis_id]
    key = f"{wildcards.digest}/{wildcards.analysis_id}"
    inputs = {
        **weights(wildcards.digest),
        **artefact("fixed_points", f"{wildcards.digest}/{request['fixed_points']}"),
        **artefact("states", f"{wildcards.digest}/{request['evaluation']}"),
    }
    return from_artefact("modal_response", key, "modal_response", inputs)


def figure(wildcards):
    """The request of a figure."""
    return PLAN.figures(read_index())[wildcards.figure_id]


def figure_inputs(wildcards):
    request = figure(wildcards)
    folder = f"results/figures/{wildcards.figure_id}"
    inputs = {path: ancient(f"results/{path}") for path in request.paths()}
    inputs |= {path: f"results/{path}" for path in request.receipts()}
    return where_needed(
        [f"{folder}/figure.html", f"{folder}/figure.json", f"{folder}/receipt.json"],
        lambda: made_by(f"{folder}/receipt.json", CODE[f"figures.{request.type}"]),
        inputs,
    )


def report_inputs(wildcards):
    request = PLAN.report(read_index())
    sources = report_sources(request)
    stem = f"results/report/{STUDY.name}"
    return where_needed(
        [f"{stem}.html", f"{stem}.md"],
        lambda: made_by(f"{stem}.json", CODE["report"], request["report_id"]),
        {path: ancient(f"results/{path}") for path in sources}
        # Not as ancient: Snakemake then overlooks other reasons for a report while figures are drawn.
        | {path: f"results/{path}" for path in [*receipts_of(sources), *report_figures(request)]},
    )


def catalogue_inputs(wildcards):
    """What the study leaves on disk, by its receipts; a model's content is in the index.

    What was deleted, and will be made again as it was, is left out: the catalogue stays as it is.
    """
    index = read_index()
    stands = all(Path(path).exists() for path in rules.catalogue.output)
    settled = stands and not is_forced() and PLAN.is_recorded(index, CODE["catalogue"])
    inputs = {}
    for model_id in PLAN.models:
        path = f"results/models/{model_id}/model.json"
        if Path(path).exists() or not settled:
            inputs[path] = ancient(path)
    asked = PLAN.leaves(index)
    # A job makes all its outputs again, also those that stand.
    made_again = {it.receipt for it in asked if not Path(f"results/{it.path}").exists()}
    for leaf in asked:
        path, receipt = f"results/{leaf.path}", f"results/{leaf.receipt}"
        stands = leaf.receipt not in made_again
        if stands or not (settled and made_by(receipt, CODE[leaf.stage])):
            inputs |= {path: ancient(path), receipt: receipt}
    return inputs


def site_inputs(wildcards):
    """The catalogue. That the index is read first lets Snakemake plan the page after training only:
    else it is written again when training was, also where nothing came of it."""
    read_index()
    inputs = {
        "checksums": "results/catalogue/checksums.json",
        "database": ancient("results/catalogue.sqlite"),
    }
    if STUDY.findings:
        inputs["report"] = f"results/report/{STUDY.name}.json"
    return inputs


localrules:
    index,
    weights,
    assets,
