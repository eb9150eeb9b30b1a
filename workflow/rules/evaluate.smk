"""From weights to states, and from states to measures."""


rule evaluate:
    input:
        weights=ancient("results/weights/{digest}.eqx"),
        code=code_of("evaluate"),
    output:
        "results/states/{digest}/{evaluation_id}.nc",
    log:
        "results/logs/evaluate/{digest}/{evaluation_id}.log",
    benchmark:
        "results/benchmarks/evaluate/{digest}/{evaluation_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        request=lambda wildcards: PLAN.evaluations[wildcards.evaluation_id],
        code=STAGES["evaluate"].sha256,
    message:
        "Evaluating {wildcards.digest} on {wildcards.evaluation_id}"
    script:
        "../scripts/evaluate.py"


rule measure:
    input:
        states=ancient("results/states/{digest}/{evaluation_id}.nc"),
        code=code_of("evaluate", "measure"),
    output:
        "results/measures/{digest}/{evaluation_id}.parquet",
    log:
        "results/logs/measure/{digest}/{evaluation_id}.log",
    benchmark:
        "results/benchmarks/measure/{digest}/{evaluation_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=STAGES["measure"].sha256,
    message:
        "Measuring every trial of {wildcards.evaluation_id}"
    script:
        "../scripts/measure.py"
