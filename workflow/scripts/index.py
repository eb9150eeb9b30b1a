"""Rule index: the models of a sweep -> which weights each has, by content."""

from steadyhand.logs import log_to
from steadyhand.model_index import index_entry
from steadyhand.store.documents import read_json, write_json

with log_to(snakemake.log[0]):
    documents = [read_json(path) for path in snakemake.input]
    models = {document["model_id"]: index_entry(document) for document in documents}
    sweep = {"sweep_id": snakemake.wildcards.sweep_id, "models": models}
    write_json(snakemake.output[0], {**sweep, "code": snakemake.params.code})
