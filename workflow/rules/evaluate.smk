"""From weights to states, and from states to measures."""


rule evaluate:
    input:
        unpack(evaluate_inputs),
    output:
        states="results/states/{digest}/{evaluation_id}.nc",
        receipt="results/states/{digest}/{evaluation_id}.json",
    log:
        "results/logs/evaluate/{digest}/{evaluation_id}.log",
    benchmark:
        "results/benchmarks/evaluate/{digest}/{evaluation_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=evaluation_memory,
        runtime=evaluation_minutes,
        block_trials=BLOCK_TRIALS,
    params:
        request=lambda wildcards: PLAN.evaluations[wildcards.evaluation_id],
        code=CODE["evaluate"],
    message:
        "Evaluating {wildcards.digest} on {wildcards.evaluation_id}"
    script:
        "../scripts/evaluate.py"


rule measure:
    input:
        unpack(measure_inputs),
    output:
        measures="results/measures/{digest}/{evaluation_id}.parquet",
        summary="results/measures/{digest}/{evaluation_id}.summary.parquet",
        receipt="results/measures/{digest}/{evaluation_id}.json",
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
        code=CODE["measure"],
    message:
        "Measuring every trial of {wildcards.evaluation_id}"
    script:
        "../scripts/measure.py"
