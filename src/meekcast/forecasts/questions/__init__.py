"""Questions put to a forecast: events in a small grammar, and one way to evaluate them."""
