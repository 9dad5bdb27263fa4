"""The `Target` and its `Operation`, for those who stand above the rules; probes take them from `yett.rules.probing.target`."""

from yett.rules.probing.identity import Identity
from yett.rules.probing.objects import Object
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.target import Scheme, Target

__all__ = ["Identity", "Object", "Operation", "Place", "Scheme", "Target"]
