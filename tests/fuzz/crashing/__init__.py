"""Kill -9 at random moments of every command that writes: `make attack`, and a bounded run among the tests."""
