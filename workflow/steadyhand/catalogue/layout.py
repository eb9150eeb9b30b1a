"""Names of the catalogue's files, tables and leading columns: what writers and readers share."""

DATABASE = "catalogue.sqlite"
FOLDER = "catalogue"
CHECKSUMS = "catalogue/checksums.json"

KEYS: dict[str, tuple[str, ...]] = {
    "models": ("model_id",),
    "replicates": ("model_id", "replicate"),
    "evaluations": ("evaluation_id", "digest", "model_id"),
    "fixed_points": ("analysis_id", "digest", "model_id"),
    "linearizations": ("analysis_id", "digest", "model_id"),
    "analyses": ("analysis_id", "digest", "model_id"),
    "figures": ("figure_id",),
    "figure_models": ("figure_id", "model_id"),
    "columns": ("table_name", "column_name"),
    "meta": ("key",),
}
"""Every table, and the columns that tell its rows apart."""

PREFIXES = ("figure.", "eval.", "analysis.", "train.")
"""Of columns that are settings, in the order in which they stand in a table."""
