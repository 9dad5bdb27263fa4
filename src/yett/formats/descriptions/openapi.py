"""Swagger 2.0 and OpenAPI 3: every operation that stands in the document, and the contract for validation.

Operations are declared even where the contract has problems, since a catalog must not forget what somebody published for a
mistake in a schema. Paths with a query or fragment, as some publishers write them to tell operations of one path apart, become
operations below the path. Sources: Swagger 2.0; OpenAPI 3.0.4, 3.1.1, 3.2.0, "Paths Object", "Server Object".
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from yett.formats.contract import read_contract as contract_of
from yett.formats.contract import references
from yett.formats.contract.documents import BrokenReference, Documents, Node, key_text
from yett.formats.contract.reading import METHODS
from yett.formats.contract.servers import expanded
from yett.formats.descriptions.servers import HERE, Servers, servers_of
from yett.formats.descriptions.values import MOST_PROBLEMS, Declared, Description, Gathering, Others
from yett.formats.document import Document
from yett.formats.trees import at, listed
from yett.formats.yaml import read
from yett.model.mistake import DocumentError

MOST_FILES = 1_000
"""Other documents that one description may consist of."""
_VARIABLE = re.compile(r"\{([^{}/]*)\}")


def read_openapi(document: Document, others: Others) -> Description:
    """document: the root. Never raises for what stands in the documents."""
    source = document.file
    documents, gathering = _gathered(document, others)
    contract = contract_of("", {name: one.tree for name, one in documents.items()}, prove=False)
    for problem in contract.problems[:MOST_PROBLEMS]:
        gathering.locate(documents.get(problem.document, document), problem.pointer, problem.message)
    paths = _Paths(Documents("", {name: one.tree for name, one in documents.items()}), contract.revision)
    paths.read(gathering, contract.title)
    found = gathering.description(
        "swagger" if contract.version == "2.0" else "openapi", contract.version, contract.title, contract.revision
    )
    return msgspec.structs.replace(
        found,
        contract=contract,
        schemes=contract.schemes,
        servers=tuple(paths.urls(paths.root)),
        files=tuple(name for name in documents if name and name != source),
    )


def _gathered(document: Document, others: Others) -> tuple[dict[str, Document], Gathering]:
    """The root under the name "" and every document that it refers to."""
    gathering = Gathering(document.file)
    documents = {"": document}
    pending = sorted(references(document.tree))
    while pending:
        name = pending.pop()
        if len(documents) > MOST_FILES:
            gathering.problem(f"consists of more than {MOST_FILES} files")
            break
        octets = others(name) if name not in documents else None
        if octets is None:
            continue  # the reference itself is then reported, with its place
        try:
            documents[name] = read(octets, name)
        except DocumentError as error:
            gathering.report(error.mistake)
            continue
        pending += [one for one in sorted(references(documents[name].tree, name)) if one not in documents]
    return documents, gathering


class _Paths:
    """All path items of a description with what holds for them: servers, security."""

    def __init__(self, documents: Documents, version: str) -> None:
        self.documents = documents
        self.version = version
        self.root = Node("", (), documents.trees[""])
        self.swagger = "swagger" in self.root.value

    def read(self, gathering: Gathering, title: str) -> None:
        servers = self._servers(self.root) or HERE
        security = _security(self.root.value.get("security"))
        for path, item in self._items(self.root.child("paths")):
            shared = self._servers(item) or servers
            for method, node in self._operations(item):
                if gathering.full:
                    return
                value = node.value
                own = self._servers(node) or shared
                asked = _security(value["security"]) if "security" in value else security
                template, named = _below(path)
                identifier = value.get("operationId")
                for base, hosts in own:
                    gathering.declare(
                        Declared(
                            kind="rest",
                            method=method,
                            base=base,
                            template=template,
                            named=named,
                            hosts=hosts,
                            service=title,
                            operation_id=identifier if isinstance(identifier, str) else "",
                            deprecated=value.get("deprecated") is True,
                            version=self.version,
                            security=asked,
                            place=node.pointer,
                        )
                    )

    def _items(self, paths: Node) -> Iterator[tuple[str, Node]]:
        for path, value in paths.value.items() if isinstance(paths.value, dict) else ():
            name = key_text(path)
            item = self._followed(Node(paths.document, (*paths.path, name), value))
            if item is not None and not name.startswith("x-"):
                yield name if name.startswith("/") else f"/{name}", item

    def _operations(self, item: Node) -> Iterator[tuple[str, Node]]:
        for key in (*METHODS, "query"):
            node = self._followed(item.child(key))
            if node is not None:
                yield key.upper(), node
        more = item.child("additionalOperations")
        for key in more.value if isinstance(more.value, dict) else ():
            node = self._followed(more.child(key_text(key)))
            if node is not None:
                yield key_text(key), node

    def _followed(self, node: Node) -> Node | None:
        """What a reference leads to, if it is an object. A broken one is among the contract's problems."""
        if not isinstance(node.value, dict):
            return None
        try:
            found = self.documents.follow(node)
        except BrokenReference:
            return None
        return found if isinstance(found.value, dict) else None

    def _servers(self, node: Node) -> Servers | None:
        """The servers that a node declares for what is below it."""
        urls = list(self.urls(node))
        return servers_of(urls) if urls else None

    def urls(self, node: Node) -> Iterator[str]:
        """The URLs of a node's servers, variables replaced where their values are known."""
        value = node.value
        if self.swagger:
            if node.path == ():
                yield from _swagger_urls(value)
            return
        declared = value.get("servers")
        for server in declared if isinstance(declared, list) else ():
            if isinstance(server, dict) and isinstance(server.get("url"), str):
                url = server["url"]
                yield from expanded(url, _choices(_VARIABLE.findall(url), server.get("variables")))


def _swagger_urls(root: dict[str, Any]) -> Iterator[str]:
    host, base = root.get("host"), root.get("basePath")
    path = base if isinstance(base, str) else "/"
    if not isinstance(host, str) or not host:
        yield path
        return
    schemes = root.get("schemes")
    names = [name for name in schemes if isinstance(name, str)] if isinstance(schemes, list) else []
    for scheme in names or ["https"]:
        yield f"{scheme}://{host}/{path.lstrip('/')}"


def _choices(names: list[str], variables: Any) -> dict[str, list[str]]:
    """The values of a server's variables. One without any stays a variable."""
    found = {}
    for name in names:
        variable = at(variables, name)
        values = [variable.get("default"), *listed(variable.get("enum"))] if isinstance(variable, dict) else []
        texts = [str(value) for value in values if value not in (None, "")]
        found[name] = list(dict.fromkeys(texts)) or [f"{{{name}}}"]
    return found


def _security(value: Any) -> tuple[str, ...] | None:
    """A `security` list: alternatives, each the names of schemes joined by "+"."""
    if not isinstance(value, list):
        return None
    found = ["+".join(sorted(key_text(name) for name in one)) or "none" for one in value if isinstance(one, dict)]
    return tuple(dict.fromkeys(found)) or ("none",)


def _below(path: str) -> tuple[str, str]:
    """(template, operation below it) of a path that may have a query or a fragment, such as "/#Action=ListUsers"."""
    cut = min((at for at in (path.find("?"), path.find("#")) if at >= 0), default=-1)
    if cut < 0:
        return path, ""
    template, rest = path[:cut] or "/", path[cut + 1 :]
    name, _, value = rest.partition("&")[0].partition("#")[0].partition("=")
    if name.lower() in ("action", "x-amz-target") and value:
        return template, f"aws {value.rpartition('.')[2]}"
    return template, rest
