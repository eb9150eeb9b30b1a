"""Rule site: the catalogue -> the page that lists all figures with their conditions."""

from pathlib import Path

from steadyhand.logs import log_to
from steadyhand.site import build_index
from steadyhand.site_entries import site_entries
from steadyhand.store.atomic import write_text

with log_to(snakemake.log[0]):
    page = Path(snakemake.output[0])
    write_text(page, build_index(*site_entries(page.parent)))
