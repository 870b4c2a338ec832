"""A grid of forecasts: cards, priors, followers, boards left out and seeds, to one labelled array of answers."""
