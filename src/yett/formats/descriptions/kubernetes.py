"""Kubernetes: Ingress, and the HTTPRoute, GRPCRoute and Gateway of the Gateway API, several documents in a file.

Sources: Kubernetes, networking.k8s.io/v1 Ingress (path types); Gateway API v1, HTTPRouteMatch, GRPCRouteMatch; ingress-nginx,
annotations auth-type, auth-url, auth-tls-secret and use-regex.
"""

from typing import Any

import msgspec

from yett.formats.descriptions.servers import host_pattern
from yett.formats.descriptions.values import MOST_HOSTS, Declared, Description, Gathering
from yett.formats.document import Document
from yett.formats.trees import ANY_METHOD, at, listed, mapped, text_of, texts_of

_INGRESS = ("networking.k8s.io/", "extensions/")
_GATEWAY = "gateway.networking.k8s.io/"
PARENTS, LISTENERS = 32, 64
"""Most of each that the Gateway API admits (maxItems)."""
_NGINX = "nginx.ingress.kubernetes.io/"
_PATHS = {"PathPrefix": "prefix", "Exact": "exact", "RegularExpression": "regex"}


class Part(msgspec.Struct, frozen=True):
    """One document of a file, with the number of lines before it."""

    document: Document
    before: int


class _Resource(msgspec.Struct, frozen=True):
    part: Part
    tree: dict[str, Any]
    pointer: str

    def line(self, pointer: str = "") -> int:
        return self.part.document.position(self.pointer + pointer)[0] + self.part.before


def read_kubernetes(source: str, parts: list[Part]) -> Description:
    """parts: the documents of one file, lists unrolled here. Never raises for what stands in them."""
    gathering = Gathering(source)
    resources = [resource for part in parts for resource in _resources(part)]
    reader = _Reader(gathering, [one for one in resources if one.tree.get("kind") == "Gateway"])
    for resource in resources:
        version, kind = text_of(resource.tree.get("apiVersion")), resource.tree.get("kind")
        if kind == "Ingress" and version.startswith(_INGRESS):
            reader.ingress(resource)
        elif kind in ("HTTPRoute", "GRPCRoute") and version.startswith(_GATEWAY):
            reader.route(resource, kind == "GRPCRoute")
    return gathering.description("kubernetes")


def _resources(part: Part) -> list[_Resource]:
    tree = mapped(part.document.tree)
    if text_of(tree.get("kind")).endswith("List") and isinstance(tree.get("items"), list):
        return [_Resource(part, mapped(item), f"/items/{index}") for index, item in enumerate(tree["items"])]
    return [_Resource(part, tree, "")]


def _hosts(names: list[str]) -> tuple[str, ...]:
    found = (host_pattern(name) for name in names)
    return tuple(dict.fromkeys(name for name in found if name))[:MOST_HOSTS]


