"""Rule linearize: fixed points -> Jacobians, eigenvalues and eigenvectors there."""

from steadyhand.analysis_layout import contents_of, write_point_parts
from steadyhand.logs import log_to
from steadyhand.provenance import provenance
from steadyhand.steady_modes import linearize_steady_states
from steadyhand.store.origin import open_artefact
from steadyhand.store.receipts import write_receipt
from steadyhand.store.weights import read_weights

with log_to(snakemake.log[0]):
    digest, analysis_id = snakemake.wildcards.digest, snakemake.wildcards.analysis_id
    request = snakemake.params.request
    weights, network = read_weights(snakemake.input.weights)
    origin = provenance("linearization", analysis_id, snakemake.params.code, request, digest=digest)
    with open_artefact(snakemake.input.fixed_points) as points:
        parts = linearize_steady_states(weights, network, points, request)
        title, count = "Linearization at the fixed points", points.sizes["point"]
        write_point_parts(snakemake.output.modes, parts, count, title, origin)
        contents = contents_of(points)
    write_receipt([snakemake.output.modes], snakemake.output.receipt, origin, contents)
