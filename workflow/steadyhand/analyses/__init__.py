"""Analyses of evaluated states beyond measures: one module for each, and what they need."""
