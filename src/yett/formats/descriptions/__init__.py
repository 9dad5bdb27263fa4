"""Descriptions of APIs, from bytes to declarations: contracts of every kind, and configurations of gateways.

`read_description` tells the kind by content. Nothing is opened and nothing fetched here; other files come through the callable
that the caller hands in. What is wrong stands in `problems` with its place, and the rest of the file is read all the same.
"""

from yett.formats.descriptions.reading import describes, read_description
from yett.formats.descriptions.values import Declared, Description, Others

__all__ = ["Declared", "Description", "Others", "describes", "read_description"]
