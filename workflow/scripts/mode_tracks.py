"""Rule mode_tracks: fixed points -> their modes, followed from point to point."""

from steadyhand.analyses.running import analyse_points
from steadyhand.logs import log_to
from steadyhand.mode_tracks import count_single, mode_tracks
from steadyhand.provenance import provenance

with log_to(snakemake.log[0]):
    digest, analysis_id = snakemake.wildcards.digest, snakemake.wildcards.analysis_id
    code, request = snakemake.params.code, snakemake.params.request
    origin = provenance("mode_tracks", analysis_id, code, request, digest=digest)
    made = (mode_tracks, count_single, snakemake.input, *snakemake.output)
    analyse_points(*made, "Modes at fixed points, followed from point to point", origin)
