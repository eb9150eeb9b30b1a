"""The figures that a study asks for, as requests with nothing left open."""
