"""Rule code: note what the code of a stage means, so that a change of it is seen downstream."""

from steadyhand.logs import log_to
from steadyhand.store.documents import write_json

with log_to(snakemake.log[0]):
    write_json(
        snakemake.output[0], {"stage": snakemake.wildcards.stage, **snakemake.params.meaning}
    )
