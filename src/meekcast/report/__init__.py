"""Results for human readers, in the terminal."""
