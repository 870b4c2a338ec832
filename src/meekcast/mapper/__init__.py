"""Work on many tasks: in order, or shared among processes; the same results and errors either way."""
