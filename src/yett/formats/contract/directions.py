"""Direction: what a schema says of requests and of responses. readOnly properties are not part of requests, writeOnly ones not
part of responses. Sources: OpenAPI 3.0.4, 4.7.24.2; JSON Schema 2020-12 validation, section 9.4."""

from enum import StrEnum

from yett.formats.contract.documents import BrokenReference, Documents, Node, key_text

MAX_DEPTH = 8
"""How many references and allOf a flag is searched through."""


class Direction(StrEnum):
    """Who sends the value, as the flag that hides a property from it. NEUTRAL: the schema says the same both ways."""

    REQUEST = "readOnly"
    RESPONSE = "writeOnly"
    NEUTRAL = ""


class Variant(StrEnum):
    """BASE: a schema without the choice that its discriminator makes, as those that derive from it need it."""

    WHOLE = ""
    BASE = "base"


def is_flagged(documents: Documents, node: Node, flag: str, depth: int = 0) -> bool:
    """Whether a property is readOnly (or writeOnly): by itself, by what it refers to, or by a part of its allOf."""
    value = node.value
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        return False
    if value.get(flag) is True:
        return True
    if "$ref" in value:
        try:
            return is_flagged(documents, documents.resolve(node.document, value["$ref"]), flag, depth + 1)
        except BrokenReference:
            return False
    parts = value.get("allOf")
    if not isinstance(parts, list):
        return False
    return any(is_flagged(documents, Node(node.document, (*node.path, "allOf"), part), flag, depth + 1) for part in parts)


def hidden_names(documents: Documents, node: Node, flag: str, depth: int = 0) -> frozenset[str]:
    """Names of the properties that an object has not in one direction, also those that parts of its allOf declare."""
    value = node.value
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        return frozenset()
    found: set[str] = set()
    if "$ref" in value:
        try:
            found |= hidden_names(documents, documents.resolve(node.document, value["$ref"]), flag, depth + 1)
        except BrokenReference:
            return frozenset()
    properties = value.get("properties")
    if isinstance(properties, dict):
        for name, part in properties.items():
            if is_flagged(documents, Node(node.document, (*node.path, "properties"), part), flag):
                found.add(key_text(name))
    parts = value.get("allOf")
    for part in parts if isinstance(parts, list) else ():
        found |= hidden_names(documents, Node(node.document, (*node.path, "allOf"), part), flag, depth + 1)
    return frozenset(found)
