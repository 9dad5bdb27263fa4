"""Passive checks: one rule a file, on operations and services of the catalog, on contracts, and on exchanges as they are learnt."""
