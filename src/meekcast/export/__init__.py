"""Results as files that other tools read; nothing is computed here."""
