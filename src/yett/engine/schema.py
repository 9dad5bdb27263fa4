"""The JSON Schema (2020-12) of a policy, for editors: the structs' own, with guards' settings where they may stand.

It is generated, so that it cannot say anything else than what the compiler accepts. What only a guard can tell (a rate that
is no rate) it does not know.
"""

from inspect import cleandoc
from typing import Any

import msgspec

from yett.engine.policy import CONTRACT_OWN, METHODS
from yett.engine.settings import by_setting
from yett.model.policy import ContractUse, OperationPolicy, Policy, Service
from yett.rules.registry import Guard, guards

Schema = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def policy_schema() -> Schema:
    """The schema of `yett.yaml`."""
    options = [guard.options for guard in guards().values()]
    references, components = msgspec.json.schema_components(
        [Policy, Service, OperationPolicy, ContractUse, *options], ref_template="#/$defs/{name}"
    )
    definitions: Schema = {name: _cleaned(schema) for name, schema in components.items()}
    by_id = {rule: reference["$ref"] for rule, reference in zip(guards(), references[4:])}
    settings = {key: _setting(group, by_id, definitions) for key, group in by_setting().items() if key}
    service, operation = definitions["Service"], definitions["OperationPolicy"]
    rules = {
        "type": "object",
        "properties": {rule: {"$ref": "#/$defs/RuleSetting"} for rule in sorted(guards())},
        "additionalProperties": False,
    }
    for schema in (service, operation):
        schema["properties"].pop("settings")
        schema["properties"] |= {key: value for key, value in settings.items() if key != "contract"} | {"rules": rules}
    service["properties"].pop("name")
    service["required"].remove("name")
    service["properties"]["contract"] = _contract(definitions, by_id)
    service["properties"]["operations"] = {
        "type": "object",
        "description": 'By operationId of the contract, or by method and template: "POST /orders".',
        "propertyNames": {"pattern": rf"^(({'|'.join(sorted(METHODS))}) /\S*|\S+)$"},
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/OperationPolicy"}, {"type": "null"}]},
    }
    policy = definitions.pop("Policy")
    policy["properties"]["services"] = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"$ref": "#/$defs/Service"},
    }
    used = {name: schema for name, schema in sorted(definitions.items()) if f'"#/$defs/{name}"' in _text(policy, definitions)}
    return {"$schema": _DRAFT, **policy, "title": "A policy of Yett", "$defs": used}


def _text(policy: Schema, definitions: Schema) -> str:
    return msgspec.json.encode([policy, definitions]).decode()


def _cleaned(schema: Schema) -> Schema:
    """Without the indentation of docstrings, and without titles, which repeat the names."""
    if "description" in schema:
        schema["description"] = cleandoc(schema["description"])
    schema.pop("title", None)
    return schema


def _setting(group: tuple[Guard, ...], by_id: dict[str, str], definitions: Schema) -> Schema:
    if any(guard.rule.entry for guard in group):
        items = [_entry(guard, by_id[guard.rule.id]) for guard in group]
        short = [guard.rule.entry for guard in group if _stands_alone(guard)]
        if short:
            items.append({"enum": short})
        return {"anyOf": [{"type": "array", "items": {"anyOf": items}}, {"type": "null"}, {"const": False}]}
    return {"anyOf": [_mapping(group, by_id, definitions), {"type": ["boolean", "null"]}]}


def _mapping(group: tuple[Guard, ...], by_id: dict[str, str], definitions: Schema) -> Schema:
    if len(group) == 1:
        return {"$ref": by_id[group[0].rule.id]}
    properties: Schema = {}
    required: set[str] = set()
    for guard in group:
        schema = definitions[by_id[guard.rule.id].removeprefix("#/$defs/")]
        properties |= schema["properties"]
        required |= set(schema.get("required", ()))
    return {"type": "object", "properties": properties, "required": sorted(required), "additionalProperties": False}


def _entry(guard: Guard, reference: str) -> Schema:
    entry = guard.rule.entry
    if any(field.encode_name == entry for field in msgspec.structs.fields(guard.options)):
        return {"$ref": reference}
    return {
        "type": "object",
        "properties": {entry: {"anyOf": [{"$ref": reference}, {"type": "null"}]}},
        "required": [entry],
        "additionalProperties": False,
    }


def _stands_alone(guard: Guard) -> bool:
    """Whether the guard's entry may be written as just its name."""
    entry = guard.rule.entry
    named = any(field.encode_name == entry for field in msgspec.structs.fields(guard.options))
    try:
        msgspec.convert({entry: {}} if named else {}, guard.options)
    except msgspec.ValidationError:
        return False
    return True


def _contract(definitions: Schema, by_id: dict[str, str]) -> Schema:
    """`contract:` holds keys of the engine and of guards."""
    own = definitions["ContractUse"]
    group = by_setting().get("contract", ())
    guarded = _mapping(group, by_id, definitions) if len(group) > 1 else {"properties": {}}
    if len(group) == 1:
        guarded = definitions[by_id[group[0].rule.id].removeprefix("#/$defs/")]
    properties = guarded["properties"] | {key: own["properties"][key] for key in CONTRACT_OWN}
    return {"type": "object", "properties": properties, "required": own["required"], "additionalProperties": False}
