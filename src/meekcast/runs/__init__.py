"""Forecasts as folders: written whole, read by one checked reader, replayed and compared."""
