"""Rule catalogue: everything complete in results/ -> one SQLite file and a CSV per table."""

from pathlib import Path

from steadyhand.catalogue.building import build
from steadyhand.logs import log_to
from steadyhand.store.documents import write_json

with log_to(snakemake.log[0]):
    write_json(snakemake.output.study, snakemake.params.asked)
    build(Path(snakemake.output.database).parent)
