"""Tables of scores and prices from other people's files."""
