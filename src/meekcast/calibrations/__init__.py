"""Whether posteriors mean what they say: fits of evidence whose truth is known (Talts et al. 2018).

A truth is drawn from the prior, evidence like the card's own is simulated from it, the card is fitted to that, and the
place of the truth among the draws is noted. If likelihood, sampler and predictions are right, every rank is equally
likely.
"""
