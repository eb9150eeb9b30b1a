"""One floating-point setting for the whole package, in jobs, tests and sessions alike.

float64 is enabled everywhere, and the training code asks for float32 by name: a flag that
differed between a test and a run would let one of them compute other numbers.
"""

import jax

TRAINING_DTYPE = "float32"
ANALYSIS_DTYPE = "float64"

jax.config.update("jax_enable_x64", True)
