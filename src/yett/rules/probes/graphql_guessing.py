"""A GraphQL field that asks for a name and a password lets anybody guess, many times in one document, or takes a password that
everybody tries first.

Under aliases one request tries a dozen passwords, so that limits of requests do not count. It is found with one document that
tries the most common default passwords for the customary first user; where one of them is answered otherwise than all the
others, it is sent once more alone, beside one that is surely wrong.

Fix: count attempts for each account within the resolver, refuse the same login field twice in a document, no default
passwords.
"""

from collections.abc import Generator
from typing import Any

from yett.formats.names import words
from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.graphql import GraphQLOperation, asked, complaints
from yett.rules.probing.graphql_asking import REFERENCES, query
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-guessing",
    title="Passwords can be guessed many at a time",
    severity=Severity.MEDIUM,
    flaws=(Flaw.UNLIMITED_GUESSING, Flaw.BROKEN_AUTHENTICATION),
    requests=8,
    weight=3,
    owasp=("API2:2023",),
    cwe=(307, 1392),
    references=REFERENCES,
)

_USERS = ("admin", "root", "administrator")
_PASSWORDS = (
    *("admin", "password", "changeme", "123456", "admin123", "password123", "letmein", "root", "default", "secret", "test"),
    *("qwerty", "welcome", "12345678", "administrator", "toor", "passw0rd", "guest", "changeit", "P@ssw0rd"),
)
_NAMES = ("username", "user", "login", "email", "name", "account")


def probe(target: Target, operation: Operation) -> Probing:
    if not isinstance(operation, GraphQLOperation) or target.doing(operation) in ("register", "password", "create", "change"):
        return
    user, secret = _places(operation)
    if not user or not secret or operation.perilous:
        return
    base = operation.body_of(target.fresh(operation, ANONYMOUS))
    wrong = [f"Wr0ng-{target.token(8)}" for _ in range(3)]
    for name in _USERS[: 1 if target.doing(operation) == "login" else len(_USERS)]:
        tried = [*wrong, *(one for one in _PASSWORDS)]
        parts = [operation.literal({**base, user: name, secret: one}, f"a{number}") for number, one in enumerate(tried)]
        call = query(operation.endpoint, f"{operation.kind} {{ {' '.join(parts)} }}")
        answer: Answer = yield Send(call)
        odd = _odd(answer, len(wrong), len(tried))
        if odd is not None:
            taken = yield from _alone(operation, {**base, user: name}, secret, tried[odd], wrong[0])
            if taken is not None:
                yield _guessed(
                    operation, secret, name, taken, Exchanged(call, answer, f"{len(tried)} passwords in one document")
                )
                return
        elif name == _USERS[0] and _all_answered(answer, len(tried)):
            first = query(operation.endpoint, f"{operation.kind} {{ {parts[0]} }}")
            single: Answer = yield Send(first)
            yield Claim(
                flaw=Flaw.UNLIMITED_GUESSING,
                place=f"body /{secret}",
                text=f"{operation.label} answers {len(tried)} passwords for the same user in one document, and all are tried.",
                reasons=("limits that count requests do not hold",),
                proof=(Exchanged(call, answer, "every wrong password is answered"),),
                control=(Exchanged(first, single, "one wrong password, by itself"),),
            )


def _places(operation: GraphQLOperation) -> tuple[str, str]:
    """Names of the arguments for user and password at the top; "" where one is missing."""
    names = [one.name for one in operation.declared.arguments if one.type.strip("!") in ("String", "ID")]
    secret = next((one for one in names if words(one)[-1:] in (("password",), ("pass",), ("passwd",), ("pwd",))), "")
    return next((one for wanted in _NAMES for one in names if "".join(words(one)) == wanted), ""), secret


def _results(answer: Answer, number: int) -> Any:
    """What stands for one alias: its value, or the message of its error."""
    value = asked(answer).get(f"a{number}")
    if value is not None:
        return str(value)
    tree = answer.json()
    for one in tree.get("errors") or () if isinstance(tree, dict) else ():
        path = one.get("path") if isinstance(one, dict) else None
        if isinstance(path, list) and path[:1] == [f"a{number}"]:
            return f"error: {one.get('message')}"
    return None


def _odd(answer: Answer, wrong: int, most: int) -> int | None:
    """The only password that is answered otherwise than those that are surely wrong, which are answered alike."""
    results = [_results(answer, number) for number in range(most)]
    if results[0] is None or len(set(results[:wrong])) != 1:
        return None
    others = [number for number in range(wrong, most) if results[number] is not None and results[number] != results[0]]
    return others[0] if len(others) == 1 else None


def _all_answered(answer: Answer, most: int) -> bool:
    return all(_results(answer, number) is not None for number in range(most)) and not any(
        "limit" in one.lower() or "too many" in one.lower() for one in complaints(answer, most)
    )


def _alone(
    operation: GraphQLOperation, given: dict[str, Any], secret: str, password: str, wrong: str
) -> Generator[Step, Any, tuple[Exchanged, Exchanged] | None]:
    found = []
    for one, note in ((password, "alone: let in"), (wrong, "a wrong password")):
        call: Call = query(operation.endpoint, f"{operation.kind} {{ {operation.literal({**given, secret: one}, 'a0')} }}")
        answer: Answer = yield Send(call)
        found.append(Exchanged(call, answer, note))
    same = _results(found[0].answer, 0) == _results(found[1].answer, 0)
    return None if same or str(_results(found[0].answer, 0)).startswith("error") else (found[0], found[1])


def _guessed(operation: GraphQLOperation, secret: str, name: str, taken: tuple[Exchanged, Exchanged], many: Exchanged) -> Claim:
    return Claim(
        flaw=Flaw.BROKEN_AUTHENTICATION,
        place=f"body /{secret}",
        text=f'{operation.label} takes a password for "{name}" that stands on every list of defaults, found with one document.',
        reasons=("a list of twenty was enough", "guesses are not counted"),
        proof=(many, taken[0]),
        control=(taken[1],),
        severity=Severity.HIGH,
    )
