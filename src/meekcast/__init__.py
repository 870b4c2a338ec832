"""Forecasts of when low-budget ("meek") AI models catch up with the frontier, and of how sure anyone can be.

The probabilistic form of Gundlach, Lynch & Thompson 2025, "Meek Models Shall Inherit the Earth".

Examples
--------
>>> from meekcast.forecasts.forecast import forecast
>>> from meekcast.inputs import gather
>>> result = forecast(gather("paper"))
>>> round(result.events[0].quantiles["0.5"], 2)
3.34
"""
