"""How anybody repeats a proof: a pytest file that needs nothing but Python. Credentials come from the environment.

The file makes first what the proof rests on, with new names, so that it runs on any instance. It must not know probes.
"""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from yett.engine.probing.curls import credential_of, variable
from yett.engine.probing.leaner import lean
from yett.engine.probing.outcome import Found
from yett.engine.probing.provenance import Line, basic_of, cookies_of, leaves, lines
from yett.engine.probing.script_parts import BEGIN, pieces
from yett.engine.probing.signs import Shown, ending
from yett.formats.names import words
from yett.model.probe import Call, Exchanged, Forged
from yett.rules.probing.encoding import body_value, quoted, target_text, unquoted
from yett.rules.probing.identity import Identity
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.sensitive import opens
from yett.rules.probing.target import Target

_SHOWN = 3
"""Values of an answer that tell that a hole is still there."""
_CHANGING = frozenset(
    ("token", "jwt", "session", "time", "timestamp", "date", "expires", "hash", "at", "nonce", "secret", "key")
)
"""Words in names of values that are others in every run."""
SIGNING = "YETT_SIGNING_SECRET"
"""The environment variable that holds the secret with which the target signs its tokens, where that is the hole."""

_ABOUT = '''"""{title}: {label}{place}

{text}

Run it with `python -m pytest FILE` (or `python FILE`) against a running target; it fails as long as the hole is there.
Environment: YETT_TARGET (default {origin}){variables}
"""

'''


def reproducer(found: Found, target: Target, mark: str, trace: Sequence[Exchanged] = ()) -> str:
    """A whole Python file: makes what is needed, sends the steps of the proof, and fails while the last still shows the
    hole."""
    claim = found.claim
    if not claim.proof:
        return ""
    return _Writer(found, target, mark, lines(_first(claim.proof, target), _first(trace, target, True), target)).text()


def _first(steps: Sequence[Exchanged], target: Target, always: bool = False) -> list[Exchanged]:
    """The steps as they would be had no probe changed the passwords of throwaway users; changes of passwords stay, and unless
    `always` so do steps among which there is one."""
    changing = {(one.method, len(one.segments)) for one in target.find("password")}
    if not any(one.throwaway and one.registered for one in target.identities.values()):
        return list(steps)
    changes = [(one.call.method, len(one.call.path.strip("/").split("/"))) in changing for one in steps]
    if any(changes) and not always:
        return list(steps)
    return [
        one if change else msgspec.structs.replace(one, call=_with_first_passwords(one.call, target))
        for one, change in zip(steps, changes, strict=True)
    ]


def _with_first_passwords(call: Call, target: Target) -> Call:
    """The call as it would be had no probe changed the passwords of throwaway users: a repetition registers them anew."""
    body = call.body
    for one in target.identities.values():
        if one.throwaway and one.registered and one.password:
            body = body.replace(one.password.encode(), one.registered.encode())
    return msgspec.structs.replace(call, body=body) if body != call.body else call


