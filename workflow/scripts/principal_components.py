"""Rule principal_components: hidden states -> components, and how many dimensions they fill."""

from steadyhand.analyses.principal_components import principal_components
from steadyhand.analyses.running import analyse_states
from steadyhand.logs import log_to
from steadyhand.provenance import provenance

with log_to(snakemake.log[0]):
    digest, analysis_id = snakemake.wildcards.digest, snakemake.wildcards.analysis_id
    code, request = snakemake.params.code, snakemake.params.request
    origin = provenance("principal_components", analysis_id, code, request, digest=digest)
    states, result, receipt = snakemake.input.states, *snakemake.output
    title = "Principal components of hidden states"
    analyse_states(principal_components, states, result, receipt, title, origin)
