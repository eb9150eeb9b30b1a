"""Rule qualify: a training -> the chosen snapshot of each replicate, and who is excluded."""

from pathlib import Path

from steadyhand.logs import log_to
from steadyhand.model_folder import write_model
from steadyhand.provenance import provenance
from steadyhand.qualify import qualify_training
from steadyhand.trained import read_training

with log_to(snakemake.log[0]):
    params = snakemake.params
    trained, network = read_training(snakemake.input.archive, params.training_id)
    qualified = qualify_training(params.hyperparameters, network, trained)
    origin = provenance("model", snakemake.wildcards.model_id, params.code, params.hyperparameters)
    folder = Path(snakemake.output.model).parent
    write_model(folder, params.hyperparameters, params.plan, trained, qualified, network, origin)
