"""JSON type confusion: an object, a list or a truth value where a credential belongs.

`{"password": {"password": 1}}` becomes `password = password = 1` in some database drivers and matches every row; `{"otp": true}`
and `{"token": ["a", "b"]}` pass loose comparisons. Callers of a login have no reason to send anything but text there.

The rule looks at members whose name says that a credential stands there (password, otp, token, pin …) and whose value is an object,
a list or true, unless the document describes data (a schema, a form, a list of permissions) and does not carry it.

To fix: check types before values are used; a contract that is enforced does it for every member.

What it does not protect against: other members. Give the operation a contract.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from yett.formats.inspected import Origin, Value, name_at, objects
from yett.model.rule import AttackRule, Confidence, Payload, Severity
from yett.rules.inspection.signature import Structure

RULE = AttackRule(
    id="json-type-confusion",
    title="JSON type confusion",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    owasp=("API2:2023", "API8:2023"),
    cwe=(843, 20, 1287),
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/",
        "https://github.com/mysqljs/mysql#escaping-query-values",
    ),
    matches=(
        Payload('{"user": "admin", "password": {"password": 1}}', "body"),
        Payload('{"username": "a", "otp": true}', "body"),
        Payload('{"email": "a@example.com", "token": ["x", "y"]}', "body"),
        Payload('{"login": {"user": "a", "passwd": []}}', "body"),
    ),
    passes=(
        Payload('{"user": "admin", "password": "x"}', "body"),
        Payload('{"password": {"type": "string", "minLength": 8}}', "body", "a schema"),
        Payload('{"password": {"required": true, "label": "Password"}}', "body", "a form"),
        Payload('{"token": {"access_token": "x", "expires_in": 60}}', "body", "a compound token"),
        Payload('{"features": {"password": true, "sso": false}}', "body", "switches"),
        Payload('{"password": null}', "body"),
    ),
)

_NAMES = frozenset(
    ("password", "passwd", "pwd", "passphrase", "passcode", "otp", "otp_code", "mfa_code", "totp", "token", "pin")
)
_COMPANIONS = frozenset(
    ("username", "user", "login", "email", "mail", "user_name", "userName", "account", "phone", "name", "userid", "user_id")
)


def _judge(_: Sequence[Value], document: Any) -> Iterator[Value]:
    """The names of members with a value of the wrong type."""
    for trail, part in objects(document):
        for name, value in part.items():
            odd = value is True or type(value) is dict or type(value) is list
            if odd and name.lower() in _NAMES and _is_odd(part, value):
                yield name_at(trail, name)


def _is_odd(siblings: dict[str, Any], value: Any) -> bool:
    """Whether texts stand beside it as in a login, and it is not a description or a set of tokens."""
    if not any(type(siblings.get(name)) is str for name in _COMPANIONS):
        return False
    if type(value) is dict:
        return not any(type(part) in (dict, list) or (type(part) is str and len(part) > 1) for part in value.values())
    return True


SIGNATURES = (
    Structure(
        id="credential",
        pattern=rb"^(?:password|passwd|pwd|passphrase|passcode|otp|otp_code|mfa_code|totp|token|pin)$",
        reason="an object, a list or true where a credential belongs",
        where=frozenset({Origin.JSON_NAME}),
        judge=_judge,
    ),
)
