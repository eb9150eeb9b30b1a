"""Rule assets: the copy of plotly.js that all pages share."""

from plotly.offline import get_plotlyjs
from steadyhand.logs import log_to
from steadyhand.store.atomic import write_text

with log_to(snakemake.log[0]):
    write_text(snakemake.output[0], get_plotlyjs())
