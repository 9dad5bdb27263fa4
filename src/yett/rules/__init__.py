"""The field's knowledge, one rule a file. Families: guards/ (inline, used by decide)."""
