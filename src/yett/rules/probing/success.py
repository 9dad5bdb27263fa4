"""Is this answer a real success? A 200 with an error in it is none, nor is a login page, nor what the target says to everything.

It must not know what was asked.
"""

from typing import Any

from yett.formats.names import words
from yett.model.probe import Answer
from yett.rules.probing.wording import listed

_ENVELOPE = listed(
    "status success ok error errors message messages msg detail details code reason title type timestamp path "
    "instance data result results description statuscode status_code errorcode error_code error_description requestid "
    "request_id trace"
)
"""Members of an answer that tells how it went and nothing else."""
_FAILED = listed(
    "fail failed failure error errors false ko no denied unauthorized unauthenticated forbidden invalid rejected "
    "not_found notfound exception"
)
_DENIED = (
    *("unauthor", "unauthentic", "not logged in", "login required", "log in to", "please log", "access denied", "forbidden"),
    *("permission", "not allowed", "not permitted", "invalid token", "token is invalid", "token has expired", "missing token"),
    *(
        "token is missing",
        "authentication required",
        "credentials were not provided",
        "must be logged",
        "not found",
        "invalid api",
    ),
)
_LONGEST = 4096


def failure(answer: Answer) -> str:
    """Why an answer is no success, in a few words; "" where it is one."""
    if not answer.status:
        return answer.failure or "no answer"
    if not 200 <= answer.status < 300:
        return f"status {answer.status}"
    kind = answer.field("content-type").lower()
    if "html" in kind and login_page(answer.body):
        return "a login page"
    tree = answer.json() if answer.body[:1] in (b"{", b"[", b" ", b"\n", b'"') else None
    if (
        isinstance(tree, list)
        and tree
        and all(isinstance(one, dict) and one.get("errors") and not one.get("data") for one in tree)
    ):
        return "errors in the answer"
    return _in_envelope(tree) if isinstance(tree, dict) else ""


def succeeded(answer: Answer) -> bool:
    """Whether an answer is a success on its face. `Target.succeeded` knows more: what the target says to everything."""
    return not failure(answer)


def refused(answer: Answer) -> bool:
    """Whether the caller was told that they may not: 401, 403, 404 (which hides), a redirect to a login, or the same in words."""
    if answer.status in (401, 403, 404, 405, 407, 302, 303, 307):
        return True
    if not 200 <= answer.status < 500:
        return False
    if answer.status < 300 and not failure(answer):
        return False
    text = answer.body[:_LONGEST].decode("utf-8", "replace").lower()
    return any(phrase in text for phrase in _DENIED)


def login_page(body: bytes) -> bool:
    """Whether HTML asks for a password."""
    text = body[:65_536].lower()
    return b"<form" in text and (b'type="password"' in text or b"type='password'" in text or b"type=password" in text)


def _in_envelope(tree: dict[str, Any]) -> str:
    """What an answer says of itself where it says nothing else; GraphQL's errors (without any data), too."""
    names = {name.lower(): part for name, part in tree.items()}
    errors = names.get("errors")
    if errors and not _anything(names.get("data")) and set(names) <= _ENVELOPE | {"extensions"}:
        return "errors in the answer"
    if not set(names) <= _ENVELOPE or any(_anything(names.get(name)) for name in ("data", "result", "results")):
        return ""
    for name in ("success", "ok"):
        if name in names and (names[name] is False or _says(names[name])):
            return f"{name} is {names[name]}"
    for name in ("status", "code", "statuscode", "status_code", "type"):
        value = names.get(name)
        if _says(value):
            return f"{name} is {value}"
        if isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599:
            return f"{name} is {value}"
        if isinstance(value, str) and len(value) == 3 and value.isdecimal() and value[0] in "45":
            return f"{name} is {value}"
    if names.get("error") not in (None, False, "", 0, [], {}):
        return "an error in the answer"
    return ""


def _anything(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_anything(part) for part in value.values())
    return value not in (None, [], "", False)


def _says(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > 40:
        return False
    return value.lower() in _FAILED or any(word in _FAILED for word in words(value)[:3])
