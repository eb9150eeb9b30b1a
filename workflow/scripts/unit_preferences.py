"""Rule unit_preferences: hidden states -> the preferred direction of every unit."""

from steadyhand.analyses.running import analyse_states
from steadyhand.analyses.unit_preferences import unit_preferences
from steadyhand.logs import log_to
from steadyhand.provenance import provenance

with log_to(snakemake.log[0]):
    digest, analysis_id = snakemake.wildcards.digest, snakemake.wildcards.analysis_id
    code, request = snakemake.params.code, snakemake.params.request
    origin = provenance("unit_preferences", analysis_id, code, request, digest=digest)
    states, result, receipt = snakemake.input.states, *snakemake.output
    title = "Preferred directions of the units"
    analyse_states(unit_preferences, states, result, receipt, title, origin)
