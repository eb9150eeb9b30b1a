"""Rule linearize: fixed points -> Jacobians, eigenvalues and eigenvectors there."""

from steadyhand.analyses.running import analyse_points
from steadyhand.logs import log_to
from steadyhand.provenance import provenance
from steadyhand.steady_modes import count_points, linearize_steady_states

with log_to(snakemake.log[0]):
    digest, analysis_id = snakemake.wildcards.digest, snakemake.wildcards.analysis_id
    code, request = snakemake.params.code, snakemake.params.request
    origin = provenance("linearization", analysis_id, code, request, digest=digest)
    made = (linearize_steady_states, count_points, snakemake.input, *snakemake.output)
    analyse_points(*made, "Linearization at the fixed points", origin)
