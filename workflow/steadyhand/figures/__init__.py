"""Figures: one module per type, each `prepare(sources, options)` and `draw(prepared, options)`.

`prepare` makes every number that is shown, as a dataset; `draw` only places it on the page.
"""

from importlib import import_module
from types import ModuleType

from steadyhand.errors import UserError

TYPES = (
    *("loss_history", "loss_over_replicates", "readout_norm", "training_schedule"),
    *("aligned_reaches", "reach_profiles", "impulse_responses", "measures"),
    *("frequency_response", "linear_response", "modal_response"),
    *("unit_preferences", "principal_components", "tangling"),
    *("fixed_points_pca", "branches", "eigenvalues", "mode_tracks", "mode_distributions"),
)
"""Types of figures, in the order in which a reader wants them."""


def figure_module(figure_type: str) -> ModuleType:
    """The module that draws figures of this type; `UserError` names the types there are."""
    if figure_type not in TYPES:
        raise UserError(f"figure type {figure_type!r}: unknown; there are {', '.join(TYPES)}")
    return import_module(f"{__name__}.{figure_type}")
