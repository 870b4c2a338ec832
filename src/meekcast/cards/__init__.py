"""What a card or prior set may say, and where cards, prior sets and evidence are found."""
