"""Layouts of log lines as their owners wrote them, taken apart: `log_format` of nginx, `LogFormat` of Apache, Envoy's format
strings, and `$context` of AWS API Gateway, which looks like nginx's.

Sources: nginx, ngx_http_log_module; Apache httpd 2.4, mod_log_config; Envoy, "Access logging"; AWS, "Variables for access logging
for API Gateway". It must not know what lines look like.
"""

import re
from collections.abc import Callable, Iterator

from yett.formats.recordings.logs.names import role_of, titled
from yett.formats.recordings.logs.patterns import BadLayout, Part, Variable

LONGEST = 16_384
"""Characters of a layout."""

_DIRECTIVE = re.compile(
    r"\s*(?:log_format\s+[\w.-]+\s+(?:escape=(\w+)\s+)?|LogFormat\s+|access_log_format\s*[:=]\s*)(.*)",
    re.DOTALL | re.IGNORECASE,
)
_QUOTED = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*+)'|"((?:[^"\\]|\\.)*+)")""", re.DOTALL)
_NGINX = re.compile(r"\$(?:\{([A-Za-z0-9_.-]+)\}|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*))")
_APACHE = re.compile(r"%(?:!?[0-9,]*)([<>]?)(?:\{([^}]*)\})?([A-Za-z%]|\^[A-Za-z]{2})")
_ENVOY = re.compile(r"%([A-Z][A-Z0-9_]*)(?:\(([^)]*)\))?(?::([0-9]+))?%")

_APACHE_ROLES = {
    "a": "address", "h": "address?", "b": "size", "B": "size", "O": "size?", "D": "took:us", "H": "version", "m": "method",
    "q": "marked_query", "r": "request", "s": "status", "t": "time:common", "T": "took:s", "u": "user", "U": "path", "v": "host?",
    "V": "host?", "L": "id",
}  # fmt: skip
_APACHE_TIMES = {"sec": "time:s", "msec": "time:ms", "usec": "time:us", "msec_frac": "", "usec_frac": ""}
_APACHE_UNITS = {"s": "took:s", "ms": "took:ms", "us": "took:us"}
_ENVOY_ROLES = {
    "PROTOCOL": "version", "RESPONSE_CODE": "status", "BYTES_SENT": "size", "DURATION": "took:ms", "STREAM_ID": "id?",
    "DOWNSTREAM_REMOTE_ADDRESS": "peer", "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT": "address", "START_TIME": "time:iso",
    "REQUESTED_SERVER_NAME": "host?", "DOWNSTREAM_PEER_SUBJECT": "user?",
}  # fmt: skip
_ENVOY_FIELDS = {":METHOD": "method", ":PATH": "target", ":AUTHORITY": "host", ":SCHEME": "scheme", "HOST": "host"}
_LISTED = re.compile("upstream_(?!http_|cache|cookie|trailer)[a-z_]+")


def unwrapped(text: str) -> tuple[str, bool]:
    """The layout itself, of a directive as it stands in a configuration, and whether its values are escaped as JSON."""
    if len(text) > LONGEST:
        raise BadLayout(f"longer than {LONGEST} characters")
    match = _DIRECTIVE.match(text)
    if match is None:
        return text, False
    rest, pieces = match[2], []
    at = 0
    while (quoted := _QUOTED.match(rest, at)) is not None:
        pieces.append(re.sub(r"\\(.)", r"\1", quoted[1] if quoted[1] is not None else quoted[2]))
        at = quoted.end()
    return ("".join(pieces) if pieces else rest.strip().rstrip(";")), match[1] == "json"


def nginx(text: str) -> list[Part]:
    """Raises BadLayout."""
    return _parts(text, _NGINX, _nginx_variable)


def apache(text: str) -> list[Part]:
    """Raises BadLayout."""
    return _parts(text.replace('\\"', '"'), _APACHE, _apache_variable)


def envoy(text: str) -> list[Part]:
    """Raises BadLayout."""
    return _parts(text.rstrip("\n"), _ENVOY, _envoy_variable)


