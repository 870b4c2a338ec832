"""Closed registries: parameters and quantities, each with unit, meaning and support."""
