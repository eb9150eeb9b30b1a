"""What a study says of its claims: findings with effect sizes, from the histories of training."""


rule report:
    input:
        unpack(report_inputs),
    output:
        page="results/report/{study}.html",
        text="results/report/{study}.md",
        receipt="results/report/{study}.json",
    log:
        "results/logs/report/{study}.log",
    benchmark:
        "results/benchmarks/report/{study}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        report=lambda wildcards: PLAN.report(read_index()),
        code=CODE["report"],
    message:
        "Testing the findings of {wildcards.study}"
    script:
        "../scripts/report.py"
