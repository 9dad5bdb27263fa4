"""The variables of the rule language: which values each of them has in a transaction, and a rule's targets made ready.

Names and meanings follow the reference manual of ModSecurity 3, with one exception that the Core Rule Set relies on and that
version 2 has: REQUEST_BODY is there for forms and where a rule forces it, not for JSON, XML and multipart, whose values stand for
themselves. It must not know operators.
"""

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import unquote_to_bytes

import re2

from yett.formats.seclang.values import SecRule, Variable
from yett.formats.signs import PERCENT
from yett.rules.seclang.bodies import NOTHING
from yett.rules.seclang.transaction import Named, Transaction, cookie_pairs

Gather = Callable[[Transaction], Named]
KeyTest = Callable[[bytes], bool]

PERSISTENT = frozenset(("GLOBAL", "IP", "RESOURCE", "SESSION", "USER"))
"""Collections that outlive a transaction. There are none here: they are always empty."""


def _uri(t: Transaction) -> bytes:
    return unquote_to_bytes(t.uri) if PERCENT in t.uri else t.uri


def _request_uri(t: Transaction) -> bytes:
    """Decoded, without scheme and authority."""
    uri = _uri(t)
    if uri[:1] != b"/":
        start = uri.find(b"://")
        slash = uri.find(b"/", start + 3) if start >= 0 else -1
        if slash >= 0:
            return uri[slash:]
    return uri


def _filename(t: Transaction) -> bytes:
    path = t.uri.partition(b"?")[0]
    path = unquote_to_bytes(path) if PERCENT in path else path
    if path[:1] != b"/":
        start = path.find(b"://")
        slash = path.find(b"/", start + 3) if start >= 0 else -1
        return path[slash:] if slash >= 0 else path
    return path


def _basename(t: Transaction) -> bytes:
    path = _filename(t)
    return path[max(path.rfind(b"/"), path.rfind(b"\\")) + 1 :]


def _query(t: Transaction) -> bytes:
    return t.uri.partition(b"?")[2]


def _body_arguments(t: Transaction) -> list[tuple[bytes, bytes]]:
    return t.reading.arguments if t.has_body else []


def _containers(t: Transaction) -> list[bytes]:
    return t.reading.names if t.has_body else []


def _arguments(t: Transaction) -> list[tuple[bytes, bytes]]:
    return t.query_arguments() + _body_arguments(t)


def _cookies(t: Transaction) -> list[tuple[bytes, bytes]]:
    return [pair for name, value in t.fields if name.lower() == b"cookie" for pair in cookie_pairs(value)]


def _named(collection: str, pairs: Iterable[tuple[bytes, bytes]]) -> Named:
    prefix = collection.encode() + b":"
    return [(prefix + key, key.lower(), value) for key, value in pairs]


def _keys(collection: str, pairs: Iterable[tuple[bytes, bytes]]) -> Named:
    prefix = collection.encode() + b":"
    return [(prefix + key, key.lower(), key) for key, _ in pairs]


def _told_apart(t: Transaction, of: Callable[[str, Iterable[tuple[bytes, bytes]]], Named], names: str = "") -> Named:
    """Arguments of query and body. A name that both have says which is meant ("ARGS_GET:q", "ARGS_POST:q"), because an exception
    for one place is none for the other; all others are as ModSecurity has them ("ARGS:q")."""
    asked, sent = t.query_arguments(), _body_arguments(t)
    if names:
        sent = sent + [(name, b"") for name in _containers(t)]
    both = {name for name, _ in asked} & {name for name, _ in sent} if asked and sent else ()
    if not both:
        return of(f"ARGS{names}", asked + sent)
    found: Named = []
    for origin, pairs in (("_GET", asked), ("_POST", sent)):
        for pair in pairs:
            found += of(f"ARGS{origin if pair[0] in both else ''}{names}", (pair,))
    return found


def _body_text(t: Transaction) -> bytes:
    return t.body if t.has_body and (t.processor == b"URLENCODED" or (t.body_forced and not t.processor)) else b""


def _reading_error(t: Transaction) -> bytes:
    return b"1" if t.has_body and t.reading.error else b"0"


def _file_sizes(t: Transaction) -> list[tuple[bytes, bytes]]:
    return [(name, b"%d" % len(body)) for name, body in t.reading.file_contents] if t.has_body else []


def _number(of: Callable[[Transaction], int]) -> Callable[[Transaction], bytes]:
    return lambda t: b"%d" % of(t)


