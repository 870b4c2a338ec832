"""What would change the answer: scenarios, budgets, FLOP rules."""
