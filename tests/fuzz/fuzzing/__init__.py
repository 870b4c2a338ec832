"""Fuzzing of everything that meekcast reads: `make fuzz`, and a bounded run among the tests."""
