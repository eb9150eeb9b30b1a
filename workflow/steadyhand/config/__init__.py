"""Study files: their schema, validation and expansion. Light: no JAX, xarray or pandas."""

from steadyhand.config.base import leaves
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.loading import Study, load_study
from steadyhand.config.study import json_schema

__all__ = ["Hyperparameters", "Study", "json_schema", "leaves", "load_study"]
