"""Rule linear_response: fixed points of closed loops -> responses, predicted and simulated."""

from steadyhand.analyses.running import analyse_points
from steadyhand.linear_response import count_roots, linear_responses
from steadyhand.logs import log_to
from steadyhand.provenance import provenance

with log_to(snakemake.log[0]):
    digest, analysis_id = snakemake.wildcards.digest, snakemake.wildcards.analysis_id
    code, request = snakemake.params.code, snakemake.params.request
    origin = provenance("linear_response", analysis_id, code, request, digest=digest)
    made = (linear_responses, count_roots, snakemake.input, *snakemake.output)
    analyse_points(*made, "Responses of closed loops, linear and simulated", origin)
