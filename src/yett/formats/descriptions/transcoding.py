"""Path templates with patterns in them, as google.api.http and Envoy write them, as templates with plain parameters.

Sources: google/api/http.proto, "Path template syntax"; Envoy, extensions.path.match.uri_template.
"""


def transcoded(path: str) -> tuple[str, str]:
    """(pattern, template) of a path: "/v1/{name=shelves/*}:sort" is "/v1/shelves/{name}:sort"."""
    out, at = [], 0
    while at < len(path):
        end = path.find("}", at)
        if path[at] != "{" or end < 0:
            out.append(path[at])
            at += 1
            continue
        name, _, inner = path[at + 1 : end].partition("=")
        out.append(_variable(name.strip(), inner.strip() or "*"))
        at = end + 1
    template, star = "".join(out), "".join(out).find("**")
    if star >= 0:
        return "prefix", template[:star]
    segments = template.split("/")
    plain = [f"{{segment{number}}}" if segment == "*" else segment for number, segment in enumerate(segments)]
    return "template", "/".join(plain)


def _variable(name: str, inner: str) -> str:
    """A variable's own segments, each star named after it."""
    segments, stars = [], 0
    for segment in inner.split("/"):
        if segment == "*":
            stars += 1
            segment = f"{{{name}}}" if stars == 1 else f"{{{name}{stars}}}"
        segments.append(segment)
    return "/".join(segments)
