"""What passive checks judge, and the words that they share. No rules stand here."""
