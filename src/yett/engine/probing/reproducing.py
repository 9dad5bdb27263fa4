"""How anybody repeats a proof: one curl line, and a pytest file that needs nothing but Python. Credentials come from the
environment.

The file makes first what the proof rests on, with new names, so that it runs on any instance. It must not know probes.
"""

import json
from collections.abc import Sequence
from typing import Any

from yett.engine.probing.outcome import Found
from yett.engine.probing.provenance import Line, leaves, lines
from yett.formats.names import words
from yett.model.probe import Call, Exchanged
from yett.rules.probing.encoding import body_value, quoted, target_text, unquoted
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.target import Target

_SHOWN = 3
"""Values of an answer that tell that a hole is still there."""
_CHANGING = frozenset(
    ("token", "jwt", "session", "time", "timestamp", "date", "expires", "hash", "at", "nonce", "secret", "key")
)
"""Words in names of values that are others in every run."""


def variable(identity: str, header: str) -> str:
    """The name of the environment variable that holds an identity's header or password: "YETT_ALICE_AUTHORIZATION"."""
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
        made = "".join(f"\\{ord(one):03o}" if one < " " or one in "\x7f'\\" else one for one in text)
        return f"$'{made}'"
    return "'" + text.replace("'", "'\\''") + "'"


def _credential(call: Call, target: Target) -> list[tuple[str, str | None]]:
    """Header fields of the credential: (name, None) where the value comes from the environment, else with what the probe
    made."""
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
import secrets
import urllib.error
import urllib.request

TARGET = os.environ.get("YETT_TARGET", {origin!r})
KNOWN = {{}}  # names that are new in every run, secrets of the environment, and what answers gave


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def fill(text):
    for name, value in KNOWN.items():
        text = text.replace("{{{{" + name + "}}}}", value)
    return text


def send(method, target, fields, body=None):
    data = fill(body).encode("utf-8", "surrogateescape") if body is not None else None
    request = urllib.request.Request(TARGET + fill(target), data=data, method=method)
    for name, value in fields:
        request.add_header(name, fill(value))
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def take(name, pointer, headers, answer):
    """A value of an answer, by JSON pointer; the last segment of Location for an empty one."""
    value = (headers.get("Location") or "").rstrip("/").rpartition("/")[2]
    if pointer:
        value = json.loads(answer)
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            value = value[int(key)] if isinstance(value, list) else value[key]
    KNOWN[name] = str(value)


def shown(answer, name, value):
    """Whether a value stands in an answer under that name, anywhere."""
    rest = [("", json.loads(answer or b"null"))]
    while rest:
        key, one = rest.pop()
        if isinstance(one, dict):
            rest += one.items()
        elif isinstance(one, list):
            rest += [(key, part) for part in one]
        elif key == name and str(one) == fill(value):
            return True
    return False


