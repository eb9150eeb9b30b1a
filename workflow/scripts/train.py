"""Rule train: a stack's plan -> the snapshots and losses of all its networks."""

from steadyhand.devices import use_host_devices
from steadyhand.logs import log_to
from steadyhand.pairing import salt_of
from steadyhand.train import train_stack
from steadyhand.trained import write_stack

with log_to(snakemake.log[0]):
    use_host_devices(snakemake.threads)
    specs = list(snakemake.params.plan["members"].values())
    trained = train_stack(specs, [salt_of(spec) for spec in specs])
    write_stack(snakemake.output.archive, snakemake.output.receipt, snakemake.params.plan, trained)
