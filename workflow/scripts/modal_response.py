"""Rule modal_response: fixed points and trials with impulses -> responses, and their modes."""

from steadyhand.analyses.running import analyse_points_and_states
from steadyhand.logs import log_to
from steadyhand.modal_response import modal_responses
from steadyhand.provenance import provenance

with log_to(snakemake.log[0]):
    digest, analysis_id = snakemake.wildcards.digest, snakemake.wildcards.analysis_id
    code, request = snakemake.params.code, snakemake.params.request
    origin = provenance("modal_response", analysis_id, code, request, digest=digest)
    made = (modal_responses, snakemake.input, *snakemake.output)
    analyse_points_and_states(*made, "Responses to sensory impulses, and their modes", origin)