class _Writer:
    def __init__(self, found: Found, target: Target, mark: str, script: list[Line]) -> None:
        self._found, self._target, self._mark, self._script = found, target, mark, script
        self._names: dict[str, str] = {}
        """What stands in texts, to the marker that replaces it: longest first when used."""
        self._environment: dict[str, str] = {}
        self._tokens: list[tuple[str, int]] = []
        self._taken: dict[str, str] = {}
        self._forged: dict[str, Forged] = {}
        self._made: set[str] = set()

    def text(self) -> str:
        claim, origin = self._found.claim, self._target.origin
        self._collect()
        body = "\n".join(self._body()) + "\n"
        modules, parts = pieces(body)
        begin = "\n".join(f"import {name}" for name in modules) + "\n" + BEGIN.format(origin=origin)
        method = claim.method or (self._found.operation.method if self._found.operation else "")
        template = claim.template or (self._found.operation.template if self._found.operation else "")
        variables = set(self._environment.values()) | ({"YETT_LISTEN"} if claim.sign.kind == "called" else set())
        about = _ABOUT.format(
            title=_safe(self._found.rule.title),
            label=_safe(f"{method} {template}".strip()),
            place=_safe(f" ({claim.place})" if claim.place else ""),
            text=_safe(claim.text),
            origin=origin,
            variables="".join(f", {name}" for name in sorted(variables)),
        )
        return f"{about}{begin}\n{parts}\n\n{body}"

    def _collect(self) -> None:
        """Everything in the calls that is another value in another run."""
        for number, forged in enumerate(self._found.claim.forged):
            self._names[forged.text] = f"forged_{number}"
            self._forged[f"forged_{number}"] = forged
        for one in self._target.identities.values():
            if not one.throwaway and len(one.password) > 3:
                marker = f"password_{len(self._environment)}"
                self._environment[marker] = variable(one.name, "password")
                self._names[one.password] = marker
            if not one.throwaway and len(one.token) >= 8 and one.credential:
                marker = f"token_{len(self._environment)}"
                self._environment[marker] = variable(one.name, one.credential[0][0])
                self._names[one.token] = marker
        self._collect_listener()
        pointers = "\n".join(taken.pointer for line in self._script for taken in line.takes)
        for text in (pointers, *self._texts()):
            for token in self._target.tokens_in(text):
                if token not in self._names:
                    self._names[token] = f"new_{len(self._tokens)}"
                    self._tokens.append((f"new_{len(self._tokens)}", len(token)))
        for line in self._script:
            for taken in line.takes:
                self._taken.setdefault(taken.value, taken.variable)

    def _texts(self) -> list[str]:
        """What the calls of the script say."""
        return [target_text(one.call) + one.call.body.decode("utf-8", "replace") for one in self._sent_steps()]

    def _sent_steps(self) -> list[Exchanged]:
        steps = [line.step for line in self._script]
        return [*steps, *self._found.claim.control[:1]] if self._found.claim.sign.kind in ("apart", "slower") else steps

    def _collect_listener(self) -> None:
        """The address of this run's listener, whole and in parts."""
        sign = self._found.claim.sign
        if sign.kind != "called" or not sign.names:
            return
        bare = sign.names[0].partition("://")[2]
        authority, _, path = bare.partition("/")
        host, _, port = authority.rpartition(":")
        self._names |= {bare: "listener", quoted(bare): "listener_quoted"} if quoted(bare) != bare else {bare: "listener"}
        self._names[path] = "listener_name"
        self._taken |= {host: "listener_host", port: "listener_port", f"/{path}": "listener_path"}

    def _body(self) -> list[str]:
        name = f"test_{self._found.claim.flaw.value.replace('-', '_')}_{self._mark[:8]}"
        letters = "''.join(secrets.choice('bcdfghjklmnpqrstvwxz') for _ in range({length}))"
        steps: list[str] = []
        single = self._found.claim.sign.kind in ("apart", "slower", "together", "unlimited", "called")
        for line in (one for one in self._script[:-1] if one.setup or one.takes or not single):
            steps += self._step(line)
        steps += self._ending()
        rows = [f"def {name}():"]
        rows += ["    name = listen()"] if self._found.claim.sign.kind == "called" else []
        rows += [f"    KNOWN[{marker!r}] = {letters.format(length=length)}" for marker, length in self._tokens]
        used = "\n".join(steps)
        for marker, environment in self._environment.items():
            if "{{" + marker + "}}" in used and not marker.startswith("field_"):
                rows.append(f"    KNOWN[{marker!r}] = os.environ[{environment!r}].rpartition(' ')[2]")
        self._environment = {m: e for m, e in self._environment.items() if "{{" + m + "}}" in used or m.startswith("field_")}
        return [*rows, *steps, "", "", 'if __name__ == "__main__":', f"    {name}()"]

    def _ending(self) -> list[str]:
        """The last step, and what tells whether the hole is there."""
        claim, line = self._found.claim, self._script[-1]
        note = [f"    # {_safe(line.step.note)}"] if line.step.note else []
        rows = [*self._forges(line.step.call), *note]
        control = claim.control[0] if claim.control else None
        other = self._arguments(control.call) if control is not None and claim.sign.kind in ("apart", "slower") else ""
        shows = [self._filled(text) for text in claim.shows[:_SHOWN]]
        pairs = [] if shows else [(name, self._taken_or_filled(value)) for name, value in self._telling(line.step)]
        return rows + ending(claim.sign, self._arguments(line.step.call), other, Shown(line.step, shows, pairs))

    def _forges(self, call: Call) -> list[str]:
        """Rows that make the tokens which a call carries."""
        sent = target_text(call) + call.body.decode("utf-8", "replace") + "".join(value for _, value in call.credential or ())
        rows: list[str] = []
        for marker, one in self._forged.items():
            if one.text not in sent or marker in self._made:
                continue
            self._made.add(marker)
            if one.secret:
                self._environment["field_secret"] = SIGNING
            key = f"os.environ[{SIGNING!r}].encode()" if one.secret else repr(one.key)
            rows.append(
                f"    forge({marker!r}, {self._original(one)}, {self._in_tree(one.header)!r}, {one.claims!r}, {one.how!r}, {key})"
            )
        return rows

    def _original(self, one: Forged) -> str:
        """The expression that gives the token of which another one is made."""
        if one.original in self._taken:
            return f"KNOWN[{self._taken[one.original]!r}]"
        owner = self._target.identity(one.identity)
        header = next((name for name, value in owner.credential if one.original in value), "") if owner is not None else ""
        self._environment[f"field_{one.identity}_{header}"] = variable(one.identity, header)
        return f"token_in(os.environ[{variable(one.identity, header)!r}])"

    def _in_tree(self, tree: Any) -> Any:
        if isinstance(tree, dict):
            return {name: self._in_tree(part) for name, part in tree.items()}
        return self._filled(tree) if isinstance(tree, str) else tree

    def _step(self, line: Line) -> list[str]:
        one = line.step
        note = "prepares what follows" if line.setup else one.note
        rows = [*self._forges(one.call), *([f"    # {_safe(note)}"] if note else [])]
        call = lean(one.call, tuple(taken.pointer for taken in line.takes)) if line.setup else one.call
        sent = f"status, headers, answer = send({self._arguments(call)})"
        if one.times > 1:
            rows += [f"    for _ in range({one.times}):", f"        {sent}"]
            rows += [
                f"        if status != {one.answer.status} or limited(status, headers):",
                "            return  # it is closed",
            ]
            return rows
        rows.append(f"    {sent}")
        failed = "raise Unrepeatable(f'{status} {answer[:300]!r}')" if line.setup else "return  # it is closed here"
        rows += [f"    if status != {one.answer.status}:", f"        {failed}"]
        for taken in line.takes:
            rows += [
                f"    if not take({taken.variable!r}, {self._filled(taken.pointer)!r}, headers, answer):",
                f"        {failed}",
            ]
        if self._found.claim.sign.kind == "grown":
            rows.append("    before = answer")
        return rows

    def _arguments(self, call: Call) -> str:
        """What `send` is called with, as Python."""
        fields = [f"({name!r}, {self._filled(value)!r})" for name, value in call.fields]
        one = self._target.identity(call.identity)
        for name, value in credential_of(call, self._target):
            had = self._had(one, name) if value is None and one is not None and one.throwaway else ""
            pair = basic_of(call, self._target) if value is None and name.lower() == "authorization" else ""
            if had:
                fields.append(f"({name!r}, {had!r})")
            elif pair:
                fields.append(f"({name!r}, basic({self._filled(pair)!r}))")
            elif value is None:
                self._environment[f"field_{call.identity}_{name}"] = variable(call.identity, name)
                fields.append(f"({name!r}, os.environ[{variable(call.identity, name)!r}])")
            else:
                fields.append(f"({name!r}, {self._credential(call.identity, name, value)})")
        if call.content_type:
            fields.append(f"('Content-Type', {call.content_type!r})")
        body = f", {self._content(call)!r}" if call.body else ""
        return f"{call.method!r}, {self._target_text(call)!r}, [{', '.join(fields)}]{body}"

    def _had(self, one: Identity, name: str) -> str:
        """The credential of a user whom the script registers, with what answers gave in it; "" where none gave it."""
        whole = next((text for key, text in one.credential if key == name), "")
        known = cookies_of(whole).values() if name.lower() == "cookie" else (one.token,)
        made = whole
        for value in sorted((value for value in known if value in self._taken), key=len, reverse=True):
            made = made.replace(value, "{{" + self._taken[value] + "}}")
        return made if made != whole else ""

    def _credential(self, identity: str, name: str, value: str) -> str:
        """A credential that a probe made, as an expression: out of the one that it is made of, where it is."""
        owner = self._owner(name, value)
        if owner is not None:
            self._environment[f"field_{owner}_{name}"] = variable(owner, name)
            return f"os.environ[{variable(owner, name)!r}]"
        for marker, forged in self._forged.items():
            maker = self._target.identity(forged.identity)
            own = next((text for key, text in maker.credential if key == name), "") if maker is not None else ""
            if maker is not None and not maker.throwaway and value == own.replace(forged.original, forged.text):
                held = f"os.environ[{variable(maker.name, name)!r}]"
                return f"{held}.replace(token_in({held}), KNOWN[{marker!r}])"
        filled = self._with_taken(value)
        if filled == value and not self._target.ours(value):
            self._environment[f"field_{identity}_{name}"] = variable(identity, name)
            return f"os.environ[{variable(identity, name)!r}]"
        return repr(filled)

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
        texts = [(name, str(leaf)) for name, leaf in answered if not _CHANGING & set(words(name)) and not opens(name, leaf)]
        known = self._names
        made = [
            pair for pair in texts if pair[1] in self._taken or any(one in known for one in self._target.tokens_in(pair[1]))
        ]
        if made:
            return made[:_SHOWN]
        return texts[:_SHOWN] if len(texts) <= 5 and all(len(text) <= 200 for _, text in texts) else []


def _name(pointer: str) -> str:
    """The name of a leaf; an item of a list has that of the list."""
    named = next((part for part in reversed(pointer.split("/")) if not part.isdecimal()), "")
    return named.replace("~1", "/").replace("~0", "~")


def _safe(text: str) -> str:
    """Text that can stand in a comment or docstring."""
    return "".join(one if one.isprintable() and one not in '\\"' else " " for one in text)[:400]
