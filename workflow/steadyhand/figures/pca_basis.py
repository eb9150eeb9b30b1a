"""Principal components of the fixed points of a replicate, and what is seen in them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

COMPONENTS = 3


class Basis(NamedTuple):
    """The first components of some points; zeros beyond the rank of these."""

    mean: Float[np.ndarray, " unit"]
    loadings: Float[np.ndarray, "component unit"]
    fraction: Float[np.ndarray, " component"]
    """Of the variance of the points"""
    kind: str
    """What these points are: fixed ones, all that were found, or none"""


def bases_of(
    hidden: Float[np.ndarray, "point unit"],
    sisu: Float[np.ndarray, " point"],
    owner: Int[np.ndarray, " point"],
    root: Bool[np.ndarray, " point"],
    replicates: Int[np.ndarray, " replicate"],
) -> list[Basis]:
    """Of each replicate: of its fixed points, or of all, where these are fewer than two.

    Along the first component, contexts rise.
    """
    bases = []
    for replicate in replicates:
        own = owner == replicate
        enough = (own & root).sum() >= 2
        chosen = own & root if enough else own
        if not own.any():
            empty = np.zeros((COMPONENTS, hidden.shape[1]))
            bases.append(Basis(empty[0], empty, np.zeros(COMPONENTS), "none"))
            continue
        basis = basis_of(hidden[chosen], "fixed" if enough else "all")
        first = (hidden[own] - basis.mean) @ basis.loadings[0]
        if np.dot(first, sisu[own] - sisu[own].mean()) < 0:
            basis.loadings[0] *= -1
        bases.append(basis)
    return bases


def basis_of(points: Float[np.ndarray, "point unit"], kind: str = "fixed") -> Basis:
    """The basis of points; of each component, the loading of largest magnitude is positive."""
    mean = points.mean(axis=0)
    _, singular, found = np.linalg.svd(points - mean, full_matrices=False)
    largest = found[np.arange(len(found)), np.abs(found).argmax(axis=1)]
    found = found * np.where(largest < 0, -1.0, 1.0)[:, None]
    negligible = max(points.shape) * np.finfo(float).eps * singular[0]
    count = min(COMPONENTS, int((singular > negligible).sum()))  # beyond, directions are arbitrary
    loadings, fraction = np.zeros((COMPONENTS, points.shape[1])), np.zeros(COMPONENTS)
    if count:
        loadings[:count] = found[:count]
        fraction[:count] = (singular**2 / (singular**2).sum())[:count]
    return Basis(mean, loadings, fraction, kind)


def scores_of(
    hidden: Float[np.ndarray, "point unit"],
    owner: Int[np.ndarray, " point"],
    bases: list[Basis],
    replicates: Int[np.ndarray, " replicate"],
) -> Float[np.ndarray, "point component"]:
    """Each point in the basis of its replicate."""
    score = np.zeros((len(hidden), COMPONENTS))
    for basis, replicate in zip(bases, replicates, strict=True):
        own = owner == replicate
        score[own] = (hidden[own] - basis.mean) @ basis.loadings.T
    return score


def shares_of(
    seen: Float[np.ndarray, "replicate axis component"],
    vectors: Float[np.ndarray, "replicate axis unit"],
) -> Float[np.ndarray, "replicate axis"]:
    """Lengths of vectors in a basis over their whole lengths; 0 for none."""
    length, whole = (np.linalg.norm(it, axis=-1) for it in (seen, vectors))
    return np.divide(length, whole, out=np.zeros_like(length), where=whole > 0)
