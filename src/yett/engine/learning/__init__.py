"""Learning from exchanges: a fold whose parts merge, and whose result does not know any order."""
