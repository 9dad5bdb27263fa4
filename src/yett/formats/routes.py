"""Routes as frameworks write them, to path templates with `{name}` for each parameter: one spelling whatever saw the route.

It must not know where a route came from. Sources: the route syntaxes in the documentation of Starlette and FastAPI ("{id:int}"),
Flask and Werkzeug ("<int:id>"), Django ("<int:pk>", regular expressions), Express, Rails, Gin and Echo (":id", "*rest",
"(.:format)"), chi and gorilla/mux ("{id:[0-9]+}"), Go's ServeMux ("GET /a/{id}", "{rest...}", "{$}"), ASP.NET ("{id:int?}",
"{*rest}"), Spring ("{*rest}", "**"), Next.js and SvelteKit ("[id]", "[...rest]").
"""

import re

LONGEST = 2_048
_WORD = re.compile(r"[^\W\d][\w\-]{0,63}|\d[\w\-]{0,63}")
_COLON = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)(?:\([^()]*\))?[?*+]?")


def template(route: str) -> str:
    """The path template of a route, "" where it has none that could be told for sure. Begins with "/"."""
    if len(route) > LONGEST or not route.isprintable():
        return ""
    route = route.strip()
    if route.startswith(("^", r"\A")) or "(?P<" in route:
        return _expression(route)
    method, space, rest = route.partition(" ")
    if space and method.isupper() and rest.startswith("/"):  # "GET /orders/{id}", as Go's ServeMux has it
        route = rest
    out: list[str] = []
    at = 0
    while at < len(route):
        found = _parameter(route, at, out)
        if found is None:
            return ""
        part, at = found
        out.append(part)
    made = "".join(out)
    return made if made.startswith("/") else "/" + made


def _parameter(route: str, at: int, before: list[str]) -> tuple[str, int] | None:
    """What stands at a place, as a template has it, and where it ends. None where it has no end."""
    sign = route[at]
    if sign in r"?|\^$#":
        return None
    if route.startswith("{$}", at):
        return "", at + 3
    if sign in "{<[":
        end = _closed(route, at, {"{": "}", "<": ">", "[": "]"}[sign])
        if end < 0:
            return None
        name = _name(route[at + 1 : end], sign)
        return (f"{{{name}}}", end + 1) if name else None
    follows = not before or before[-1].endswith(("/", ".", "-"))
    if sign == ":" and follows:
        found = _COLON.match(route, at)
        return (f"{{{found[1]}}}", found.end()) if found is not None else (":", at + 1)
    if sign == "*" and follows:
        end = at + 1
        while end < len(route) and route[end] == "*":
            end += 1
        word = _WORD.match(route, end)
        return ("{" + (word[0] if word is not None else "rest") + "}", word.end() if word is not None else end)
    if sign == "(":  # an optional part, such as Rails' "(.:format)"
        end = _closed(route, at, ")")
        return ("", end + 1) if end > 0 and route[at + 1] in "./" else None
    return sign, at + 1


def _closed(route: str, at: int, closing: str) -> int:
    """Where the bracket that opens at a place is closed, -1 where it is not."""
    opening, depth = route[at], 0
    for place in range(at, len(route)):
        if route[place] == opening:
            depth += 1
        elif route[place] == closing:
            depth -= 1
            if not depth:
                return place
    return -1


def _name(inside: str, sign: str) -> str:
    """The name in a parameter: "int:id" of Flask and Django, "id:int" of all others, with signs for rest and optional."""
    if sign == "<":
        inside = inside.rpartition(":")[2]
    else:
        inside = inside.strip("[]").partition(":")[0].partition("=")[0].removeprefix("...")
    inside = inside.lstrip("*").rstrip("?*+").removesuffix("...").strip()
    return inside if _WORD.fullmatch(inside) is not None else ""


def _expression(route: str) -> str:
    """A regular expression of named groups and literal text. Anything else says too little, so it gives ""."""
    route = route.removeprefix("^").removeprefix(r"\A").removesuffix("$").removesuffix(r"\Z").removesuffix(r"\z")
    out: list[str] = []
    at = 0
    while at < len(route):
        if route.startswith("(?P<", at):
            end = _closed(route, at, ")")
            name = route[at + 4 :].partition(">")[0]
            if end < 0 or _WORD.fullmatch(name) is None:
                return ""
            out.append(f"{{{name}}}")
            at = end + 1
        elif route[at] == "\\" and route[at + 1 : at + 2] in tuple("-./_"):
            out.append(route[at + 1])
            at += 2
        elif route[at] in r"\()[]*+.|^$":
            return ""
        elif route[at] == "?":  # "/?": what stands before it may be missing
            if not out or out.pop() != "/":
                return ""
            at += 1
        else:
            out.append(route[at])
            at += 1
    made = "".join(out)
    return made if made.startswith("/") else "/" + made
