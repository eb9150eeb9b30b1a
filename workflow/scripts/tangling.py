"""Rule tangling: hidden states -> how differently a network goes on from similar ones."""

from steadyhand.analyses.running import analyse_states
from steadyhand.analyses.tangling import tangling
from steadyhand.logs import log_to
from steadyhand.provenance import provenance

with log_to(snakemake.log[0]):
    digest, analysis_id = snakemake.wildcards.digest, snakemake.wildcards.analysis_id
    code, request = snakemake.params.code, snakemake.params.request
    origin = provenance("tangling", analysis_id, code, request, digest=digest)
    states, result, receipt = snakemake.input.states, *snakemake.output
    title = "Tangling of hidden states"
    analyse_states(tangling, states, result, receipt, title, origin)
