"""From inputs to a posterior: the only rooms that import PyMC, and only when something is sampled."""
