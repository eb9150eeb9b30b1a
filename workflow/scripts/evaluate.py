"""Rule evaluate: weights and a request -> every recorded variable of every trial."""

from steadyhand.devices import use_host_devices
from steadyhand.evaluate import evaluate
from steadyhand.logs import log_to
from steadyhand.provenance import provenance
from steadyhand.states import write_states
from steadyhand.store.receipts import write_receipt
from steadyhand.store.weights import read_weights
from steadyhand.trials import TrialList

with log_to(snakemake.log[0]):
    use_host_devices(snakemake.threads)
    digest, evaluation_id = snakemake.wildcards.digest, snakemake.wildcards.evaluation_id
    request, states = snakemake.params.request, snakemake.output.states
    weights, network = read_weights(snakemake.input.weights)
    trials = TrialList(request)
    blocks = evaluate(weights, network, request, trials, snakemake.resources.block_trials)
    origin = provenance("states", evaluation_id, snakemake.params.code, request, digest=digest)
    write_states(states, blocks, trials, weights, request, origin)
    contents = {"replicates": weights["replicate"].tolist(), "trials": len(trials)}
    write_receipt([states], snakemake.output.receipt, origin, contents)
