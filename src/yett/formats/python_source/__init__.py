"""Python's source as values: a module's bytes become a small tree of frozen statements and expressions.

Nothing is imported or run, and the version of Python that runs Yett has no say: the grammar is that of tree-sitter. Only `reading`
and its parts know that parser; everything above sees `tree`.
"""
