"""Prototype pollution: a member that changes what every object of a JavaScript program inherits.

`{"__proto__": {"isAdmin": true}}` or `?constructor[prototype][x]=1` reaches Object.prototype where a merge copies names without
looking, and from there security checks, templates and child processes.

The rule looks for `__proto__` and `constructor.prototype` as names, in JSON, in brackets and in dotted paths.

To fix: objects without a prototype or Map, merges that refuse these names, Object.freeze(Object.prototype).

What it does not protect against: pollution through names that the application itself composes. For Python, `__class__` and
`__globals__` as names are found as well.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from yett.formats.inspected import Origin, Value, name_at, objects
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import NAMES, PARAMETERS, Signature, Structure

RULE = AttackRule(
    id="prototype-pollution",
    title="Prototype pollution",
    severity=Severity.HIGH,
    owasp=("API3:2023", "API8:2023"),
    cwe=(1321, 915),
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Prototype_Pollution_Prevention_Cheat_Sheet.html",
        "https://portswigger.net/web-security/prototype-pollution",
    ),
    matches=(
        Payload('{"__proto__": {"isAdmin": true}}', "body"),
        Payload('{"a": {"constructor": {"prototype": {"x": 1}}}}', "body"),
        Payload("__proto__[isAdmin]=1", "query"),
        Payload("constructor[prototype][x]=1", "query"),
        Payload("a.__proto__.x=1", "query"),
        Payload("__proto__.polluted", "query path"),
        Payload("{}.constructor.prototype.isAdmin = true"),
        Payload('{"settings": "{\\"constructor\\": {\\"prototype\\": {\\"x\\": 1}}}"}', "body"),
        Payload("__pro__proto__to__[x]=1", "query", "what is left where the word is deleted once"),
        Payload("constconstructorructor[protoprototypetype][x]=1", "query"),
        Payload('[{"op": "add", "path": "/constructor/prototype/isAdmin", "value": true}]', "body"),
        Payload('[["__proto__", "x"], 1]', "form path"),
        Payload("__init__.__globals__.SECRET_KEY", "query field"),
        Payload("{\"merged\": {\"account['__proto__']['x']\": 1}}", "body"),
        Payload('{"__class__": {"__init__": {"__globals__": {"x": 1}}}}', "body"),
    ),
    passes=(
        Payload("the __proto__ property is deprecated"),
        Payload('{"constructor": "Ferrari", "prototype": "F40"}', "body"),
        Payload('{"__typename": "User", "__v": 0, "_proto": 1}', "body"),
        Payload("constructor=mclaren", "query"),
        Payload("self.__class__.__name__", "body /code"),
        Payload("'__proto__' is a name of JavaScript", "body /text"),
        Payload("A class has a constructor. Prototypes are objects, too."),
    ),
)


def _judge(_: Sequence[Value], document: Any) -> Iterator[Value]:
    """Members `constructor` that have a member `prototype`."""
    for trail, part in objects(document):
        inner = part.get("constructor")
        if type(inner) is dict and "prototype" in inner:
            yield name_at(trail, "constructor")


SIGNATURES = (
    Structure(
        id="members",
        pattern=rb"^constructor$",
        reason="a member that reaches what objects inherit",
        where=frozenset({Origin.JSON_NAME}),
        judge=_judge,
    ),
    Signature(
        id="name",
        pattern=rb"(?:^|[.\[\]'\"])__(?:proto|class|globals|init|builtins|defineGetter|defineSetter|lookupGetter"
        rb"|lookupSetter)__(?:$|[.\[\]'\"])|__proto__\w{0,9}__(?:$|[.\[\]'\"])|^_{1,8}proto_{1,8}$",
        reason="a name that reaches what objects inherit",
        where=NAMES,
    ),
    Signature(
        id="constructor",
        pattern=rb"constructor\w{0,11}(?:\]?\[|\.)\s*['\"]?\w{0,9}prototype",
        reason="a name that reaches what objects inherit",
        where=NAMES,
    ),
    Signature(
        id="path",
        pattern=rb"^\s*(?:[\w$]{1,40}[.\[]){0,6}['\"]?(?:__proto__['\"]?(?:\]|\.|$|\[)|constructor['\"]?(?:\."
        rb"|\]?\[)['\"]?prototype['\"]?(?:\]|\.|\[|$))|^/(?:\w{1,40}/){0,6}__proto__(?:/|$)"
        rb"|^\s*\{?\s*[\"']__proto__[\"']\s*:|(?:^|[?#&\s'\"/])(?:\w+\[)?__proto__(?:\[|\.\w)"
        rb"|\.__proto__(?:\.|\[|\s*=)|^[\w?&#=.\[\]]*constructor(?:\.|\]?\[)['\"]?prototype\b"
        rb"|[?#&]constructor\[prototype\]|[?#&]constructor\.prototype\.\w"
        rb"|[\w\]})]\s*(?:\.\s*constructor\s*|\[\s*['\"]?constructor['\"]?\s*\]\s*)(?:\.\s*prototype"
        rb"|\[\s*['\"]?prototype['\"]?\s*\])|[\w\]})]\s*\[\s*['\"]?__proto__['\"]?\s*\]"
        rb"|[\"']constructor[\"']\s*:\s*\{\s*[\"']prototype[\"']\s*:|[{,]\s*[\"']\w{0,9}__proto__\w{0,9}[\"']\s*:|^\w{1,9}__proto__\w{0,9}[.\[]"
        rb"|^\s*[\[{?\"'].{0,200}[\"'/=]__proto__[\"'/\]]|(?:^|[\"'=])/(?:\w{1,40}/){0,6}constructor/prototype(?:/|[\"']|$)|^[\w.]{0,60}=__proto__[/.\[]"
        rb"|^\s*(?:\w{1,40}\.){0,6}__\w{3,20}__(?:\(\))?[.\[]['\"]?__(?:globals|builtins|subclasses|mro)__",
        reason="a path to what objects inherit",
        where=PARAMETERS | NAMES,
        confirm=lambda found: len(found.text) <= 300,
    ),
)
