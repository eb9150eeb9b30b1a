"""Notes of what code means: Snakemake does not see the modules that a script imports."""


rule code:
    output:
        "results/code/{stage}.json",
    log:
        "results/logs/code/{stage}.log",
    benchmark:
        "results/benchmarks/code/{stage}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        meaning=lambda wildcards: {
            "sha256_of_meaning": STAGES[wildcards.stage].sha256,
            "modules": STAGES[wildcards.stage].modules,
        },
    message:
        "Noting what the code of {wildcards.stage} means"
    script:
        "../scripts/code.py"
