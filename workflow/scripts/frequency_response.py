"""Rule frequency_response: noise and command -> the response of every network, by frequency."""

from steadyhand.analyses.frequency_response import frequency_response
from steadyhand.analyses.running import analyse_states
from steadyhand.logs import log_to
from steadyhand.provenance import provenance

with log_to(snakemake.log[0]):
    digest, analysis_id = snakemake.wildcards.digest, snakemake.wildcards.analysis_id
    code, request = snakemake.params.code, snakemake.params.request
    origin = provenance("frequency_response", analysis_id, code, request, digest=digest)
    states, result, receipt = snakemake.input.states, *snakemake.output
    title = "Frequency response of the command to the sensory noise"
    analyse_states(frequency_response, states, result, receipt, title, origin)
