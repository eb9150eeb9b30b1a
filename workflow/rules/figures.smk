"""From results to figures."""

UPSTREAM = {
    "loss_history": ["qualify"],
    "aligned_reaches": ["evaluate"],
    "fixed_points_pca": ["evaluate", "fixed_points"],
    "eigenvalues": ["evaluate", "fixed_points", "linearize"],
}


def figure(wildcards):
    """The request of a figure."""
    return PLAN.figures(read_index())[wildcards.figure_id]


def figure_code(wildcards):
    """The code that a figure depends on: its own, and that of what it draws from."""
    kind = figure(wildcards).type
    return code_of(f"figures.{kind}", *UPSTREAM[kind])


rule assets:
    input:
        code=code_of("assets"),
    output:
        "results/assets/plotly.min.js",
    log:
        "results/logs/assets.log",
    benchmark:
        "results/benchmarks/assets.tsv"
    params:
        code=STAGES["assets"].sha256,
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Copying plotly.js for all pages"
    script:
        "../scripts/assets.py"


rule figures:
    input:
        sources=ancient(
            lambda wildcards: [f"results/{path}" for path in figure(wildcards).paths()]
        ),
        library=ancient("results/assets/plotly.min.js"),
        code=figure_code,
    output:
        json="results/figures/{figure_id}/figure.json",
        page="results/figures/{figure_id}/figure.html",
    log:
        "results/logs/figures/{figure_id}.log",
    benchmark:
        "results/benchmarks/figures/{figure_id}.tsv"
    params:
        figure=lambda wildcards: figure(wildcards).request(),
        code=lambda wildcards: STAGES[f"figures.{figure(wildcards).type}"].sha256,
    resources:
        mem_mb=2000,
        runtime=60,
    message:
        "Drawing figure {wildcards.figure_id}"
    script:
        "../scripts/figures.py"
