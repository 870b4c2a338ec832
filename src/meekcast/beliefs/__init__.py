"""Priors as normal distributions on some scale: the one-line grammar, their algebra, elicitation."""
