"""Layouts of log lines: those that everybody has, and those that somebody wrote.

A `Layout` reads the lines of one log. It must not know where lines come from.
"""

import json
import re
from collections.abc import Iterable, Iterator

from yett.formats.recordings.json_lines import split_lines
from yett.formats.recordings.logs.dialects import apache, envoy, nginx, unwrapped
from yett.formats.recordings.logs.making import NO_HOST, SENSOR, Maker
from yett.formats.recordings.logs.patterns import BadLayout, Part, Variable, compiled
from yett.formats.recordings.values import Recording

LONGEST_LINE = 1 << 20
"""Bytes of a line of a log; no server writes lines as long."""

_ENVOY_MARK = re.compile("%[A-Z][A-Z0-9_]+(?:\\([^)]*\\))?(?::[0-9]+)?%")
_VARIABLE = re.compile(r"\$\{?[A-Za-z0-9_.]+\}?")
_BARE = re.compile(r"(:\s*)(\$\{?[A-Za-z0-9_.]+\}?)(?=\s*[,}\]])")


class Layout:
    """Lines that are all written in one way. name: for people and for `Exchange.source`.

    keys: the role of each key, of a layout of JSON; `matches` and `record` are for those of text.
    """

    def __init__(self, name: str, parts: list[Part], escaped: bool = True, more: bool = False) -> None:
        self.name = name
        self._escaped = escaped
        self._pattern, self.roles = compiled(parts, escaped, more)
        self.matches = self._pattern.fullmatch
        missing = self.maker(NO_HOST).missing
        if missing:
            raise BadLayout(f"it does not have {missing}")

    def maker(self, host: bytes) -> Maker:
        return Maker(self.roles, self.name, host, self._escaped)


class KeyedLayout:
    """Objects of JSON whose keys somebody named: the path of each key ("request.uri") with its role."""

    def __init__(self, name: str, keys: dict[str, str]) -> None:
        self.name = name
        self.keys = keys
        missing = Maker(tuple(keys.values()), name).missing
        if missing:
            raise BadLayout(f"it does not have {missing}")


def read_layout(
    pieces: Iterable[bytes], layout: Layout, started: float, host: bytes = NO_HOST, largest: int = LONGEST_LINE
) -> Iterator[Recording]:
    """One Recording for each line that is neither empty nor a comment. In a known layout, a line may be in any other known one.

    started: for lines that do not say when, in seconds since the epoch. host: of lines that name none. A line of more than
    `largest` bytes is an error and is not kept.
    """
    matches, make = layout.matches, layout.maker(host).make
    others = _Others(layout, host)
    for number, line in enumerate(split_lines(pieces, largest), 1):
        if line is None:
            yield Recording(id=str(number), error=f"line {number} is larger than {largest} bytes", sensor=SENSOR)
            continue
        found = matches(line)
        if found is not None:
            yield make(found.groups(), number, started)
        elif line.strip() and line[:1] != b"#":
            yield others.made(line, number, started) or Recording(
                id=str(number), error=f"line {number}: not in the log format {layout.name}", sensor=SENSOR
            )


class _Others:
    """The other known layouts, for lines of a log whose format was changed, or which two servers write."""

    def __init__(self, layout: Layout, host: bytes) -> None:
        others = [one for one in KNOWN if one is not layout] if layout in KNOWN else []
        self._layouts = [(one.matches, one.maker(host).make) for one in others]

    def made(self, line: bytes, number: int, started: float) -> Recording | None:
        for matches, make in self._layouts:
            found = matches(line)
            if found is not None:
                return make(found.groups(), number, started)
        return None


def layout_of(text: str, name: str = "as given") -> Layout | KeyedLayout:
    """A layout that somebody wrote, as it stands in a configuration: `log_format` of nginx with or without the directive,
    `LogFormat` of Apache, a format string of Envoy, `$context` of API Gateway; JSON of any of them; or the name of a known one.
    Raises BadLayout."""
    known = NAMED.get(text.strip().lower())
    if known is not None:
        return known
    layout, _ = unwrapped(text)
    if layout.lstrip().startswith("{") and not layout.lstrip().startswith("{$"):
        return _keyed(layout, name)
    if _ENVOY_MARK.search(layout):
        return Layout(name, envoy(layout), escaped=False)
    if "%" in layout and "$" not in layout:
        return Layout(name, apache(layout))
    if "$" in layout:
        return Layout(name, nginx(layout))
    raise BadLayout(
        f"neither variables ($request, %r, %RESPONSE_CODE%) nor the name of a known format: {', '.join(sorted(NAMED))}"
    )


