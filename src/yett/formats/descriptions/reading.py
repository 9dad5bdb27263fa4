"""Which description a file is, by its content, and the reader for it.

It must not know what stands in any of them beyond what tells them apart.
"""

import re
from typing import Any

from yett.formats.descriptions.asyncapi import read_asyncapi
from yett.formats.descriptions.envoy import read_envoy
from yett.formats.descriptions.graphql_schema import read_definitions, read_introspection
from yett.formats.descriptions.kong import read_kong
from yett.formats.descriptions.kubernetes import Part, read_kubernetes
from yett.formats.descriptions.mcp import is_listing, read_listing
from yett.formats.descriptions.nginx import LONGEST as LONGEST_NGINX
from yett.formats.descriptions.nginx import read_nginx
from yett.formats.descriptions.openapi import read_openapi
from yett.formats.descriptions.protobuf_descriptors import is_descriptor_set, read_descriptors
from yett.formats.descriptions.values import Description, Others, nothing
from yett.formats.descriptions.wsdl import WSDL, read_wsdl
from yett.formats.document import Bounds, Document
from yett.formats.trees import at, listed, mapped, walk
from yett.formats.yaml import read
from yett.model.mistake import DocumentError, Mistake

BEGINNING = 65_536
"""Octets that are enough to tell, except where a JSON document says late what it is."""
MOST_DOCUMENTS = 10_000
"""YAML documents in one file."""
MOST_PLACES = 500_000
"""Commas of a document of one line or many, whose problems are told with their lines; a place takes 150 octets."""
SEARCHED = 100_000
"""Mappings that are looked at for routes of Envoy where nothing else tells the kind."""

_KEYS = rb"openapi|swagger|asyncapi|__schema|_format_version|virtual_?[hH]osts|static_?[rR]esources"
_JSON = re.compile(
    rb'"(?:'
    + _KEYS
    + rb')"[ \t\r\n]*+:|"apiVersion"[ \t\r\n]*+:[ \t\r\n]*+"(?:[a-z0-9.]*k8s\.io|extensions)/|"inputSchema"[ \t\r\n]*+:'
)
_YAML = re.compile(
    rb"^(?:(?:[\"']?)(?:" + _KEYS + rb")[\"']?[ \t]*+:|apiVersion[ \t]*+:[ \t]*+[\"']?(?:[a-z0-9.]*k8s\.io|extensions)/)",
    re.MULTILINE,
)
_ENVOY = re.compile(rb"^[ \t-]*+(?:virtual_?[hH]osts|static_?[rR]esources)[ \t]*+:", re.MULTILINE)
_GRAPHQL = re.compile(
    rb"^[ \t]*+(?:extend[ \t]++)?+(?:schema|(?:type|interface|input|enum)[ \t]++[A-Za-z_]\w*+)[^{}\n=:;]{0,500}+\{"
    rb"|^[ \t]*+(?:scalar|union|directive)[ \t]++[A-Za-z_@]\w*+",
    re.MULTILINE,
)
_NGINX = re.compile(
    rb"^[ \t]*+(?:(?:http|server|events|stream)[ \t\r\n]*+\{|(?:location|upstream)[ \t]++[^\n;]{0,2000}\{)"
    rb"|^[ \t]*+(?:proxy_pass|server_name|listen)[ \t]++[^\n;]{1,2000};",
    re.MULTILINE,
)
_PROTO = re.compile(rb"^[ \t]*+syntax[ \t]*+=[ \t]*+[\"']proto[23][\"']", re.MULTILINE)
_SEPARATOR = re.compile(r"^(?:---|\.\.\.)(?:[ \t].*)?$", re.MULTILINE)
_KNOWN = "OpenAPI, Swagger, GraphQL, WSDL, Protocol Buffers, AsyncAPI, MCP, nginx, Envoy, Kong, Kubernetes"


def describes(name: str, octets: bytes) -> bool:
    """Whether a file looks like a description. octets: all of it, or at least its first BEGINNING.

    Recordings are to be ruled out before: a log may hold anything.
    """
    return bool(_kind(name, octets)) or name.lower().endswith((".wsdl", ".proto", ".graphql", ".graphqls", ".gql"))


def _kind(name: str, octets: bytes) -> str:
    """ "tree" | "wsdl" | "protobuf" | "proto" | "graphql" | "nginx", or "" where nothing is recognised."""
    head = octets[:BEGINNING]
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if is_descriptor_set(head):
        return "protobuf"
    if text[:1] == b"<":
        return "wsdl" if WSDL.encode() in head else ""
    if text[:1] in (b"{", b"["):
        ends = head if len(octets) <= BEGINNING else head + b"\n" + octets[-BEGINNING:]
        lines = text.split(b"\n", 2)
        several = len(lines) > 1 and lines[0].rstrip().endswith(b"}") and lines[1][:1] == b"{"
        return "tree" if _JSON.search(ends) and not several else ""
    if _YAML.search(head) or _ENVOY.search(head):
        return "tree"
    if _PROTO.search(head):
        return "proto"
    if name.lower().endswith((".graphql", ".graphqls", ".gql")):
        return "graphql"
    if _NGINX.search(head) and b":\n" not in head[:200]:
        return "nginx"
    return "graphql" if _GRAPHQL.search(head) else "nginx" if name.lower().endswith("nginx.conf") else ""