def _parts(text: str, pattern: "re.Pattern[str]", variable: "Callable[[re.Match[str]], Part]") -> list[Part]:
    found = list(_joined(_cut(text, pattern, variable)))
    if not any(isinstance(part, Variable) for part in found):
        raise BadLayout("there is no variable in it")
    return found


def _cut(text: str, pattern: "re.Pattern[str]", variable: "Callable[[re.Match[str]], Part]") -> Iterator[Part]:
    at = 0
    for match in pattern.finditer(text):
        yield text[at : match.start()]
        yield variable(match)
        at = match.end()
    yield text[at:]


def _joined(parts: Iterator[Part]) -> Iterator[Part]:
    """Neighbouring literals are one; empty ones are none."""
    literal = ""
    for part in parts:
        if isinstance(part, str):
            literal += part
            continue
        if literal:
            yield literal
        literal = ""
        yield part
    if literal:
        yield literal


def variable_role(name: str) -> str:
    """The role of a variable of nginx, or of `$context` and `$input` of API Gateway."""
    if name == "is_args":
        return name
    if name == "request_time":
        return "took:s"
    if name in ("request_length", "upstream_status"):
        return ""
    if name.startswith("context."):
        if name in ("context.requestTime", "context.requestTimeEpoch"):
            return "time:common" if name == "context.requestTime" else "time:ms"
        return role_of(name.removeprefix("context.").replace(".", "_"))
    return role_of(name)


def _nginx_variable(match: "re.Match[str]") -> Part:
    name = match[1] or match[2]
    role = variable_role(name)
    spaces = 1 if role == "time:common" else 0
    return Variable(role, spaces=spaces, listed=_LISTED.fullmatch(name) is not None, at=match.start())


def _apache_variable(match: "re.Match[str]") -> Part:
    final, argument, letter = match[1], match[2], match[3]
    if letter == "%":
        return "%"
    role, spaces = _APACHE_ROLES.get(letter, ""), 0
    if letter == "t":
        role, spaces = _apache_time(argument)
    elif letter == "T" and argument:
        role = _APACHE_UNITS.get(argument, "")
    elif letter == "a" and argument:  # of the connection, where mod_remoteip is in use
        role = "address?"
    elif letter in ("i", "o") and argument:
        field = titled(argument)
        role = (
            "host"
            if field == "Host" and letter == "i"
            else f"{'field' if letter == 'i' else 'answer'}:{field}"
            if field
            else ""
        )
    elif letter == "e" and argument == "UNIQUE_ID":
        role = "id"
    elif letter == "s" and final == "<":  # before an internal redirect
        role = "status?"
    return Variable(role, spaces=spaces, at=match.start())


def _apache_time(argument: str | None) -> tuple[str, int]:
    if not argument:
        return "time:common", 1
    argument = argument.removeprefix("begin:").removeprefix("end:")
    if argument in _APACHE_TIMES:
        return _APACHE_TIMES[argument], 0
    return "time:iso", argument.count(" ")


def _envoy_variable(match: "re.Match[str]") -> Part:
    name, argument = match[1], match[2] or ""
    role, spaces = _ENVOY_ROLES.get(name, ""), 0
    if name in ("REQ", "REQUEST_HEADER", "REQ_WITHOUT_QUERY"):
        role = _envoy_field(argument)
        if name == "REQ_WITHOUT_QUERY" and role == "target":
            role = "path"
    elif name in ("RESP", "RESPONSE_HEADER"):
        role = f"answer:{titled(argument.partition('?')[0])}"
    elif name == "START_TIME":
        spaces = argument.count(" ")
        role = "time:s" if argument == "%s" else "time:ms" if argument == "%s%3f" else role
    return Variable(role, spaces=spaces, at=match.start())


def _envoy_field(argument: str) -> str:
    names = [name.upper() for name in argument.split("?") if name]
    for name in names:
        if name in _ENVOY_FIELDS:
            return _ENVOY_FIELDS[name]
    if names == ["X-REQUEST-ID"]:
        return "id"
    field = titled(names[0]) if names else ""
    return f"field:{field}" if field else ""
