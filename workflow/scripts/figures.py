"""Rule figures: everything a figure draws from -> its Plotly JSON and its page."""

from pathlib import Path

from steadyhand.figures.making import make_figure
from steadyhand.logs import log_to
from steadyhand.provenance import provenance
from steadyhand.store.receipts import write_receipt

with log_to(snakemake.log[0]):
    request, folder = snakemake.params.figure, Path(snakemake.output.page).parent
    libraries = ("numpy", "scipy", "xarray", "plotly")
    origin = provenance("figure", request["figure_id"], snakemake.params.code, request, libraries)
    make_figure(folder, folder.parent.parent, request, origin)
    files = [snakemake.output.json, snakemake.output.page]
    write_receipt(files, snakemake.output.receipt, origin)
