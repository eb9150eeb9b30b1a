"""From results to figures."""


rule assets:
    input:
        code=code_of("assets"),
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
        code=STAGES["assets"].sha256,
    message:
        "Copying plotly.js for all pages"
    script:
        "../scripts/assets.py"


rule figures:
    input:
        sources=ancient(lambda wildcards: [f"results/{path}" for path in figure(wildcards).paths()]),
        library=ancient("results/assets/plotly.min.js"),
        code=figure_code,
    output:
        json="results/figures/{figure_id}/figure.json",
        page="results/figures/{figure_id}/figure.html",
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
        code=lambda wildcards: STAGES[f"figures.{figure(wildcards).type}"].sha256,
    message:
        "Drawing figure {wildcards.figure_id}"
    script:
        "../scripts/figures.py"
