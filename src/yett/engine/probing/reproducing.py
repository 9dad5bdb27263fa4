"""How anybody repeats a proof: one curl line, and a pytest file that needs nothing but Python. Credentials come from the
environment.

It must not know probes: what is repeated are the steps of the proof, what is expected is that they no longer answer as they
did.
"""

import json
from collections.abc import Sequence

from yett.engine.probing.outcome import Found
from yett.formats.names import words
from yett.model.probe import Call, Exchanged
from yett.rules.probing.encoding import target_text
from yett.rules.probing.target import Target


def variable(identity: str, header: str) -> str:
    """The name of the environment variable that holds an identity's header: "YETT_ALICE_AUTHORIZATION"."""
    return "_".join(("YETT", *words(identity), *words(header))).upper()


def curl(proof: Sequence[Exchanged], target: Target) -> str:
    """The last step of a proof as one line for a POSIX shell; "" where there is none."""
    if not proof:
        return ""
    call = proof[-1].call
    parts = ["curl -sS -i"]
    if call.method != "GET":
        parts.append(f"-X {shell(call.method)}")
    for name, value in call.fields:
        parts.append(f"-H {shell(f'{name}: {value}')}")
    for name, known in _credential(call, target):
        parts.append(
            f'-H "{name}: ${{{variable(call.identity, name)}}}"' if known is None else f"-H {shell(f'{name}: {known}')}"
        )
    if call.content_type:
        parts.append(f"-H {shell(f'Content-Type: {call.content_type}')}")
    if call.body:
        parts.append(f"--data-binary {shell(call.body.decode('utf-8', 'replace'))}")
    parts.append(shell(target.origin + target_text(call)))
    return " ".join(parts)


def shell(text: str) -> str:
    """A text as one word of a POSIX shell; control characters are written as ANSI-C quotes."""
    if any(one < " " or one == "\x7f" for one in text):
        made = "".join(_octal(one) if one < " " or one in "\x7f'\\" else one for one in text)
        return f"$'{made}'"
    return "'" + text.replace("'", "'\\''") + "'"


def _octal(one: str) -> str:
    return f"\\{ord(one):03o}"


def _credential(call: Call, target: Target) -> list[tuple[str, str | None]]:
    """Header fields of the credential: (name, None) where the value comes from the environment, (name, value) where the
    probe made it."""
    if call.credential is not None:
        return [(name, value) for name, value in call.credential]
    one = target.identity(call.identity)
    return [(name, None) for name, _ in one.credential] if one is not None else []


_HEAD = '''"""{title}: {label}{place}

{text}

Run it with `python -m pytest FILE` (or `python FILE`) against a running target; it fails as long as the hole is there.
Environment: YETT_TARGET (default {origin}){variables}
"""

import json
import os
import urllib.error
import urllib.request

TARGET = os.environ.get("YETT_TARGET", {origin!r})


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def send(method, target, fields, body=None):
    request = urllib.request.Request(TARGET + target, data=body, method=method)
    for name, value in fields:
        request.add_header(name, value)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read()


'''


def reproducer(found: Found, target: Target, mark: str) -> str:
    """A whole Python file: sends the steps of the proof and fails while the last still answers as it did."""
    claim = found.claim
    if not claim.proof:
        return ""
    names = sorted(
        {
            variable(one.call.identity, name)
            for one in claim.proof
            for name, value in _credential(one.call, target)
            if value is None
        }
    )
    method = claim.method or (found.operation.method if found.operation else "")
    template = claim.template or (found.operation.template if found.operation else "")
    head = _HEAD.format(
        title=_safe(found.rule.title),
        label=_safe(f"{method} {template}".strip()),
        place=_safe(f" ({claim.place})" if claim.place else ""),
        text=_safe(claim.text),
        origin=target.origin,
        variables="".join(f", {one}" for one in names),
    )
    body = [f"def test_{claim.flaw.value.replace('-', '_')}_{mark[:8]}():"]
    for number, one in enumerate(claim.proof, 1):
        if one.note:
            body.append(f"    # {_safe(one.note)}")
        body.append(f"    status, answer = {_sent(one.call, target)}")
        if number < len(claim.proof):
            body.append(f"    assert status == {one.answer.status}, 'a step before the last does not work any more'")
    body += _expected(claim.proof[-1])
    body += ["", "", 'if __name__ == "__main__":', f"    test_{claim.flaw.value.replace('-', '_')}_{mark[:8]}()"]
    return head + "\n".join(body) + "\n"


def _sent(call: Call, target: Target) -> str:
    fields: list[str] = [f"({name!r}, {value!r})" for name, value in call.fields]
    for name, value in _credential(call, target):
        fields.append(
            f"({name!r}, os.environ[{variable(call.identity, name)!r}])" if value is None else f"({name!r}, {value!r})"
        )
    if call.content_type:
        fields.append(f"('Content-Type', {call.content_type!r})")
    body = f", {call.body!r}" if call.body else ""
    return f"send({call.method!r}, {target_text(call)!r}, [{', '.join(fields)}]{body})"


def _expected(last: Exchanged) -> list[str]:
    """It is fixed when the last step does not answer as it did: another class of status, or without what it showed."""
    status = last.answer.status
    said = last.answer.body[:200].decode("utf-8", "replace")
    shown = json.dumps(said)[:240] if said else "''"
    return [
        f"    # it answered {status} with {_safe(shown)}",
        f"    assert status // 100 != {status // 100}, f'still answers {{status}}: {{answer[:300]!r}}'",
    ]


def _safe(text: str) -> str:
    """Text that can stand in a comment or docstring."""
    return "".join(one if one.isprintable() and one not in '\\"' else " " for one in text)[:400]
