"""What a JAX function can be on a whole box of arguments: rigorous bounds, rounding included.

`balls` are the numbers, `rules` says what each JAX primitive makes of them, `evaluation` evaluates
a function with them. With these bounds statements on fixed points are proofs, and no estimates.
"""

from steadyhand.enclosures.balls import Ball, ball
from steadyhand.enclosures.evaluation import evaluate, traced
from steadyhand.enclosures.inlining import without_own_rules
from steadyhand.enclosures.rules import NotEnclosed

__all__ = ["Ball", "NotEnclosed", "ball", "evaluate", "traced", "without_own_rules"]
