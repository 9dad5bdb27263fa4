"""Kong: services, routes and the plugins that authenticate, from a declarative configuration.

Sources: Kong Gateway, "Declarative configuration format" 1.1 to 3.0; "How to configure routes" (paths, regular expressions).
"""

import re
from typing import Any

from yett.formats.descriptions.servers import host_pattern, split_url
from yett.formats.descriptions.values import MOST_HOSTS, Declared, Description, Gathering
from yett.formats.document import Document
from yett.formats.trees import ANY_METHOD, listed, mapped, text_of, texts_of

_AUTHENTICATION = {
    "basic-auth": "basic",
    "hmac-auth": "hmac",
    "jwt": "jwt",
    "jwt-signer": "jwt",
    "key-auth": "apiKey",
    "key-auth-enc": "apiKey",
    "ldap-auth": "ldap",
    "ldap-auth-advanced": "ldap",
    "mtls-auth": "mutualTLS",
    "oauth2": "oauth2",
    "oauth2-introspection": "oauth2",
    "openid-connect": "openIdConnect",
    "saml": "saml",
    "session": "session",
    "vault-auth": "vault",
}
_PLAIN = re.compile(r"[A-Za-z0-9._~/%:-]*")


def read_kong(document: Document) -> Description:
    """document: a declarative configuration. Never raises for what stands in it."""
    gathering = Gathering(document.file)
    tree = mapped(document.tree)
    reader = _Reader(document, gathering, tree)
    for index, service in enumerate(listed(tree.get("services"))):
        name = text_of(mapped(service).get("name"))
        for place, route in enumerate(listed(mapped(service).get("routes"))):
            reader.route(mapped(route), mapped(service), f"/services/{index}/routes/{place}")
        reader.services[name] = mapped(service)
    for index, route in enumerate(listed(tree.get("routes"))):
        named = mapped(route).get("service")
        name = text_of(mapped(named).get("name")) or text_of(named)
        if name and name not in reader.services:
            gathering.locate(document, f"/routes/{index}/service", f"there is no service {name!r}")
        reader.route(mapped(route), reader.services.get(name, {"name": name}), f"/routes/{index}")
    return gathering.description("kong", text_of(tree.get("_format_version")))


class _Reader:
    def __init__(self, document: Document, gathering: Gathering, tree: dict[str, Any]) -> None:
        self.document, self.gathering = document, gathering
        self.plugins: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for plugin in listed(tree.get("plugins")):
            for owner in _owners(mapped(plugin)):
                self.plugins.setdefault(owner, []).append(mapped(plugin))
        self.marked = text_of(tree.get("_format_version")) >= "3"  # since then expressions begin with "~"
        self.services: dict[str, dict[str, Any]] = {}

    def route(self, route: dict[str, Any], service: dict[str, Any], pointer: str) -> None:
        if "expression" in route:
            message = "a route with an expression is not read"
            self.gathering.locate(self.document, f"{pointer}/expression", message)
            return
        found = (host_pattern(name) for name in texts_of(route.get("hosts")))
        hosts = tuple(dict.fromkeys(name for name in found if name))[:MOST_HOSTS]
        security = self._security(route, service)
        methods = tuple(name.upper() for name in texts_of(route.get("methods"))) or ANY_METHOD
        grpc = any(name.startswith("grpc") for name in texts_of(route.get("protocols")))
        for path in texts_of(route.get("paths")) or ["/"]:
            pattern, template = self._pattern(path)
            if self.gathering.full:
                return
            for method in methods:
                self.gathering.declare(
                    Declared(
                        kind="grpc" if grpc else "route",
                        method=method,
                        template=template,
                        pattern=pattern,
                        hosts=hosts,
                        service=text_of(service.get("name")) or _upstream(service),
                        operation_id=text_of(route.get("name")),
                        security=security,
                        place=pointer,
                        origin="gateway",
                    )
                )

    def _pattern(self, path: str) -> tuple[str, str]:
        if path.startswith("~"):
            return "regex", f"^{path[1:].removeprefix('^')}"
        if not self.marked and not _PLAIN.fullmatch(path):
            return "regex", f"^{path.removeprefix('^')}"
        return "prefix", path

    def _security(self, route: dict[str, Any], service: dict[str, Any]) -> tuple[str, ...] | None:
        """The nearest plugin of each name wins: route, service, everywhere. Several must all agree, unless one lets anonymous
        calls through (then they are alternatives)."""
        nearest: dict[str, dict[str, Any]] = {}
        for level in (self._of(route, "route"), self._of(service, "service"), self._of({}, "")):
            for plugin in level:
                nearest.setdefault(text_of(plugin.get("name")), plugin)
        found, anonymous = [], False
        for name, plugin in nearest.items():
            if name in _AUTHENTICATION and plugin.get("enabled") is not False:
                found.append(_AUTHENTICATION[name])
                anonymous = anonymous or bool(mapped(plugin.get("config")).get("anonymous"))
        if not found:
            return None
        return (*dict.fromkeys(found), "none") if anonymous else ("+".join(sorted(set(found))),)

    def _of(self, owner: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        """The plugins of a route or service, written in it or referring to it; of neither: those that hold everywhere."""
        name = text_of(owner.get("name"))
        referring = self.plugins.get((kind, name), []) if name or not kind else []
        return [mapped(plugin) for plugin in listed(owner.get("plugins"))] + referring


def _owners(plugin: dict[str, Any]) -> list[tuple[str, str]]:
    """(kind, name) of the route or service that a plugin refers to; ("", "") where it holds everywhere."""
    found = [
        (kind, text_of(mapped(plugin.get(kind)).get("name")) or text_of(plugin.get(kind))) for kind in ("route", "service")
    ]
    named = [owner for owner in found if owner[1]]
    return named if named or plugin.get("consumer") or plugin.get("consumer_group") else [("", "")]


def _upstream(service: dict[str, Any]) -> str:
    return text_of(service.get("host")) or split_url(text_of(service.get("url")))[0]
