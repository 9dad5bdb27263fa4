"""What guards that authenticate say when they refuse: the reason to the record, nothing of it to the caller.

Whether a credential is unknown, expired, revoked or malformed makes no difference to the answer, so that nobody learns from
it which credentials exist. It must not know any method of authentication.
"""

from collections.abc import Callable

from yett.model.decision import Denial
from yett.model.policy import Struct

TITLE = "The credentials were not accepted."
BUSY_TITLE = "Credentials cannot be verified at the moment."


def refuser(rule: str, place: str, challenge: bytes = b"") -> Callable[[str], Denial]:
    """A function from a reason to a 401. challenge: only where it says more than that of the guard's step, which is added
    to the answer otherwise (RFC 9110, 15.5.2)."""
    fields = ((b"WWW-Authenticate", challenge),) if challenge else ()

    def refuse(reason: str) -> Denial:
        return Denial(rule, 401, reason, place=place, title=TITLE, fields=fields)

    return refuse


def unavailable(rule: str, place: str, reason: str, retry_after: int, title: str = BUSY_TITLE) -> Denial:
    """A 503: the fault is ours, so it is neither 401 nor 403, and clients must not throw their credentials away."""
    fields = ((b"Retry-After", b"%d" % retry_after),)
    return Denial(rule, 503, reason, place=place, title=title, fields=fields)


def quoted(text: str) -> bytes:
    """`text` as a quoted string of a challenge. Raises ValueError for what is not printable ASCII."""
    if not (text.isascii() and text.isprintable()):
        raise ValueError("only printable ASCII can stand in a challenge")
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


class Grant(Struct, frozen=True, kw_only=True):
    """Scopes and roles that come with being who one is."""

    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
