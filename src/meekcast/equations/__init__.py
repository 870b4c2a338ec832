"""The mathematics of meekcast: pure functions, one file per topic.

Each smooth equation is written once with arithmetic and the ufuncs that PyTensor dispatches, and
runs unchanged on floats, NumPy arrays, labelled xarray and inside the PyMC graph. What needs
branches (`dates`, `sprt.tokens`) lives one layer up and takes floats, NumPy and xarray.
"""
