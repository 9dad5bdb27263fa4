"""Looking into values for attacks: many patterns in one pass, and the detectors that patterns cannot replace."""
