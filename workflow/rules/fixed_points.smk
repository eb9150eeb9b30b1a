"""From weights and states to fixed points, and to the linearization there."""


rule fixed_points:
    input:
        weights=ancient("results/weights/{digest}.eqx"),
        states=ancient(
            lambda wildcards: "results/states/{}/{}.nc".format(
                wildcards.digest, PLAN.analyses[wildcards.analysis_id]["starts_from"]
            )
        ),
        code=code_of("evaluate", "fixed_points"),
    output:
        "results/fixed_points/{digest}/{analysis_id}.nc",
    log:
        "results/logs/fixed_points/{digest}/{analysis_id}.log",
    benchmark:
        "results/benchmarks/fixed_points/{digest}/{analysis_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        request=lambda wildcards: PLAN.analyses[wildcards.analysis_id],
        code=STAGES["fixed_points"].sha256,
    message:
        "Searching the fixed points of {wildcards.digest}"
    script:
        "../scripts/fixed_points.py"


rule linearize:
    input:
        weights=ancient("results/weights/{digest}.eqx"),
        points=ancient("results/fixed_points/{digest}/{analysis_id}.nc"),
        code=code_of("evaluate", "fixed_points", "linearize"),
    output:
        "results/linearizations/{digest}/{analysis_id}.nc",
    log:
        "results/logs/linearize/{digest}/{analysis_id}.log",
    benchmark:
        "results/benchmarks/linearize/{digest}/{analysis_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        request=lambda wildcards: PLAN.analyses[wildcards.analysis_id],
        code=STAGES["linearize"].sha256,
    message:
        "Linearizing at the fixed points of {wildcards.digest}"
    script:
        "../scripts/linearize.py"
