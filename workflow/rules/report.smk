"""What a study says of its claims: findings with effect sizes, from the histories of training."""


rule report:
    input:
        unpack(report_inputs),
    output:
        page=f"results/report/{STUDY.name}.html",
        text=f"results/report/{STUDY.name}.md",
        receipt=f"results/report/{STUDY.name}.json",
    log:
        f"results/logs/report/{STUDY.name}.log",
    benchmark:
        f"results/benchmarks/report/{STUDY.name}.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        report=lambda wildcards: PLAN.report(read_index()),
        code=CODE["report"],
    message:
        f"Testing the findings of {STUDY.name}"
    script:
        "../scripts/report.py"
