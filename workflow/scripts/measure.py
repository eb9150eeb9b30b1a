"""Rule measure: states -> one row of measures per trial and replicate, and by condition."""

from steadyhand.logs import log_to
from steadyhand.measures.of_states import attributes_of, measure_blocks
from steadyhand.measures.summary import Summary
from steadyhand.provenance import provenance
from steadyhand.store.origin import open_artefact
from steadyhand.store.receipts import write_receipt
from steadyhand.store.tables import write_measures

with log_to(snakemake.log[0]):
    digest, evaluation_id = snakemake.wildcards.digest, snakemake.wildcards.evaluation_id
    measures, by_condition = snakemake.output.measures, snakemake.output.summary
    origin = provenance("measures", evaluation_id, snakemake.params.code, {}, digest=digest)
    with open_artefact(snakemake.input.states) as states:
        about = attributes_of(states)
        summary = Summary(about["measures"], about["conditions"])
        rows = summary.watching(measure_blocks(states))
        write_measures(measures, rows, {"provenance": origin, **about})
    about["provenance"] = origin | {"kind": "summary"}
    write_measures(by_condition, [summary.table()], about)
    write_receipt([measures, by_condition], snakemake.output.receipt, origin)
