"""Measures of trials: what they are made of, how each is computed, and what they come to."""
