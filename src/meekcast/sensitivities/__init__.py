"""What drives the answer, and what to measure first: estimators on arrays, then readers of a run."""
