"""Content-type allow-list: the media types that request bodies may have.

A body in a type that nobody expects reaches parsers that nobody hardened: XML with external entities where JSON was meant,
serialised objects, forms that browsers send across origins without asking. With `content_types: {allow: [application/json]}` a
request with a body of another type, or without Content-Type, gets 415. The answer names what is accepted: Accept-Patch for
PATCH (RFC 5789, 2.2), Accept-Post for POST (Linked Data Platform 1.0, 7.1), Accept for others (RFC 9110, 12.5.1).

`image/*` allows every subtype, `application/*+json` every subtype with that suffix. Parameters such as charset do not count.

To fix a refusal: send the right Content-Type, or add the type to the list of the service or operation.

What it does not protect against: a body that is not what its Content-Type says; validation against the contract sees to that.
"""

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from yett.model.decision import Denial, Evaluation, Mode, Stage
from yett.model.exchange import View
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step

MediaType = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9!#$&^_.+-]{1,127}/(\*(\+[A-Za-z0-9]{1,32})?|[A-Za-z0-9!#$&^_.+-]{1,127})$")
]  # RFC 6838, 4.2

_POLICY = 'content_types: {allow: [application/json, "application/*+json"]}'
_POST = "POST /orders HTTP/1.1\nHost: api.example\n"

RULE = Rule(
    id="content-type-allow-list",
    title="Content types that may be sent",
    severity=Severity.MEDIUM,
    setting="content_types",
    per_operation=False,
    owasp=("API8:2023",),
    cwe=(436, 611),
    references=("RFC 9110, 15.5.16", "RFC 5789, 2.2", "https://www.w3.org/TR/ldp/#header-accept-post"),
    matches=(
        Example(request=_POST + "Content-Type: application/xml\n\n<a/>", policy=_POLICY, note="XML where JSON is meant"),
        Example(request=_POST + "\n{}", policy=_POLICY, note="a body that does not say what it is"),
    ),
    passes=(
        Example(request=_POST + "Content-Type: application/json; charset=utf-8\n\n{}", policy=_POLICY),
        Example(request=_POST + "Content-Type: application/merge-patch+json\n\n{}", policy=_POLICY),
        Example(request=_POST + "Content-Length: 0\n\n", policy=_POLICY, note="there is no body"),
    ),
)

_ACCEPT = {"POST": b"Accept-Post", "PATCH": b"Accept-Patch"}


class Options(Struct, frozen=True, kw_only=True):
    """`content_types: {allow: [application/json, "image/*"]}`"""

    allow: Annotated[tuple[MediaType, ...], Meta(min_length=1, max_length=64)]
    mode: Mode = Mode.ENFORCE

    def __post_init__(self) -> None:
        if any("\n" in media_type for media_type in self.allow):
            raise ValueError("a media type ends with a line break")


def prepare(options: Options, scope: Scope) -> Prepared:  # noqa: ARG001
    allowed = _matcher([media_type.lower() for media_type in options.allow])
    accepted = ", ".join(options.allow).encode()

    def check(view: View, evaluation: Evaluation) -> Denial | None:  # noqa: ARG001
        fields = view.fields
        if b"transfer-encoding" not in fields and fields.get(b"content-length", b"0").strip(b"0") == b"":
            return None
        value = fields.get(b"content-type")
        if value is not None and allowed(value.partition(b";")[0].strip(b"\t ").lower()):
            return None
        reason = "a body without content type" if value is None else "a content type that is not in the list"
        sample = "" if value is None else value[:128].decode("latin-1")
        answer = ((_ACCEPT.get(view.method, b"Accept"), accepted),)
        return Denial(RULE.id, 415, reason, "header Content-Type", sample, fields=answer)

    return Prepared(steps=(Step(Stage.VALIDATE_HEAD, check),), mode=options.mode)


def _matcher(patterns: list[str]) -> Callable[[bytes], bool]:
    exact = frozenset(pattern.encode() for pattern in patterns if "*" not in pattern)
    ranges = tuple((start.encode(), end.encode()) for start, star, end in (p.partition("*") for p in patterns) if star)

    def matches(media_type: bytes) -> bool:
        if media_type in exact:
            return True
        return any(
            media_type.startswith(start) and media_type.endswith(end) and len(media_type) > len(start) + len(end)
            for start, end in ranges
        )

    return matches
