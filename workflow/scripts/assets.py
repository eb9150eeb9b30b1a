"""Rule assets: the copy of plotly.js that all pages share."""

from steadyhand.figures.page import write_library
from steadyhand.logs import log_to

with log_to(snakemake.log[0]):
    write_library(snakemake.output[0])