def _keyed(text: str, name: str) -> KeyedLayout:
    try:
        found = json.loads(_BARE.sub(r'\1"\2"', text))
    except (ValueError, RecursionError):
        raise BadLayout("it begins like JSON, and is none") from None
    keys: dict[str, str] = {}
    waiting = [("", found)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{path}.{key}" if path else key, inner) for key, inner in value.items()]
        elif isinstance(value, str):
            role = _single(value)
            if role:
                keys[path] = role
    return KeyedLayout(name, dict(sorted(keys.items())))


def _single(value: str) -> str:
    """The role of a value that is one variable."""
    parts: list[Part] = []
    if _ENVOY_MARK.fullmatch(value):
        parts = envoy(value)
    elif _VARIABLE.fullmatch(value):
        parts = nginx(value)
    return parts[0].role if len(parts) == 1 and isinstance(parts[0], Variable) else ""


def _with_identity(parts: list[Part]) -> list[Part]:
    """Where the second value may be one, too, the user is a single word: otherwise a line with a host before it would do."""
    return [Variable("user?") if isinstance(part, Variable) and part.role == "user" else part for part in parts]


_COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
_COMBINED = f'{_COMMON} "$http_referer" "$http_user_agent"'
_VHOST = f"$host {_COMBINED}"
_ENVOY_TEXT = (
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% '
    '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" '
    '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"'
)
_ISTIO_TEXT = _ENVOY_TEXT.replace(
    "%RESPONSE_FLAGS% ",
    '%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" ',
)
_ALB = (
    "$alb_type $timestamp $alb_name $downstream_remote_address $alb_target $alb_t1 $alb_t2 $alb_t3 $elb_status_code $alb_ts "
    '$alb_received $sent_bytes "$request" "$http_user_agent" $alb_cipher $alb_tls $alb_group "$alb_trace" "$domain_name"'
)
_ELB = (
    "$timestamp $elb_name $downstream_remote_address $elb_target $elb_t1 $elb_t2 $elb_t3 $elb_status_code $elb_ts $elb_received "
    '$sent_bytes "$request" "$http_user_agent" $elb_cipher $elb_tls'
)
_GATEWAY = (
    "$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "
    '"$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId'
)
_HAPROXY = (
    "$downstream_remote_address [$time_local] $h_front $h_back $h_timers $status $bytes_sent $h_cookie $h_answer $h_end $h_counts "
    '$h_queues "$request"'
)
_UVICORN = 'INFO:     $downstream_remote_address - "$request" $status'
_DJANGO = '[$time_local] "$request" $status $body_bytes_sent'
KNOWN = (
    Layout("alb", nginx(_ALB), more=True),
    Layout("elb", nginx(_ELB), more=True),
    Layout("istio", envoy(_ISTIO_TEXT), escaped=False, more=True),
    Layout("envoy", envoy(_ENVOY_TEXT), escaped=False, more=True),
    Layout("combined", nginx(_COMBINED), more=True),
    Layout("vhost_combined", nginx(_VHOST), more=True),
    Layout("common", nginx(_COMMON), more=True),
    Layout("vhost_common", nginx(f"$host {_COMMON}"), more=True),
    Layout("ncsa", _with_identity(nginx(_COMMON.replace(" - ", " $ident "))), more=True),
    Layout("haproxy", nginx(_HAPROXY), more=True),
    Layout("uvicorn", nginx(_UVICORN), more=True),
    Layout("django", nginx(_DJANGO), more=True),
)
"""Layouts of text that are known by themselves, the one that says more before the one that says less. What follows such a line
after a space, as many configurations append it, is passed over."""
API_GATEWAY = Layout("api-gateway", nginx(_GATEWAY), more=True)
"""Has the common log format, with a template in place of the path."""
NAMED = {layout.name: layout for layout in (*KNOWN, API_GATEWAY)}
