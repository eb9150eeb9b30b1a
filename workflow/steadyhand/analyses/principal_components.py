"""Principal components of hidden states, and how many dimensions they fill."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from steadyhand.analysis_layout import about
from steadyhand.states_blocks import activity_of, in_blocks_of_trials


class Covariance:
    """Sums for a covariance; samples are taken relative to the first one, against cancellation."""

    def __init__(self) -> None:
        self._count = 0
        self._origin: np.ndarray | None = None
        self._sum: np.ndarray = np.zeros(0)
        self._square: np.ndarray = np.zeros(0)

    def add(self, samples: Float[np.ndarray, "sample unit"]) -> None:
        """Take some samples into account."""
        if self._origin is None:
            self._origin = samples[0].copy()
            self._sum = np.zeros(len(self._origin))
            self._square = np.zeros((len(self._origin), len(self._origin)))
        moved = samples - self._origin
        self._count += len(moved)
        self._sum += moved.sum(axis=0)
        self._square += moved.T @ moved

    def mean(self) -> Float[np.ndarray, " unit"]:
        """Mean of all samples."""
        assert self._origin is not None
        return self._origin + self._sum / self._count

    def matrix(self) -> Float[np.ndarray, "unit unit"]:
        """Covariance, over n."""
        mean = self._sum / self._count
        return self._square / self._count - np.outer(mean, mean)


def components_of(
    covariance: Float[np.ndarray, "unit unit"],
) -> tuple[Float[np.ndarray, " component"], Float[np.ndarray, "component unit"]]:
    """Variances, falling, and unit vectors; the largest entry of each is positive."""
    variance, vectors = np.linalg.eigh(covariance)
    variance, vectors = np.maximum(variance[::-1], 0), vectors.T[::-1]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    return variance, vectors * np.sign(largest)


def participation_ratio(variance: Float[np.ndarray, "*batch component"]) -> np.ndarray:
    """(Σλ)² / Σλ²: n for equal variances in n dimensions, 1 for a line; 0 where nothing varies."""
    total, square = variance.sum(axis=-1) ** 2, (variance**2).sum(axis=-1)
    return np.divide(total, square, where=square > 0, out=np.zeros_like(total))


def principal_components(states: xr.Dataset, request: dict[str, Any]) -> xr.Dataset:
    """Of every network, over all trials and conditions: mean, components, explained variance.

    `request` has `from_step`, the first state that counts, `components`, how many are kept, and
    what the evaluation says of `hidden_every`. The participation ratio is also given for each
    condition by itself.
    """
    conditions, replicates = np.unique(states.condition.values), states.sizes["replicate"]
    whole = [Covariance() for _ in range(replicates)]
    parts = {(it, r): Covariance() for it in conditions for r in range(replicates)}
    first = -(-request["from_step"] // request["hidden_every"])
    for block in in_blocks_of_trials(states, ["hidden"]):
        activity = activity_of(block)
        for condition in np.unique(block.condition.values):
            chosen = activity[block.condition.values == condition][:, :, first:]
            for replicate in range(replicates):
                samples = chosen[:, replicate].reshape(-1, activity.shape[-1])
                whole[replicate].add(samples)
                parts[condition, replicate].add(samples)
    of_conditions = [
        [components_of(parts[it, r].matrix())[0] for r in range(replicates)] for it in conditions
    ]
    return _as_dataset(states, whole, np.array(of_conditions), conditions, request["components"])


def _as_dataset(
    states: xr.Dataset,
    whole: list[Covariance],
    of_conditions: Float[np.ndarray, "condition replicate rank"],
    conditions: np.ndarray,
    components: int,
) -> xr.Dataset:
    found = [components_of(it.matrix()) for it in whole]
    variance, vectors = (np.array([it[k] for it in found]) for k in (0, 1))
    total = variance.sum(axis=1, keepdims=True)
    share = np.divide(variance, total, where=total > 0, out=np.zeros_like(variance))
    ranks = np.arange(variance.shape[1], dtype=np.int32)
    filled = "dimensions that the states of {} fill"
    return xr.Dataset(
        {
            "mean": (("replicate", "unit"), [it.mean() for it in whole], about("1", "mean state")),
            "component_vector": (
                ("replicate", "component", "unit"),
                vectors[:, :components],
                about("1", "principal component, of length 1"),
            ),
            "variance": (("replicate", "rank"), variance, about("1", "variance along it")),
            "explained": (("replicate", "rank"), share, about("1", "share of the variance")),
            "participation_ratio": (
                ("replicate",),
                participation_ratio(variance),
                about("1", filled.format("all conditions")),
            ),
            "participation_ratio_of_condition": (
                ("condition", "replicate"),
                participation_ratio(of_conditions),
                about("1", filled.format("a condition")),
            ),
        },
        coords={
            "condition": ("condition", conditions, about("1", "number of the condition")),
            "replicate": ("replicate", states.replicate.values, about("1", "replicate")),
            "component": ("component", ranks[:components], about("1", "number of the component")),
            "rank": ("rank", ranks, about("1", "rank of the variance")),
            "unit": ("unit", ranks, about("1", "number of the unit")),
        },
    )
