"""Envoy: the routes of every virtual host, wherever they stand: listeners, route configurations, dumps of a running Envoy.

Source: Envoy v3 API, config.route.v3.RouteConfiguration, VirtualHost, Route, RouteMatch.
"""

from collections.abc import Iterator
from typing import Any

from yett.formats.descriptions.servers import host_pattern
from yett.formats.descriptions.transcoding import transcoded
from yett.formats.descriptions.values import MOST_HOSTS, Declared, Description, Gathering
from yett.formats.document import Document
from yett.formats.trees import ANY_METHOD, at, listed, mapped, text_of, walk


def read_envoy(document: Document) -> Description:
    """document: a bootstrap, a route configuration, or a dump. Never raises for what stands in it."""
    gathering = Gathering(document.file)
    reader = _Routes(document, gathering)
    for pointer, tree in walk(document.tree):
        for key in ("virtual_hosts", "virtualHosts"):
            for index, host in enumerate(listed(tree.get(key))):
                reader.virtual_host(mapped(host), f"{pointer}/{key}/{index}")
    return gathering.description("envoy")


class _Routes:
    def __init__(self, document: Document, gathering: Gathering) -> None:
        self.document, self.gathering = document, gathering

    def virtual_host(self, host: dict[str, Any], pointer: str) -> None:
        domains = [text_of(domain) for domain in listed(host.get("domains"))]
        found = (host_pattern(domain) for domain in domains if "*" not in domains)
        hosts = tuple(dict.fromkeys(name for name in found if name))[:MOST_HOSTS]
        for index, route in enumerate(listed(host.get("routes"))):
            self._route(mapped(route), hosts, f"{pointer}/routes/{index}")

    def _route(self, route: dict[str, Any], hosts: tuple[str, ...], pointer: str) -> None:
        match = mapped(route.get("match"))
        found = _pattern(match)
        if found is None:
            self.gathering.locate(self.document, f"{pointer}/match", "how this route matches paths is not known")
            return
        status = at(route, "direct_response", "status") or at(route, "directResponse", "status")
        if isinstance(status, int) and status >= 400:
            return  # it lets nothing through
        pattern, path, whole = found
        grpc = "grpc" in match
        for method in _methods(match) or (("POST",) if grpc else ANY_METHOD):
            self.gathering.declare(
                Declared(
                    kind="grpc" if grpc else "route",
                    method=method,
                    template=path,
                    pattern=pattern,
                    whole=whole,
                    hosts=hosts,
                    service=_cluster(route),
                    operation_id=text_of(route.get("name")),
                    place=pointer,
                    origin="gateway",
                )
            )


def _pattern(match: dict[str, Any]) -> tuple[str, str, bool] | None:
    """(pattern, path, whether a prefix ends at the end of a segment)."""
    flag = match.get("case_sensitive", match.get("caseSensitive", True))
    for key in ("prefix", "path", "path_separated_prefix", "pathSeparatedPrefix"):
        if isinstance(match.get(key), str):
            path = match[key]
            if flag is False:
                return "regex", f"(?i)^{_escaped(path)}" + ("$" if key == "path" else ""), False
            return ("exact" if key == "path" else "prefix"), path, key.startswith("path_") or key == "pathSeparatedPrefix"
    regex = at(match, "safe_regex", "regex") or at(match, "safeRegex", "regex") or match.get("regex")
    if isinstance(regex, str):
        return "regex", f"^(?:{regex})$", False  # Envoy asks for the whole path
    template = at(match, "path_match_policy", "typed_config", "path_template")
    template = template or at(match, "pathMatchPolicy", "typedConfig", "pathTemplate")
    if isinstance(template, str):
        return (*transcoded(template), False)
    return ("prefix", "/", False) if "connect_matcher" in match else None


def _escaped(path: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "/-_" else f"\\{letter}" for letter in path)


def _methods(match: dict[str, Any]) -> tuple[str, ...]:
    """Methods that a matcher of `:method` names; none where there is no such matcher."""
    found: list[str] = []
    for header in listed(match.get("headers")):
        if mapped(header).get("name") == ":method":
            found += _exact(mapped(header))
    return tuple(dict.fromkeys(found))


def _exact(header: dict[str, Any]) -> Iterator[str]:
    matcher = mapped(header.get("string_match", header.get("stringMatch")))
    exact = header.get("exact_match", header.get("exactMatch", matcher.get("exact")))
    if isinstance(exact, str):
        yield exact
    regex = at(matcher, "safe_regex", "regex") or at(header, "safe_regex_match", "regex")
    if isinstance(regex, str):
        yield from (one for one in regex.strip("^$()").split("|") if one.isalpha())


def _cluster(route: dict[str, Any]) -> str:
    action = mapped(route.get("route"))
    weighted = mapped(action.get("weighted_clusters", action.get("weightedClusters")))
    names = [text_of(mapped(one).get("name")) for one in listed(weighted.get("clusters"))]
    return text_of(action.get("cluster")) or "+".join(name for name in names if name)
