"""Train, evaluate and dissect recurrent controllers of a simulated hand."""

__version__ = "0.1.0"
