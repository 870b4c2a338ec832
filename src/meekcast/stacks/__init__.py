"""Several forecasts averaged: cards weighed by their past, prior sets in equal shares."""
