"""What a JAX function can be on a whole box of arguments: rigorous bounds, rounding included.

`balls` are the numbers, `rules`, `choices`, `moves` and `loops` say what JAX primitives make of
them, `evaluation` evaluates a function with them, and `inlining` rids it of derivative rules that
are not those of its values. With these bounds statements on fixed points are proofs, no estimates.
"""

from steadyhand.enclosures.balls import Ball, ball
from steadyhand.enclosures.choices import NotEnclosed, is_floating, is_key
from steadyhand.enclosures.evaluation import evaluate, traced
from steadyhand.enclosures.inlining import without_own_rules

__all__ = [
    "Ball",
    "NotEnclosed",
    "ball",
    "evaluate",
    "is_floating",
    "is_key",
    "traced",
    "without_own_rules",
]
