"""From results to figures."""


rule assets:
    output:
        "results/assets/plotly.min.js",
    log:
        "results/logs/assets.log",
    benchmark:
        "results/benchmarks/assets.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=CODE["assets"],
    message:
        "Copying plotly.js for all pages"
    script:
        "../scripts/assets.py"


rule figures:
    input:
        unpack(figure_inputs),
    output:
        json="results/figures/{figure_id}/figure.json",
        page="results/figures/{figure_id}/figure.html",
        receipt="results/figures/{figure_id}/receipt.json",
    log:
        "results/logs/figures/{figure_id}.log",
    benchmark:
        "results/benchmarks/figures/{figure_id}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        figure=lambda wildcards: figure(wildcards).request(),
        code=lambda wildcards: CODE[f"figures.{figure(wildcards).type}"],
    message:
        "Drawing figure {wildcards.figure_id}"
    script:
        "../scripts/figures.py"
