"""nginx: the locations of a configuration that is read as a tree of directives.

Only what is written is known: variables are not evaluated, and included files are read only where the caller has them. Sources:
nginx, "Configuration file's structure", ngx_http_core_module (location, server_name, limit_except), ngx_http_auth_basic_module,
ngx_http_auth_request_module, ngx_http_auth_jwt_module, ngx_http_ssl_module.
"""

import re
from collections.abc import Iterator

import msgspec

from yett.formats.descriptions.servers import host_pattern
from yett.formats.descriptions.values import MOST_HOSTS, Declared, Description, Gathering, Others

MAX_NESTING = 32
MOST_DIRECTIVES = 1_000_000
MOST_INCLUDES = 100
LONGEST = 16 << 20
"""Octets of a configuration."""

_WORD = re.compile(
    r"""(?P<gap>\s++|\#[^\n]*+)|(?P<mark>[{};])|"(?P<double>(?:[^"\\]|\\.)*+)"|'(?P<single>(?:[^'\\]|\\.)*+)'"""
    r"""|(?P<word>(?:[^\s{};"'\\$]|\\.|\$\{[^}\n]*+\}|\$|(?<=[^\s{};])["'])++)""",
    re.DOTALL,
)
_PASSES = ("proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass")
_CONTENT = (*_PASSES, "root", "alias", "try_files", "return", "content_by_lua_block", "js_content")
_BLOCKED = re.compile(r"(?:4\d\d|444|5\d\d)")
_BRACE = re.compile(r"[{}]")


class Directive(msgspec.Struct):
    """One directive: its name and arguments, the line where it begins, and what stands in its braces (None without braces)."""

    name: str
    arguments: list[str]
    line: int
    block: "list[Directive] | None" = None


class _Unreadable(Exception):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def read_nginx(source: str, text: str, others: Others) -> Description:
    """Read a configuration, or a part of one such as a file in conf.d. Never raises."""
    gathering = Gathering(source)
    tree, problem = directives(text)
    if problem is not None:
        gathering.problem(str(problem), problem.line)
    reader = _Reader(gathering, others)
    reader.level(tree, _Scope(), 0)
    return gathering.description("nginx")


def directives(text: str) -> tuple[list[Directive], _Unreadable | None]:
    """The directives of a text, as far as they can be read, and what ends them."""
    top: list[Directive] = []
    stack, opened = [top], list[Directive]()
    words: list[str] = []
    started = line = 1
    count = 0
    try:
        for kind, word, line in _words(text):
            if kind != "mark":
                started = started if words else line
                words.append(word)
                continue
            if word == "}":
                if words or len(stack) == 1:
                    raise _Unreadable('a ";" is missing before "}"' if words else 'a "}" that closes nothing', line)
                stack.pop()
                opened.pop()
                continue
            if not words:
                raise _Unreadable(f'a "{word}" without a directive before it', line)
            count += 1
            if count > MOST_DIRECTIVES:
                raise _Unreadable(f"more than {MOST_DIRECTIVES} directives", line)
            found = Directive(words[0], words[1:], started, [] if word == "{" else None)
            stack[-1].append(found)
            words = []
            if found.block is not None:
                if len(stack) > MAX_NESTING:
                    raise _Unreadable(f"nested deeper than {MAX_NESTING}", line)
                stack.append(found.block)
                opened.append(found)
    except _Unreadable as unreadable:
        return top, unreadable
    if words:
        return top, _Unreadable('the file ends before a ";"', line)
    if opened:
        return top, _Unreadable(f'nothing closes the "{{" of {opened[-1].name!r}', opened[-1].line)
    return top, None


def _words(text: str) -> Iterator[tuple[str, str, int]]:
    """(kind, word, line): kind is "mark" for braces and semicolons. Raises _Unreadable."""
    at, line = 0, 1
    first = ""  # word of the directive
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise _Unreadable("a quotation mark that nothing closes", line)
        kind = found.lastgroup or ""
        if kind == "mark":
            yield kind, found[0], line
            if found[0] == "{" and first.endswith("_by_lua_block"):
                end = _end_of_lua(text, found.end(), line)
                line += text.count("\n", at, end)
                yield "mark", "}", line
                at, first = end + 1, ""
                continue
            first = ""
        elif kind in ("double", "single"):
            first = first or kind
            yield kind, re.sub(r"\\(.)", r"\1", found[kind]), line
        elif kind != "gap":
            first = first or found[0]
            yield kind, found[0], line
        line += found[0].count("\n")
        at = found.end()


def _end_of_lua(text: str, at: int, line: int) -> int:
    """Where the brace stands that closes a block of Lua, whose own braces are balanced."""
    depth = 1
    for found in _BRACE.finditer(text, at):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return found.start()
    raise _Unreadable("a block of Lua without end", line)


class _Scope(msgspec.Struct, frozen=True):
    """What holds for the locations of a block, inherited from those around it."""

    hosts: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    service: str = ""
    methods: tuple[str, ...] = ()
    blocked: bool = False


