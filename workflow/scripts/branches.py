"""Rule branches: fixed points -> their branches along a parameter, and where stability changes."""

from steadyhand.analysis_layout import write_analysis
from steadyhand.branch_layout import branches_of_points
from steadyhand.logs import log_to
from steadyhand.provenance import provenance
from steadyhand.store.origin import open_artefact
from steadyhand.store.receipts import write_receipt
from steadyhand.store.weights import read_weights

with log_to(snakemake.log[0]):
    key = snakemake.wildcards.analysis_id
    code, request = snakemake.params.code, snakemake.params.request
    weights, network = read_weights(snakemake.input.weights)
    origin = provenance("branches", key, code, request, digest=snakemake.wildcards.digest)
    with open_artefact(snakemake.input.fixed_points) as points:
        found = branches_of_points(weights, network, points, request)
    write_analysis(snakemake.output.result, found, "Branches of fixed points", origin)
    contents = {"replicates": found["replicate"].values.tolist(), "branches": found.sizes["branch"]}
    write_receipt([snakemake.output.result], snakemake.output.receipt, origin, contents)
