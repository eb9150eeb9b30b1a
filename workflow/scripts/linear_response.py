"""Rule linear_response: fixed points of closed loops -> responses, predicted and simulated."""

from steadyhand.analysis_layout import write_point_parts
from steadyhand.linear_response import count_roots, linear_responses
from steadyhand.logs import log_to
from steadyhand.provenance import provenance
from steadyhand.store.origin import open_artefact
from steadyhand.store.receipts import write_receipt
from steadyhand.store.weights import read_weights

with log_to(snakemake.log[0]):
    key = snakemake.wildcards.analysis_id
    code, request = snakemake.params.code, snakemake.params.request
    weights, network = read_weights(snakemake.input.weights)
    origin = provenance("linear_response", key, code, request, digest=snakemake.wildcards.digest)
    with open_artefact(snakemake.input.fixed_points) as points:
        parts = linear_responses(weights, network, points, request)
        title, count = "Responses of closed loops, linear and simulated", count_roots(points)
        write_point_parts(snakemake.output.result, parts, count, title, origin)
        contents = {"replicates": points["replicate"].values.tolist(), "points": count}
    write_receipt([snakemake.output.result], snakemake.output.receipt, origin, contents)
