"""From weights and states to fixed points, and to the linearization there."""


rule fixed_points:
    input:
        unpack(fixed_points_inputs),
    output:
        points="results/fixed_points/{digest}/{analysis_id}.nc",
        receipt="results/fixed_points/{digest}/{analysis_id}.json",
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
        request=lambda wildcards: PLAN.searches[wildcards.analysis_id],
        code=CODE["fixed_points"],
    message:
        "Searching the fixed points of {wildcards.digest}"
    script:
        "../scripts/fixed_points.py"


rule linearize:
    input:
        unpack(linearize_inputs),
    output:
        modes="results/linearizations/{digest}/{analysis_id}.nc",
        receipt="results/linearizations/{digest}/{analysis_id}.json",
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
        request=lambda wildcards: PLAN.searches[wildcards.analysis_id],
        code=CODE["linearize"],
    message:
        "Linearizing at the fixed points of {wildcards.digest}"
    script:
        "../scripts/linearize.py"


rule linear_response:
    input:
        unpack(points_inputs("linear_response")),
    output:
        result="results/linear_response/{digest}/{analysis_id}.nc",
        receipt="results/linear_response/{digest}/{analysis_id}.json",
    log:
        "results/logs/linear_response/{digest}/{analysis_id}.log",
    benchmark:
        "results/benchmarks/linear_response/{digest}/{analysis_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        request=lambda wildcards: PLAN.analyses[wildcards.analysis_id],
        code=CODE["linear_response"],
    message:
        "Predicting and simulating responses of {wildcards.digest}"
    script:
        "../scripts/linear_response.py"


rule modal_response:
    input:
        unpack(modal_inputs),
    output:
        result="results/modal_response/{digest}/{analysis_id}.nc",
        receipt="results/modal_response/{digest}/{analysis_id}.json",
    log:
        "results/logs/modal_response/{digest}/{analysis_id}.log",
    benchmark:
        "results/benchmarks/modal_response/{digest}/{analysis_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        request=lambda wildcards: PLAN.analyses[wildcards.analysis_id],
        code=CODE["modal_response"],
    message:
        "Naming the modes that make responses of {wildcards.digest}"
    script:
        "../scripts/modal_response.py"


rule mode_tracks:
    input:
        unpack(points_inputs("mode_tracks")),
    output:
        result="results/mode_tracks/{digest}/{analysis_id}.nc",
        receipt="results/mode_tracks/{digest}/{analysis_id}.json",
    log:
        "results/logs/mode_tracks/{digest}/{analysis_id}.log",
    benchmark:
        "results/benchmarks/mode_tracks/{digest}/{analysis_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        request=lambda wildcards: PLAN.analyses[wildcards.analysis_id],
        code=CODE["mode_tracks"],
    message:
        "Following the modes of {wildcards.digest}"
    script:
        "../scripts/mode_tracks.py"


rule branches:
    input:
        unpack(points_inputs("branches")),
    output:
        result="results/branches/{digest}/{analysis_id}.nc",
        receipt="results/branches/{digest}/{analysis_id}.json",
    log:
        "results/logs/branches/{digest}/{analysis_id}.log",
    benchmark:
        "results/benchmarks/branches/{digest}/{analysis_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        request=lambda wildcards: PLAN.analyses[wildcards.analysis_id],
        code=CODE["branches"],
    message:
        "Following the fixed points of {wildcards.digest}"
    script:
        "../scripts/branches.py"
