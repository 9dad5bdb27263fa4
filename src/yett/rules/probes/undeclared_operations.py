"""Operations that the description does not name answer.

What nobody wrote down, nobody guards: exports, administration, copies for tests.

What is tried: operations that a catalog or a recording knows and the description does not; then a small list of words that such
operations have, where the API begins and below its collections, with GET only and with the least of the identities. It is one
where the answer is a success, has content, and says something else than a path beside it that nothing has. Words that name
administration or exports are graver where nobody needs a credential.

To fix: describe and guard them, or remove them.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.model.probe import ANONYMOUS, Claim, Exchanged, Flaw, ProbeRule, Probing, Step
from yett.model.rule import Severity
from yett.rules.probing.pages import DEBUG, DOCUMENTS, secrets
from yett.rules.probing.readers import bases, get
from yett.rules.probing.target import Operation, Target
from yett.rules.probing.trying import whole

RULE = ProbeRule(
    id="undeclared-operations",
    title="An operation that the description does not name answers",
    severity=Severity.LOW,
    flaws=(Flaw.UNDECLARED_OPERATION,),
    scope="target",
    requests=120,
    weight=5,
    owasp=("API9:2023",),
    cwe=(1059, 912),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/",),
)

_GRAVE = ("admin", "export", "backup", "dump", "internal", "admin/users", "private", "management")
_WORDS = (
    *_GRAVE,
    "config",
    "settings",
    "users",
    "test",
    "old",
    "logs",
    "stats",
    "status/all",
    "audit",
    "console",
    "system",
    "health",
    "me",
    "version",
    "root",
)
_BELOW = ("export", "all", "dump", "backup", "search", "count")
_COLLECTIONS = 6
_STEPS = 60


def probe(target: Target) -> Probing:
    yield from _known_elsewhere(target)
    known = {operation.template.rstrip("/") for operation in target.operations}
    skipped = known | {f"{base}{path}".rstrip("/") for base in bases(target) for path in (*DEBUG, *DOCUMENTS)}
    for parent, words in _parents(target):
        odd = yield from get(f"{parent}/{target.token()}", next(iter(target.names()), ANONYMOUS), "a path that nothing has")
        if target.succeeded(odd.answer):
            continue
        for word in words:
            path = f"{parent}/{word}"
            if path not in skipped and not _taken(path, known):
                yield from _one(target, path, word, odd)


def _parents(target: Target) -> list[tuple[str, tuple[str, ...]]]:
    collections = [one for one in target.operations if one.method == "GET" and "{" not in one.template and not one.perilous]
    below = [(one.template.rstrip("/"), _BELOW) for one in collections if target.doing(one) == "list"][:_COLLECTIONS]
    return [*((base, _WORDS) for base in bases(target)), *below]


def _taken(path: str, known: set[str]) -> bool:
    """Whether a described path with a parameter is meant by it."""
    steps = path.split("/")
    for template in known:
        parts = template.split("/")
        if len(parts) == len(steps) and all("{" in part or part == step for part, step in zip(parts, steps, strict=True)):
            return True
    return False


def _known_elsewhere(target: Target) -> Probing:
    described = {one.label for one in target.operations if one.source == "contract"}
    if not described:
        return
    for operation in target.operations:
        if operation.source not in ("catalog", "recording") or operation.label in described:
            continue
        for name in ("", *target.names()):
            known = target.worked(operation, name)
            if known is not None:
                odd = yield from get(
                    f"{known.call.path.rstrip('/')}/{target.token(12)}", name, "a path beside it that nothing has"
                )
                yield _claim(operation, known, odd, "it was seen in traffic, and still answers", Severity.LOW)
                break


def _one(target: Target, path: str, word: str, odd: Exchanged) -> Generator[Step, Any, None]:
    for name in (ANONYMOUS, *target.names()[:1]):
        one = yield from get(path, name, "as anybody" if name == ANONYMOUS else f"as {name}")
        if one.answer.status in (404, 405, 0):
            return
        if not target.succeeded(one.answer) or not _holds_data(one) or whole(one) == whole(odd):
            continue
        again = yield from get(path, name)
        if not target.succeeded(again.answer):
            return
        operation = Operation(id=path, method="GET", template=path)
        grave = name == ANONYMOUS and (word in _GRAVE or secrets(one.answer))
        why = (
            "its name or content says that it is not for everybody, and nobody needs a credential"
            if grave
            else "nobody described it"
        )
        yield _claim(operation, one, odd, why, Severity.MEDIUM if grave else Severity.LOW)
        return


def _holds_data(one: Exchanged) -> bool:
    """Whether there is more in it than a word: pages of HTML are none, they are answered to everything by many sites."""
    tree = one.answer.json()
    return bool(tree) and isinstance(tree, dict | list)


def _claim(operation: Operation, one: Exchanged, odd: Exchanged, why: str, severity: Severity) -> Claim:
    return Claim(
        flaw=Flaw.UNDECLARED_OPERATION,
        method=operation.method,
        template=operation.template,
        identities=(one.call.identity,),
        text=f"{operation.label} answers, and the description does not name it.",
        reasons=(why,),
        proof=(msgspec.structs.replace(one),),
        control=(odd,),
        severity=severity,
    )
