"""Rule linearize: fixed points -> Jacobians, eigenvalues and eigenvectors there."""

from steadyhand.analysis_layout import contents_of, write_analysis
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
    with open_artefact(snakemake.input.fixed_points) as points:
        modes = linearize_steady_states(weights, network, points, request)
    origin = provenance("linearization", analysis_id, snakemake.params.code, request, digest=digest)
    write_analysis(snakemake.output.modes, modes, "Linearization at the fixed points", origin)
    contents = contents_of(modes)
    write_receipt([snakemake.output.modes], snakemake.output.receipt, origin, contents)