class _Reader:
    def __init__(self, gathering: Gathering, gateways: list[_Resource]) -> None:
        self.gathering = gathering
        self.gateways = {text_of(at(one.tree, "metadata", "name")): mapped(one.tree.get("spec")) for one in gateways}

    def _declare(self, line: int, **members: Any) -> None:
        self.gathering.declare(Declared(place=f"line {line}", origin="gateway", **members))

    def ingress(self, resource: _Resource) -> None:
        spec = mapped(resource.tree.get("spec"))
        annotations = mapped(at(resource.tree, "metadata", "annotations"))
        security = _annotated(annotations)
        regex = text_of(annotations.get(f"{_NGINX}use-regex")) == "true"
        default = _backend(mapped(spec.get("defaultBackend", spec.get("backend"))))
        if default:
            line = resource.line("/spec")
            self._declare(line, kind="route", method="", template="/", pattern="prefix", service=default, security=security)
        for number, rule in enumerate(listed(spec.get("rules"))):
            hosts = _hosts(texts_of(mapped(rule).get("host")))
            for index, entry in enumerate(listed(at(rule, "http", "paths"))):
                place = f"/spec/rules/{number}/http/paths/{index}"
                path, kind = text_of(mapped(entry).get("path")) or "/", mapped(entry).get("pathType")
                pattern = "exact" if kind == "Exact" else "prefix"
                if regex and kind != "Exact":
                    pattern, path = "regex", f"(?i)^{path}"
                self._declare(
                    resource.line(place),
                    kind="route",
                    method="",
                    template=path,
                    pattern=pattern,
                    whole=kind == "Prefix",
                    hosts=hosts,
                    service=_backend(mapped(mapped(entry).get("backend"))),
                    security=security,
                )

    def route(self, resource: _Resource, grpc: bool) -> None:
        spec = mapped(resource.tree.get("spec"))
        hosts = _hosts(texts_of(spec.get("hostnames"))) or self._of_gateways(spec)
        for number, rule in enumerate(listed(spec.get("rules"))):
            place = f"/spec/rules/{number}"
            backends = [text_of(mapped(one).get("name")) for one in listed(mapped(rule).get("backendRefs"))]
            service = "+".join(dict.fromkeys(name for name in backends if name))
            for index, match in enumerate(listed(mapped(rule).get("matches")) or [{}]):
                line = resource.line(f"{place}/matches/{index}")
                found = _grpc_match(mapped(match)) if grpc else _http_match(mapped(match))
                if found is None:
                    self.gathering.problem("how this route matches paths is not known", line)
                    continue
                self._declare(line, hosts=hosts, service=service, **found)

    def _of_gateways(self, spec: dict[str, Any]) -> tuple[str, ...]:
        """The host names of the listeners that a route without any is attached to, where they stand in the same file."""
        names: list[str] = []
        for parent in listed(spec.get("parentRefs"))[:PARENTS]:
            gateway = self.gateways.get(text_of(mapped(parent).get("name")), {})
            section = mapped(parent).get("sectionName")
            for listener in listed(gateway.get("listeners"))[:LISTENERS]:
                if section in (None, mapped(listener).get("name")):
                    names += texts_of(mapped(listener).get("hostname")) or [""]
        return () if "" in names else _hosts(names)


def _http_match(match: dict[str, Any]) -> dict[str, Any] | None:
    path = mapped(match.get("path"))
    pattern = _PATHS.get(text_of(path.get("type")) or "PathPrefix")
    if pattern is None:
        return None
    value = text_of(path.get("value")) or "/"
    method = text_of(match.get("method")).upper() or ANY_METHOD[0]
    return {"kind": "route", "method": method, "template": value, "pattern": pattern, "whole": pattern == "prefix"}


def _grpc_match(match: dict[str, Any]) -> dict[str, Any] | None:
    method = mapped(match.get("method"))
    service, name = text_of(method.get("service")), text_of(method.get("method"))
    if text_of(method.get("type")) not in ("", "Exact"):
        expression = f"^/{service or '[^/]+'}/{name or '[^/]+'}$"
        return {"kind": "grpc", "method": "POST", "template": expression, "pattern": "regex"}
    if service and name:
        return {"kind": "grpc", "method": "POST", "template": f"/{service}/{name}", "pattern": "exact"}
    template = f"/{service}/" if service else f"/{{service}}/{name}" if name else "/"
    return {"kind": "grpc", "method": "POST", "template": template, "pattern": "template" if name else "prefix"}


def _backend(backend: dict[str, Any]) -> str:
    return (
        text_of(at(backend, "service", "name"))
        or text_of(backend.get("serviceName"))
        or text_of(at(backend, "resource", "name"))
    )


def _annotated(annotations: dict[str, Any]) -> tuple[str, ...] | None:
    """How ingress-nginx authenticates; None where nothing says so."""
    found = []
    kind = text_of(annotations.get(f"{_NGINX}auth-type"))
    if kind:
        found.append(kind)
    if text_of(annotations.get(f"{_NGINX}auth-url")):
        found.append("request")
    verify = text_of(annotations.get(f"{_NGINX}auth-tls-verify-client")) or "on"
    if text_of(annotations.get(f"{_NGINX}auth-tls-secret")) and verify == "on":
        found.append("mutualTLS")
    return ("+".join(sorted(found)),) if found else None
