"""Lines and surfaces of fixed points: which roots without a bound are parts of one."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial.distance import cdist

from steadyhand.fixed_points.ends import nearest_roots, scale_of
from steadyhand.fixed_points.kinds import Assessor
from steadyhand.row_tiles import rows_of

_WALK = 0.03  # relative to max(1, ‖x‖): as far there have to be further roots
_FALLS_BACK = 0.5  # of a walk: an end nearer to where it began has come back to the same root
_BETWEEN = (0.25, 0.5, 0.75)
_ASIDE = 0.2  # of a gap: roots this near to places between the two are on one line with them


def continua_of(
    assessor: Assessor, x: Float[np.ndarray, "end dim"], own: tuple[Any, ...]
) -> Int[np.ndarray, " end"]:
    """For each root the number of the continuum that it lies on; −1 for none.

    From a root on a continuum one can walk along the direction in which nothing changes, and find
    roots there, too. Two of them are on the same one if there are roots between neighbours all the
    way from one to the other.
    """
    label = np.full(len(x), -1)
    on = np.flatnonzero(_goes_on(assessor, x, own))
    if len(on):
        label[on] = _connected(assessor, x[on], rows_of(own, on))
    return label


def _goes_on(assessor: Assessor, x: np.ndarray, own: Any) -> np.ndarray:
    # The direction in which F(x) − x changes least.
    along = np.linalg.svd(assessor.slopes(x, own))[2][:, -1, :]
    walk = _WALK * scale_of(x)[:, None]
    goes_on = np.zeros(len(x), bool)
    for side in (1, -1):
        ends, root = nearest_roots(
            assessor.step, x + side * walk * along, own, assessor.args, assessor.options
        )
        moved = np.linalg.norm(ends - x, axis=1) >= _FALLS_BACK * walk[:, 0]
        goes_on |= root & moved
    return goes_on


def _connected(assessor: Assessor, x: np.ndarray, own: Any) -> np.ndarray:
    if len(x) == 1:
        return np.zeros(1, int)
    tree = minimum_spanning_tree(cdist(x, x)).tocoo()
    joined = np.ones(len(tree.data), bool)
    for share in _BETWEEN:
        between = x[tree.row] + share * (x[tree.col] - x[tree.row])
        mine = rows_of(own, tree.row)
        ends, root = nearest_roots(assessor.step, between, mine, assessor.args, assessor.options)
        joined &= root & (np.linalg.norm(ends - between, axis=1) <= _ASIDE * tree.data)
    edges = coo_array((joined[joined], (tree.row[joined], tree.col[joined])), shape=(len(x),) * 2)
    return np.asarray(connected_components(edges, directed=False)[1])
