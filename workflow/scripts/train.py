"""Rule train: a stack's plan -> the snapshots and losses of all its networks."""

from steadyhand.attended import train_attended
from steadyhand.devices import use_host_devices
from steadyhand.logs import log_to

with log_to(snakemake.log[0]) as log:
    use_host_devices(snakemake.threads)
    train_attended(
        snakemake.params.plan,
        snakemake.params.code,
        snakemake.output.archive,
        snakemake.output.receipt,
        snakemake.resources.batches_per_checkpoint,
        log,
    )
