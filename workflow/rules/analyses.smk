"""From states to what further analyses make of them."""


rule frequency_response:
    input:
        unpack(analysis_inputs("frequency_response")),
    output:
        result="results/frequency_response/{digest}/{analysis_id}.nc",
        receipt="results/frequency_response/{digest}/{analysis_id}.json",
    log:
        "results/logs/frequency_response/{digest}/{analysis_id}.log",
    benchmark:
        "results/benchmarks/frequency_response/{digest}/{analysis_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        request=lambda wildcards: PLAN.analyses[wildcards.analysis_id],
        code=CODE["frequency_response"],
    message:
        "Estimating the frequency response of {wildcards.digest}"
    script:
        "../scripts/frequency_response.py"


rule unit_preferences:
    input:
        unpack(analysis_inputs("unit_preferences")),
    output:
        result="results/unit_preferences/{digest}/{analysis_id}.nc",
        receipt="results/unit_preferences/{digest}/{analysis_id}.json",
    log:
        "results/logs/unit_preferences/{digest}/{analysis_id}.log",
    benchmark:
        "results/benchmarks/unit_preferences/{digest}/{analysis_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        request=lambda wildcards: PLAN.analyses[wildcards.analysis_id],
        code=CODE["unit_preferences"],
    message:
        "Finding what the units of {wildcards.digest} prefer"
    script:
        "../scripts/unit_preferences.py"


rule principal_components:
    input:
        unpack(analysis_inputs("principal_components")),
    output:
        result="results/principal_components/{digest}/{analysis_id}.nc",
        receipt="results/principal_components/{digest}/{analysis_id}.json",
    log:
        "results/logs/principal_components/{digest}/{analysis_id}.log",
    benchmark:
        "results/benchmarks/principal_components/{digest}/{analysis_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        request=lambda wildcards: PLAN.analyses[wildcards.analysis_id],
        code=CODE["principal_components"],
    message:
        "Finding the principal components of {wildcards.digest}"
    script:
        "../scripts/principal_components.py"


rule tangling:
    input:
        unpack(analysis_inputs("tangling")),
    output:
        result="results/tangling/{digest}/{analysis_id}.nc",
        receipt="results/tangling/{digest}/{analysis_id}.json",
    log:
        "results/logs/tangling/{digest}/{analysis_id}.log",
    benchmark:
        "results/benchmarks/tangling/{digest}/{analysis_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        request=lambda wildcards: PLAN.analyses[wildcards.analysis_id],
        code=CODE["tangling"],
    message:
        "Measuring how tangled the states of {wildcards.digest} are"
    script:
        "../scripts/tangling.py"