_SCALARS: dict[str, Callable[[Transaction], bytes]] = {
    "ARGS_COMBINED_SIZE": _number(lambda t: sum(len(name) + len(value) for name, value in _arguments(t))),
    "DURATION": lambda _: b"0",
    "FILES_COMBINED_SIZE": _number(lambda t: t.reading.files_size if t.has_body else 0),
    "HIGHEST_SEVERITY": _number(lambda t: t.severity),
    "INBOUND_DATA_ERROR": lambda _: b"0",
    "MATCHED_VAR": lambda t: t.matched[-1][1] if t.matched else b"",
    "MATCHED_VAR_NAME": lambda t: t.matched[-1][0] if t.matched else b"",
    "MULTIPART_STRICT_ERROR": lambda t: b"1" if t.has_body and t.reading.strict_error else b"0",
    "MULTIPART_UNMATCHED_BOUNDARY": lambda _: b"0",
    "OUTBOUND_DATA_ERROR": lambda _: b"0",
    "PATH_INFO": _filename,
    "QUERY_STRING": _query,
    "REMOTE_ADDR": lambda t: t.address,
    "REMOTE_HOST": lambda t: t.address,
    "REQBODY_ERROR": _reading_error,
    "REQBODY_ERROR_MSG": lambda t: t.reading.error.encode() if t.has_body else b"",
    "REQBODY_PROCESSOR": lambda t: t.processor,
    "REQBODY_PROCESSOR_ERROR": _reading_error,
    "REQUEST_BASENAME": _basename,
    "REQUEST_BODY": _body_text,
    "REQUEST_BODY_LENGTH": _number(lambda t: len(t.body) if t.has_body else 0),
    "REQUEST_FILENAME": _filename,
    "REQUEST_LINE": lambda t: t.line,
    "REQUEST_METHOD": lambda t: t.method,
    "REQUEST_PROTOCOL": lambda t: t.protocol,
    "REQUEST_URI": _request_uri,
    "REQUEST_URI_RAW": lambda t: t.uri,
    "RESPONSE_BODY": lambda t: t.response_body if t.has_response_body else b"",
    "RESPONSE_CONTENT_LENGTH": _number(lambda t: len(t.response_body)),
    "RESPONSE_CONTENT_TYPE": lambda t: next(
        (value for name, value in t.response_fields if name.lower() == b"content-type"), b""
    ),
    "RESPONSE_PROTOCOL": lambda t: t.response_protocol,
    "RESPONSE_STATUS": _number(lambda t: t.status),
    "SERVER_NAME": lambda t: t.field(b"host").rpartition(b":")[0] or t.field(b"host"),
    "STATUS_LINE": lambda t: b"%b %d" % (t.response_protocol, t.status),
    "UNIQUE_ID": lambda t: t.identifier,
}

_COLLECTIONS: dict[str, Callable[[Transaction], Named]] = {
    "ARGS": lambda t: _told_apart(t, _named),
    "ARGS_NAMES": lambda t: _told_apart(t, _keys, "_NAMES"),
    "ARGS_GET": lambda t: _named("ARGS_GET", t.query_arguments()),
    "ARGS_GET_NAMES": lambda t: _keys("ARGS_GET_NAMES", t.query_arguments()),
    "ARGS_POST": lambda t: _named("ARGS_POST", _body_arguments(t)),
    "ARGS_POST_NAMES": lambda t: _keys("ARGS_POST_NAMES", _body_arguments(t)),
    "FILES": lambda t: _named("FILES", t.reading.files) if t.has_body else [],
    "FILES_NAMES": lambda t: _keys("FILES_NAMES", t.reading.files) if t.has_body else [],
    "FILES_SIZES": lambda t: _named("FILES_SIZES", _file_sizes(t)),
    "FILES_TMP_CONTENT": lambda t: _named("FILES_TMP_CONTENT", t.reading.file_contents) if t.has_body else [],
    "MATCHED_VARS": lambda t: [(b"MATCHED_VARS:" + name, name.lower(), value) for name, value in t.matched],
    "MATCHED_VARS_NAMES": lambda t: [(b"MATCHED_VARS_NAMES:" + name, name.lower(), name) for name, _ in t.matched],
    "MULTIPART_PART_HEADERS": lambda t: _named("MULTIPART_PART_HEADERS", t.reading.part_heads if t.has_body else ()),
    "REQUEST_COOKIES": lambda t: _named("REQUEST_COOKIES", _cookies(t)),
    "REQUEST_COOKIES_NAMES": lambda t: _keys("REQUEST_COOKIES_NAMES", _cookies(t)),
    "REQUEST_HEADERS": lambda t: _named("REQUEST_HEADERS", t.fields),
    "REQUEST_HEADERS_NAMES": lambda t: _keys("REQUEST_HEADERS_NAMES", t.fields),
    "RESPONSE_HEADERS": lambda t: _named("RESPONSE_HEADERS", t.response_fields),
    "RESPONSE_HEADERS_NAMES": lambda t: _keys("RESPONSE_HEADERS_NAMES", t.response_fields),
    "TX": lambda t: [(b"TX:" + key, key, value) for key, value in t.tx.items()],
}

_CHANGING = frozenset(("TX", "MATCHED_VAR", "MATCHED_VAR_NAME", "MATCHED_VARS", "MATCHED_VARS_NAMES", "HIGHEST_SEVERITY"))
_CHANGING_WITH_CONTROLS = frozenset(("REQBODY_PROCESSOR", "REQUEST_BODY"))

KNOWN = frozenset(_SCALARS) | frozenset(_COLLECTIONS) | {"XML"} | PERSISTENT
"""All variables that have values here."""

SCALARS = frozenset(_SCALARS)


