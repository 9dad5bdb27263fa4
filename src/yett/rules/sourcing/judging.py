"""Judgements that several rules share: what a text is for, and whether its beginning keeps the caller's part harmless.

It must not know rules.
"""

from yett.rules.sourcing.sinks import HOLE, UNKNOWN
from yett.rules.sourcing.words import parts, words

_VERBS = (
    "select ",
    "insert ",
    "update ",
    "delete ",
    "create ",
    "drop ",
    "alter ",
    "replace ",
    "merge ",
    "with ",
    "exec ",
    "call ",
    "pragma ",
    "attach ",
    "truncate ",
    "grant ",
    "explain ",
    "copy ",
)
_CLAUSES = (
    " from ",
    " where ",
    " set ",
    " values",
    " and ",
    " or ",
    " order by ",
    " like ",
    " in (",
    " limit ",
    " having ",
    " join ",
    "=",
)
_DATABASE = words("cursor cur conn connection db database session engine dbsession sql sqlite pg mysql dao curs crsr con c")


def is_sql(text: str) -> bool:
    """Whether a text with holes is a statement of SQL, or a part of one."""
    plain = " ".join(text.lower().replace(HOLE, " ").replace(UNKNOWN, " ").split()) + " "
    if plain.startswith(_VERBS):
        return True
    return sum(one in f" {plain}" for one in _CLAUSES) > 1 and len(plain) > 10


def is_database(callee: str) -> bool:
    """Whether a method is one of something called like a database's connection."""
    return bool(parts(callee.rpartition(".")[0].replace("?", "")) & _DATABASE)


def anchored(head: str) -> bool:
    """Whether an address begins so that what follows cannot name another host (RFC 3986, 3.2): a host that ends, or a beginning
    that is not the caller's."""
    if not head:
        return False
    if head.startswith(UNKNOWN):
        return True
    scheme, slashes, rest = head.partition("://")
    if slashes:
        return "/" in rest or "?" in rest or UNKNOWN in rest or "#" in rest
    if head.startswith("//"):
        return "/" in head[2:]
    return (
        bool(scheme.strip())
        and not scheme.rstrip().endswith(":")
        and "/" in scheme[:1] + scheme[1:]
        and head not in ("/", "\\")
    )