class _Reader:
    def __init__(self, gathering: Gathering, others: Others) -> None:
        self.gathering, self.others = gathering, others
        self.includes = 0

    def level(self, block: list[Directive], scope: _Scope, depth: int) -> None:
        """Everything in one block. depth: of included files in one another."""
        scope = _scope(block, scope)
        for directive in block:
            if directive.name == "include":
                self._include(directive, scope, depth)
            elif directive.name == "server" and directive.block is not None:
                self._server(directive.block, scope, depth)
            elif directive.name == "location" and directive.block is not None:
                self._location(directive, directive.block, scope, depth)
            elif directive.block is not None and directive.name in ("http", "if"):
                self.level(directive.block, scope, depth)

    def _server(self, block: list[Directive], scope: _Scope, depth: int) -> None:
        hosts: dict[str, None] = {}
        for directive in block:
            if directive.name != "server_name":
                continue
            for name in directive.arguments:
                if name.startswith("~"):
                    self.gathering.problem("a server_name as a regular expression is not read", directive.line)
                    continue
                host = host_pattern(f"*{name}" if name.startswith(".") else name)
                if name not in ("_", "") and "$" not in name and host and len(hosts) < MOST_HOSTS:
                    hosts[host] = None
        inner = msgspec.structs.replace(scope, hosts=tuple(hosts))
        before = len(self.gathering.declared)
        self.level(block, inner, depth)
        own = _scope(block, inner)
        if len(self.gathering.declared) == before and own.service:  # a server that passes everything on by itself
            self._declare("prefix", "/", own, block[0].line)

    def _location(self, directive: Directive, block: list[Directive], scope: _Scope, depth: int) -> None:
        modifier, path = directive.arguments if len(directive.arguments) == 2 else ("", *directive.arguments[:1], "")[:2]
        if (not path and modifier == "") or len(directive.arguments) not in (1, 2):
            self.gathering.problem("a location has a path and at most one modifier", directive.line)
            return
        inner = _scope(block, msgspec.structs.replace(scope, service="", blocked=False, methods=()))
        nested = [one for one in block if one.name == "location"]
        names = {one.name for one in block}
        if path.startswith("@") or "internal" in names:
            return
        if nested or "include" in names:
            self.level([one for one in block if one.name in ("location", "include")], inner, depth)
        if inner.blocked or (nested and names.isdisjoint(_CONTENT)):
            return
        if modifier in ("~", "~*"):
            self._declare("regex", f"(?i){path}" if modifier == "~*" else path, inner, directive.line)
        elif modifier in ("", "^~", "="):
            self._declare("exact" if modifier == "=" else "prefix", path, inner, directive.line)
        else:
            self.gathering.problem(f"{modifier!r} is not a modifier of a location", directive.line, hint="=, ~, ~* or ^~")

    def _declare(self, pattern: str, path: str, scope: _Scope, line: int) -> None:
        for method in scope.methods or ("",):
            self.gathering.declare(
                Declared(
                    kind="route",
                    method=method,
                    template=path,
                    pattern=pattern,
                    hosts=scope.hosts,
                    service=scope.service,
                    security=scope.security or None,
                    place=f"line {line}",
                    origin="gateway",
                )
            )

    def _include(self, directive: Directive, scope: _Scope, depth: int) -> None:
        name = directive.arguments[0] if directive.arguments else ""
        if name.endswith("mime.types") or name.rpartition("/")[2].endswith("_params"):
            return  # types and parameters of upstream protocols declare no location
        self.includes += 1
        octets = self.others(name) if depth < 4 and self.includes <= MOST_INCLUDES else None
        if octets is None:
            self.gathering.problem(f"include {name} was not read", directive.line, hint="name that file as a source, too")
            return
        tree, problem = directives(octets[:LONGEST].decode("utf-8", "replace"))
        if problem is not None:
            self.gathering.problem(f"{name}, line {problem.line}: {problem}", directive.line)
        self.level(tree, scope, depth + 1)


def _scope(block: list[Directive], scope: _Scope) -> _Scope:
    """What a block says of itself, on top of what it inherits."""
    service, methods, blocked = scope.service, scope.methods, scope.blocked
    security = list(scope.security)
    optional, allows = False, any(one.name == "allow" for one in block)
    for directive in block:
        name, arguments = directive.name, directive.arguments or [""]
        if name in _PASSES:
            authority = (arguments[0].partition("://")[2] or arguments[0]).partition("/")[0]
            service = host_pattern(authority) or authority
        elif name in ("auth_basic", "auth_jwt", "auth_request", "auth_digest"):
            scheme = name.removeprefix("auth_")
            security = [one for one in security if one != scheme] + ([] if arguments[0] == "off" else [scheme])
        elif name == "ssl_verify_client":
            security = [one for one in security if one != "mutualTLS"] + (["mutualTLS"] if arguments[0] == "on" else [])
        elif name == "satisfy":
            optional = arguments[0] == "any"
        elif name == "limit_except" and any(one.name == "deny" and one.arguments == ["all"] for one in directive.block or ()):
            methods = tuple(dict.fromkeys([*arguments, *(["HEAD"] if "GET" in arguments else [])]))
        elif (name == "return" and _BLOCKED.fullmatch(arguments[0])) or (name == "deny" and arguments[0] == "all"):
            blocked = not allows
    found = tuple(dict.fromkeys(security))
    if found and optional:
        found = (*found, "none")
    elif len(found) > 1 and "none" not in found:
        found = ("+".join(sorted(found)),)
    return _Scope(scope.hosts, found, service, methods, blocked)
