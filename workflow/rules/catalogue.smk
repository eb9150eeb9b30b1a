"""Everything in results/ as tables, and the page that shows the figures."""


rule catalogue:
    input:
        unpack(catalogue_inputs),
    output:
        database="results/catalogue.sqlite",
        tables=expand("results/catalogue/{table}.csv", table=TABLES),
        checksums="results/catalogue/checksums.json",
        study=f"results/studies/{STUDY.name}.json",
    log:
        "results/logs/catalogue.log",
    benchmark:
        "results/benchmarks/catalogue.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        asked=lambda wildcards: PLAN.asked(read_index()),
        code=CODE["catalogue"],
    message:
        "Cataloguing everything in results/"
    script:
        "../scripts/catalogue.py"


rule site:
    input:
        unpack(site_inputs),
    output:
        "results/index.html",
    log:
        "results/logs/site.log",
    benchmark:
        "results/benchmarks/site.tsv"
    conda:
        "../../envs/steadyhand.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=CODE["site"],
    message:
        "Writing the page of figures"
    script:
        "../scripts/site.py"
