"""Rule report: histories of what is compared -> the findings of a study, as page and text."""

from pathlib import Path

from steadyhand.logs import log_to
from steadyhand.provenance import provenance
from steadyhand.report.making import make_report
from steadyhand.store.receipts import write_receipt

with log_to(snakemake.log[0]):
    request, page = snakemake.params.report, Path(snakemake.output.page)
    libraries = ("numpy", "scipy", "xarray")
    origin = provenance("report", request["report_id"], snakemake.params.code, request, libraries)
    files = [page, Path(snakemake.output.text)]
    contents = make_report(*files, page.parent.parent, request, origin)
    write_receipt(files, snakemake.output.receipt, origin, contents)
