"""From hyperparameters to selected weights, by content."""


rule train:
    output:
        archive="results/stacks/{stack_id}.tar",
        receipt="results/stacks/{stack_id}.trained.json",
    log:
        "results/logs/train/{stack_id}.log",
    benchmark:
        "results/benchmarks/train/{stack_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    threads: MACHINE.cores
    resources:
        mem_mb=training_memory,
        runtime=training_minutes,
        batches_per_checkpoint=1000,
    params:
        plan=lambda wildcards: PLAN.stacks[wildcards.stack_id],
        code=CODE["train"],
    message:
        "Training the networks of stack {wildcards.stack_id}"
    script:
        "../scripts/train.py"


rule qualify:
    input:
        unpack(stack_files),
    output:
        hyperparameters="results/models/{model_id}/hyperparameters.json",
        history="results/models/{model_id}/history.nc",
        replicates="results/models/{model_id}/replicates.csv",
        selected="results/models/{model_id}/selected.eqx",
        model="results/models/{model_id}/model.json",
    log:
        "results/logs/qualify/{model_id}.log",
    benchmark:
        "results/benchmarks/qualify/{model_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        hyperparameters=lambda wildcards: PLAN.hyperparameters(wildcards.model_id),
        training_id=lambda wildcards: PLAN.training_id(wildcards.model_id),
        plan=lambda wildcards: PLAN.stacks[PLAN.stack_of(wildcards.model_id)],
        code=CODE["qualify"],
    message:
        "Choosing snapshots and replicates of model {wildcards.model_id}"
    script:
        "../scripts/qualify.py"


checkpoint index:
    input:
        unpack(index_inputs),
    output:
        "results/index/{sweep_id}.json",
    log:
        "results/logs/index/{sweep_id}.log",
    benchmark:
        "results/benchmarks/index/{sweep_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        selected=lambda wildcards: PLAN.selection_hash(wildcards.sweep_id),
        code=CODE["index"],
    message:
        "Noting which weights the models of sweep {wildcards.sweep_id} have"
    script:
        "../scripts/index.py"


# Its output is known by its content: no code can make another file of that name.
rule weights:
    input:
        selected=ancient(selected_with),
    output:
        weights="results/weights/{digest}.eqx",
        receipt="results/weights/{digest}.json",
    log:
        "results/logs/weights/{digest}.log",
    benchmark:
        "results/benchmarks/weights/{digest}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Filing weights under their digest {wildcards.digest}"
    script:
        "../scripts/weights.py"
