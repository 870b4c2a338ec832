"""How a card would have done on past dates: rolling origins, scores and what to beat.

At each origin only evidence known then is used. What is forecast is what a leaderboard shows at
the target date: the best score of all models so far minus the best of a follower so far.
"""
