"""What the other rules look up: the index, and the files that note what code means."""


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


rule code:
    output:
        "results/code/{stage}.json",
    log:
        "results/logs/code/{stage}.log",
    benchmark:
        "results/benchmarks/code/{stage}.tsv"
    params:
        meaning=lambda wildcards: {
            "sha256_of_meaning": STAGES[wildcards.stage].sha256,
            "modules": STAGES[wildcards.stage].modules,
        },
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "Noting what the code of {wildcards.stage} means"
    script:
        "../scripts/code.py"


localrules:
    code,
    index,
    weights,
    assets,
