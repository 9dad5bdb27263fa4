"""How `probe` reaches its target: one origin, no redirects, bounded in everything."""