def read_description(name: str, octets: bytes, others: Others = nothing) -> Description:
    """Read a description. name: of the file, for messages; others: gives further files that it refers to.

    Never raises for what stands in the file: what is no description at all has the kind "" and a problem.
    """
    kind = _kind(name, octets)
    if kind == "protobuf":
        return read_descriptors(name, octets)
    if kind == "wsdl":
        return read_wsdl(name, octets)
    if kind == "proto":
        hint = "protoc --include_imports --descriptor_set_out=FILE writes a descriptor set, which is read"
        return _refused(Mistake("sources of Protocol Buffers are not read", name, hint=hint))
    if kind in ("graphql", "nginx"):
        try:
            text = octets.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return _refused(Mistake("the file is not UTF-8", name, octets.count(b"\n", 0, error.start) + 1))
        if kind == "graphql":
            return read_definitions(name, text)
        if len(octets) > LONGEST_NGINX:
            return _refused(Mistake(f"larger than {LONGEST_NGINX >> 20} MiB", name))
        return read_nginx(name, text, others)
    try:
        return _of_trees(name, _documents(name, octets), others)
    except DocumentError as error:
        return _refused(error.mistake)


def _refused(mistake: Mistake) -> Description:
    return Description(kind="", source=mistake.file, problems=(mistake,))


def _documents(name: str, octets: bytes) -> list[Part]:
    """The documents of a file; YAML may have several. Raises DocumentError."""
    if b"\n---" not in octets or len(octets) > Bounds.size or octets.lstrip()[:1] in (b"{", b"["):
        return [Part(_located(read(octets, name), octets), 0)]
    text = octets.decode("utf-8-sig", "replace") if octets.isascii() else _strict(octets, name)
    parts, start = [], 0
    cuts = [(found.start(), found.end()) for found in _SEPARATOR.finditer(text)] + [(len(text), len(text))]
    if len(cuts) > MOST_DOCUMENTS:
        raise DocumentError(Mistake(f"more than {MOST_DOCUMENTS} documents", name))
    before = counted = 0
    for cut, end in cuts:
        piece = text[start:cut]
        before += text.count("\n", counted, start)
        counted = start
        if any(line.strip() and not line.lstrip().startswith(("#", "%")) for line in piece.split("\n")):
            try:
                parts.append(Part(read(piece.encode(), name), before))
            except DocumentError as error:
                mistake = error.mistake
                moved = Mistake(mistake.message, mistake.file, mistake.line + before, mistake.column, mistake.hint)
                raise DocumentError(moved) from None
        start = end
    return parts


def _located(document: Document, octets: bytes) -> Document:
    """The document, without places where there are so many that finding them takes more than the reading."""
    if octets.count(b",") <= MOST_PLACES:
        return document
    return Document(document.tree, document.file, dict)


def _strict(octets: bytes, name: str) -> str:
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(Mistake("the file is not UTF-8", name, octets.count(b"\n", 0, error.start) + 1)) from None


def _of_trees(name: str, parts: list[Part], others: Others) -> Description:
    if parts and all("apiVersion" in mapped(part.document.tree) for part in parts):
        return read_kubernetes(name, parts)
    if len(parts) == 1:
        return _of_tree(parts[0].document, others)
    message = "several documents that are not of Kubernetes" if parts else "the file is empty"
    return _refused(Mistake(message, name, hint=f"what is read: {_KNOWN}"))


def _of_tree(document: Document, others: Others) -> Description:
    tree: Any = document.tree
    if isinstance(tree, dict):
        if "openapi" in tree or "swagger" in tree:
            return read_openapi(document, others)
        if "asyncapi" in tree:
            return read_asyncapi(document)
        if isinstance(tree.get("__schema"), dict) or isinstance(at(tree, "data", "__schema"), dict):
            return read_introspection(document)
        if "_format_version" in tree or any("routes" in mapped(service) for service in listed(tree.get("services"))):
            return read_kong(document)
        if is_listing(tree):
            return read_listing(document)
        if _has_routes(tree):
            return read_envoy(document)
    message = "no description of an API or a gateway that is known"
    return _refused(Mistake(message, document.file, hint=f"what is read: {_KNOWN}"))


def _has_routes(tree: dict[str, Any]) -> bool:
    if "static_resources" in tree or "staticResources" in tree:
        return True
    for number, (_, value) in enumerate(walk(tree)):
        if "virtual_hosts" in value or "virtualHosts" in value:
            return True
        if number > SEARCHED:
            break
    return False
