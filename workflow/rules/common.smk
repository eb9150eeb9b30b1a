"""What the rules look up: the index, the plan, and the files that note what code means."""

UPSTREAM = {
    "loss_history": ["qualify"],
    "aligned_reaches": ["evaluate"],
    "fixed_points_pca": ["evaluate", "fixed_points"],
    "eigenvalues": ["evaluate", "fixed_points", "linearize"],
}

TABLES = ["models", "replicates", "evaluations", "fixed_points", "linearizations", "figures"]


def code_of(*stages):
    """The notes of these stages' code: plain inputs, so that a change of it is passed on."""
    return [f"results/code/{stage}.json" for stage in stages]


def read_index():
    """model_id -> digest and history, once every sweep of the study is trained."""
    return PLAN.read_index(
        checkpoints.index.get(sweep_id=sweep_id).output[0] for sweep_id in PLAN.sweep_ids.values()
    )


def leaves(wildcards):
    """What the study asks for, apart from the catalogue and the page."""
    return [f"results/{path}" for path in PLAN.leaves(read_index())]


def stack_files(wildcards):
    """The archive in which a model's training is, and its receipt."""
    stack = f"results/stacks/{PLAN.stack_of(wildcards.model_id)}"
    return {"receipt": f"{stack}.trained.json", "archive": ancient(f"{stack}.tar")}


def selected_with(wildcards):
    """The selected weights of a model that has this digest."""
    return f"results/models/{PLAN.model_with(wildcards.digest, read_index())}/selected.eqx"


def figure(wildcards):
    """The request of a figure."""
    return PLAN.figures(read_index())[wildcards.figure_id]


def figure_code(wildcards):
    """The code that a figure depends on: its own, and that of what it draws from."""
    kind = figure(wildcards).type
    return code_of(f"figures.{kind}", *UPSTREAM[kind])


def catalogued(wildcards):
    """What the study leaves on disk: when that set changes, the catalogue is made again."""
    index = read_index()
    models = [f"results/models/{model_id}/model.json" for model_id in PLAN.models]
    return models + [f"results/{path}" for path in PLAN.leaves(index)]


localrules:
    code,
    index,
    weights,
    assets,