def scalar(rule: SecRule) -> Callable[[Transaction], bytes] | None:
    """The one value that a rule looks at; None where there may be more, or none."""
    if len(rule.variables) != 1 or rule.variables[0].count or rule.variables[0].exclude:
        return None
    return _SCALARS.get(rule.variables[0].collection)


def values_of(t: Transaction, collection: str) -> Named:
    """All values of a variable or collection, gathered once."""
    known = t.gathered.get(collection)
    if known is not None:
        return known
    scalar = _SCALARS.get(collection)
    if scalar is not None:
        name = collection.encode()
        found = [(name, b"", scalar(t))]
    elif collection in PERSISTENT:
        found = []
    else:
        found = _COLLECTIONS[collection](t)
    if collection not in _CHANGING and collection not in _CHANGING_WITH_CONTROLS and _is_there(t, collection):
        t.gathered[collection] = found
    return found


def _is_there(t: Transaction, collection: str) -> bool:
    """Whether what a collection holds is complete."""
    if collection.startswith(("RESPONSE", "STATUS_LINE")):
        return t.has_response_body
    return t.has_body or not collection.startswith(("FILES", "MULTIPART", "REQBODY", "REQUEST_BODY", "ARGS"))


def first_value(t: Transaction, collection: str, key: bytes | None) -> bytes:
    """What a macro of this name stands for: the first value, b"" where there is none."""
    if collection not in _SCALARS and collection not in _COLLECTIONS:
        return b""
    return next((value for _, own, value in values_of(t, collection) if key is None or key in ("", own)), b"")


def refusal(error: re2.error) -> str:
    """Why there is no matching a pattern."""
    told = error.args[0] if error.args else ""
    return f"it cannot be matched in linear time: {told.decode('utf-8', 'replace') if isinstance(told, bytes) else told}"


def key_test(variable: Variable) -> KeyTest | None:
    """Whether a (lower-case) key is one that the variable names; None where it names all. Raises ValueError for a pattern that
    cannot be matched in linear time."""
    if variable.pattern is not None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.log_errors = False
        try:
            search = re2.compile(b"(?si)" + variable.pattern, options).search
        except re2.error as error:
            raise ValueError(f"{variable}: {refusal(error)}") from None
        return lambda key: search(key) is not None
    if variable.selector is None:
        return None
    wanted = variable.selector.encode("utf-8", "surrogateescape").lower()
    return lambda key: key == wanted


def gather(variables: Sequence[Variable]) -> Gather:
    """All values that the targets of a rule name, in order, without those it leaves out. Raises ValueError for what is unknown."""
    left_out: dict[str, list[KeyTest | None]] = {}
    for variable in variables:
        if variable.exclude:
            left_out.setdefault(variable.collection, []).append(key_test(variable))
    parts = []
    for variable in variables:
        if not variable.exclude:
            part = _one(variable)
            tests = None if variable.count else left_out.get(variable.collection)
            parts.append(_without(part, tests) if tests else part)
    if len(parts) == 1:
        return parts[0]

    def all_of_them(t: Transaction) -> Named:
        found: Named = []
        for part in parts:
            found += part(t)
        return found

    return all_of_them


def _without(part: Gather, tests: list[KeyTest | None]) -> Gather:
    return lambda t: [one for one in part(t) if not any(test is None or test(one[1]) for test in tests)]


def _one(variable: Variable) -> Gather:
    collection = variable.collection
    if collection == "XML":
        return _xml(variable)
    if collection not in KNOWN:
        raise ValueError(f"the variable {collection} has no values here")
    test = None if collection in _SCALARS else key_test(variable)
    if variable.count:
        name = str(variable).encode("utf-8", "surrogateescape")
        if collection in _SCALARS:
            scalar = _SCALARS[collection]
            return lambda t: [(name, b"", b"1" if scalar(t) else b"0")]
        if test is None:
            return lambda t: [(name, b"", b"%d" % len(values_of(t, collection)))]
        return lambda t: [(name, b"", b"%d" % sum(1 for one in values_of(t, collection) if test(one[1])))]
    if test is None:
        return lambda t: values_of(t, collection)
    if collection == "TX" and variable.pattern is None:
        return _of_tx((variable.selector or "").encode("utf-8", "surrogateescape").lower())
    return lambda t: [one for one in values_of(t, collection) if test(one[1])]


def _of_tx(key: bytes) -> Gather:
    name = b"TX:" + key

    def found(t: Transaction) -> Named:
        value = t.tx.get(key)
        return [] if value is None else [(name, key, value)]

    return found


def _xml(variable: Variable) -> Gather:
    """The two expressions that rules use: the text of the document, and all its attributes."""
    path = variable.selector or "/*"
    name = f"XML:{path}".encode()
    if path == "/*":
        return lambda t: [(name, b"/*", text) for text in (t.reading if t.has_body else NOTHING).texts]
    if path == "//@*":
        return lambda t: [(name, b"//@*", text) for text in (t.reading if t.has_body else NOTHING).attributes]
    raise ValueError(f"the XPath expression {path!r} is not understood; /* and //@* are")
