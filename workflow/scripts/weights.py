"""Rule weights: the selected networks of a model -> the same, under the name of their digest."""

from steadyhand.logs import log_to
from steadyhand.store.atomic import write_bytes
from steadyhand.store.receipts import write_receipt
from steadyhand.store.weights import read_weights

with log_to(snakemake.log[0]):
    read_weights(snakemake.input.selected, expected=snakemake.wildcards.digest)
    with open(snakemake.input.selected, "rb") as selected:
        write_bytes(snakemake.output.weights, selected.read())
    origin = {"kind": "weights", "id": snakemake.wildcards.digest}
    write_receipt([snakemake.output.weights], snakemake.output.receipt, origin)
