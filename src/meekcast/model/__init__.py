"""What a card means: components, paths of theory, realised paths, and what a leaderboard shows of them."""
