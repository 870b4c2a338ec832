"""Questions put to a forecast: events in a small grammar, budgets, scenarios, FLOP rules."""
