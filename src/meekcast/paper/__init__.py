"""The paper (Gundlach, Lynch & Thompson 2025, arXiv:2507.07931), every number of it computed again.

Each module is one family of claims: it evaluates the equations, compares with what was published, and prepares
the data of its pictures. Nothing here draws (`meekcast.plots.paper` does) and nothing is copied from the paper's code.
"""