'''


def reproducer(found: Found, target: Target, mark: str, trace: Sequence[Exchanged] = ()) -> str:
    """A whole Python file: makes what is needed, sends the steps of the proof, and fails while the last still shows the
    hole."""
    claim = found.claim
    if not claim.proof:
        return ""
    return _Writer(found, target, mark, lines(claim.proof, trace, target)).text()


class _Writer:
    def __init__(self, found: Found, target: Target, mark: str, script: list[Line]) -> None:
        self._found, self._target, self._mark, self._script = found, target, mark, script
        self._names: dict[str, str] = {}
        """What stands in texts, to the marker that replaces it: longest first when used."""
        self._environment: dict[str, str] = {}
        self._tokens: list[tuple[str, int]] = []
        self._taken: dict[str, str] = {}

    def text(self) -> str:
        claim, origin = self._found.claim, self._target.origin
        self._collect()
        body = self._body()
        method = claim.method or (self._found.operation.method if self._found.operation else "")
        template = claim.template or (self._found.operation.template if self._found.operation else "")
        head = _HEAD.format(
            title=_safe(self._found.rule.title),
            label=_safe(f"{method} {template}".strip()),
            place=_safe(f" ({claim.place})" if claim.place else ""),
            text=_safe(claim.text),
            origin=origin,
            variables="".join(f", {name}" for name in sorted(set(self._environment.values()))),
        )
        return head + "\n".join(body) + "\n"

    def _collect(self) -> None:
        """Everything in the calls that is another value in another run."""
        for one in self._target.identities.values():
            if not one.throwaway and len(one.password) > 3:
                marker = f"password_{len(self._environment)}"
                self._environment[marker] = variable(one.name, "password")
                self._names[one.password] = marker
            if not one.throwaway and len(one.token) >= 8 and one.credential:
                marker = f"token_{len(self._environment)}"
                self._environment[marker] = variable(one.name, one.credential[0][0])
                self._names[one.token] = marker
        texts = [target_text(line.step.call) + line.step.call.body.decode("utf-8", "replace") for line in self._script]
        for text in texts:
            for token in self._target.tokens_in(text):
                if token not in self._names:
                    self._names[token] = f"new_{len(self._tokens)}"
                    self._tokens.append((f"new_{len(self._tokens)}", len(token)))
        for line in self._script:
            for taken in line.takes:
                self._taken.setdefault(taken.value, taken.variable)

    def _body(self) -> list[str]:
        name = f"test_{self._found.claim.flaw.value.replace('-', '_')}_{self._mark[:8]}"
        rows = [f"def {name}():"]
        letters = "''.join(secrets.choice('abcdefghijklmnopqrstuvwxyz') for _ in range({length}))"
        steps: list[str] = []
        for number, line in enumerate(self._script, 1):
            steps += self._step(line, last=number == len(self._script))
        rows += [f"    KNOWN[{marker!r}] = {letters.format(length=length)}" for marker, length in self._tokens]
        used = "\n".join(steps)
        for marker, environment in self._environment.items():
            if "{{" + marker + "}}" in used:
                rows.append(f"    KNOWN[{marker!r}] = os.environ[{environment!r}].rpartition(' ')[2]")
        self._environment = {m: e for m, e in self._environment.items() if "{{" + m + "}}" in used or m.startswith("field_")}
        return [*rows, *steps, *self._expected(), "", "", 'if __name__ == "__main__":', f"    {name}()"]

    def _step(self, line: Line, last: bool) -> list[str]:
        one = line.step
        note = "prepares what follows" if line.setup else one.note
        rows = [f"    # {_safe(note)}"] if note else []
        sent = f"status, headers, answer = {self._sent(one.call)}"
        rows += [f"    for _ in range({one.times}):", f"        {sent}"] if one.times > 1 else [f"    {sent}"]
        if line.setup:
            rows.append(f"    assert status == {one.answer.status}, f'cannot be repeated here: {{status}} {{answer[:300]!r}}'")
        elif not last:
            rows += [f"    if status != {one.answer.status}:", "        return  # it is closed here"]
        rows += [f"    take({taken.variable!r}, {taken.pointer!r}, headers, answer)" for taken in line.takes]
        return rows

    def _sent(self, call: Call) -> str:
        fields = [f"({name!r}, {self._filled(value)!r})" for name, value in call.fields]
        one = self._target.identity(call.identity)
        token = one.token if one is not None and one.throwaway else ""
        for name, value in _credential(call, self._target):
            if value is None and token in self._taken and one is not None:
                whole = next(text for key, text in one.credential if key == name)
                fields.append(f"({name!r}, {whole.replace(token, '{{' + self._taken[token] + '}}')!r})")
            elif value is None:
                self._environment[f"field_{call.identity}_{name}"] = variable(call.identity, name)
                fields.append(f"({name!r}, os.environ[{variable(call.identity, name)!r}])")
            elif (owner := self._owner(name, value)) is not None:
                self._environment[f"field_{owner}_{name}"] = variable(owner, name)
                fields.append(f"({name!r}, os.environ[{variable(owner, name)!r}])")
            else:
                fields.append(f"({name!r}, {self._with_taken(value)!r})")
        if call.content_type:
            fields.append(f"('Content-Type', {call.content_type!r})")
        body = f", {self._content(call)!r}" if call.body else ""
        return f"send({call.method!r}, {self._target_text(call)!r}, [{', '.join(fields)}]{body})"

    def _owner(self, name: str, value: str) -> str | None:
        """The identity whose credential that is, as it stands; None where it is nobody's, or a throwaway's."""
        known = (one for one in self._target.identities.values() if not one.throwaway)
        return next((one.name for one in known if (name, value) in one.credential), None)

    def _with_taken(self, text: str) -> str:
        for value, marker in self._taken.items():
            if len(value) >= 8:
                text = text.replace(value, "{{" + marker + "}}")
        return self._filled(text)

    def _target_text(self, call: Call) -> str:
        segments = [
            "{{" + self._taken[value] + "}}" if (value := unquoted(part)) in self._taken else self._filled(part)
            for part in call.path.split("/")
        ]
        query = "&".join(
            f"{quoted(name)}=" + ("{{" + self._taken[value] + "}}" if value in self._taken else self._filled(quoted(value)))
            for name, value in call.query
        )
        return "/".join(segments) + (f"?{query}" if query else "")

    def _content(self, call: Call) -> str:
        tree = body_value(call)
        if tree is None or not call.content_type.startswith("application/json"):
            return self._filled(call.body.decode("utf-8", "surrogateescape"))
        text = json.dumps(self._replaced(tree))
        for marker in self._taken.values():
            text = text.replace('"{{#' + marker + '}}"', "{{" + marker + "}}")
        return self._filled(text)

    def _replaced(self, tree: Any) -> Any:
        if isinstance(tree, dict):
            return {name: self._replaced(part) for name, part in tree.items()}
        if isinstance(tree, list):
            return [self._replaced(part) for part in tree]
        if tree is None or isinstance(tree, bool) or str(tree) not in self._taken:
            return tree
        marker = self._taken[str(tree)]
        return "{{" + marker + "}}" if isinstance(tree, str) else "{{#" + marker + "}}"

    def _filled(self, text: str) -> str:
        for value in sorted(self._names, key=len, reverse=True):
            text = text.replace(value, "{{" + self._names[value] + "}}")
        return text

    def _expected(self) -> list[str]:
        """It is fixed when the last step does not answer as it did: with another status, or without what it showed."""
        last = self._found.claim.proof[-1]
        if self._found.claim.shows:
            texts = [self._filled(text) for text in self._found.claim.shows[:_SHOWN]]
            shows = " and ".join(f"fill({text!r}).encode() in everything" for text in texts)
            return [
                "    everything = str(headers).encode() + answer",
                f"    assert status != {last.answer.status} or not ({shows}), f'still answers {{status}}: {{answer[:300]!r}}'",
            ]
        pairs = [(name, self._taken_or_filled(value)) for name, value in self._telling(last)]
        if not pairs:
            return [f"    assert status != {last.answer.status}, f'still answers {{status}}: {{answer[:300]!r}}'"]
        shows = " and ".join(f"shown(answer, {name!r}, {value!r})" for name, value in pairs)
        return [f"    assert status != {last.answer.status} or not ({shows}), f'still answers {{status}}: {{answer[:300]!r}}'"]

    def _taken_or_filled(self, value: str) -> str:
        return "{{" + self._taken[value] + "}}" if value in self._taken else self._filled(value)

    def _telling(self, last: Exchanged) -> list[tuple[str, str]]:
        """Names and values in the last answer that tell: what the attack put there, what the run made, or a short message."""
        answered = [
            (_name(pointer), leaf) for pointer, leaf in leaves(last.answer.json()) if leaf is not None and _name(pointer)
        ]
        place = self._found.claim.place
        if place.startswith("body /"):
            spot = Place("body", place[5:])
            bare = Operation(id="", method="", template="/")
            sent = {str(bare.value(one.call, spot)) for one in self._found.claim.proof} - {"None"}
            mine = [(n, str(v)) for n, v in answered if n == _name(place) and str(v) in sent]
            if mine:
                return mine[:1]
        texts = [(name, str(leaf)) for name, leaf in answered if not _CHANGING & set(words(name))]
        known = self._names
        made = [
            pair for pair in texts if pair[1] in self._taken or any(one in known for one in self._target.tokens_in(pair[1]))
        ]
        if made:
            return made[:_SHOWN]
        return texts[:_SHOWN] if len(texts) <= 5 and all(len(text) <= 200 for _, text in texts) else []


def _name(pointer: str) -> str:
    return pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def _safe(text: str) -> str:
    """Text that can stand in a comment or docstring."""
    return "".join(one if one.isprintable() and one not in '\\"' else " " for one in text)[:400]
