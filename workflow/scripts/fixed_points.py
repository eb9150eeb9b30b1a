"""Rule fixed_points: weights and states -> where the network holds still, for every goal."""

from steadyhand.analysis_layout import contents_of, write_analysis
from steadyhand.devices import use_host_devices
from steadyhand.logs import log_to
from steadyhand.provenance import provenance
from steadyhand.steady_states import find_steady_states
from steadyhand.store.origin import open_artefact
from steadyhand.store.receipts import write_receipt
from steadyhand.store.weights import read_weights

with log_to(snakemake.log[0]):
    use_host_devices(snakemake.threads)
    digest, analysis_id = snakemake.wildcards.digest, snakemake.wildcards.analysis_id
    request = snakemake.params.request
    weights, network = read_weights(snakemake.input.weights)
    with open_artefact(snakemake.input.states) as states:
        points = find_steady_states(weights, network, states, request)
    origin = provenance("fixed_points", analysis_id, snakemake.params.code, request, digest=digest)
    write_analysis(snakemake.output.points, points, "Fixed points", origin)
    contents = contents_of(points)
    write_receipt([snakemake.output.points], snakemake.output.receipt, origin, contents)
