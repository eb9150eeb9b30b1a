"""Rule catalogue: everything complete in results/ -> one SQLite file and a CSV per table."""

from pathlib import Path

from steadyhand.catalogue.building import build_for
from steadyhand.logs import log_to

with log_to(snakemake.log[0]):
    results = Path(snakemake.output.database).parent
    build_for(results, snakemake.params.asked, snakemake.params.code)
