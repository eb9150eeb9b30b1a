"""Rule measure: states -> one row of measures per trial and replicate."""

from steadyhand.logs import log_to
from steadyhand.measure import measure
from steadyhand.provenance import provenance
from steadyhand.store.datasets import open_dataset
from steadyhand.store.receipts import write_receipt
from steadyhand.store.tables import write_measures

with log_to(snakemake.log[0]):
    digest, evaluation_id = snakemake.wildcards.digest, snakemake.wildcards.evaluation_id
    with open_dataset(snakemake.input.states) as states:
        table = measure(states)
    origin = provenance("measures", evaluation_id, snakemake.params.code, {}, digest=digest)
    attributes = {"provenance": origin, "measures": table.attrs["measures"]}
    write_measures(snakemake.output.measures, table, attributes)
    write_receipt([snakemake.output.measures], snakemake.output.receipt, origin)
