"""The values of an exchange, for all attack rules: gathered once, decoded once, with their places made only for findings."""

from yett.formats.inspected.arguments import Arguments, json_arguments
from yett.formats.inspected.body import BATCH, BodyValues, body_values, response_values
from yett.formats.inspected.head import (
    cookie_pairs,
    form_pairs,
    head_texts,
    head_values,
    path_pairs,
    query_pairs,
    response_head_values,
    unquoted,
)
from yett.formats.inspected.json_values import UNPROVEN, ProvenTree
from yett.formats.inspected.objects import name_at, objects
from yett.formats.inspected.values import DEFAULT_LIMITS, InspectionLimits, Origin, Value, place

__all__ = [
    "BATCH",
    "DEFAULT_LIMITS",
    "UNPROVEN",
    "Arguments",
    "BodyValues",
    "InspectionLimits",
    "Origin",
    "ProvenTree",
    "Value",
    "body_values",
    "cookie_pairs",
    "form_pairs",
    "head_texts",
    "head_values",
    "json_arguments",
    "name_at",
    "objects",
    "path_pairs",
    "place",
    "query_pairs",
    "response_head_values",
    "response_values",
    "unquoted",
]
