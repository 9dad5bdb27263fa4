"""AsyncAPI 2 and 3: operations on channels; those over HTTP and WebSockets have paths, all others the channel's address.

Sources: AsyncAPI 2.6.0, "Channel Item Object", "Server Object"; AsyncAPI 3.0.0, "Operation Object", "Channel Object"; HTTP and
WebSockets bindings.
"""

from typing import Any

from yett.formats.contract.documents import BrokenReference, Documents, Node
from yett.formats.descriptions.servers import HERE, Servers, servers_of
from yett.formats.descriptions.values import MOST_HOSTS, Declared, Description, Gathering
from yett.formats.document import Document, step
from yett.formats.trees import at, listed, mapped, text_of

_WEB = ("http", "https", "ws", "wss")
_MEANT = {"publish": "receive", "subscribe": "send"}
"""What the application does, in the words of version 3: in version 2 they say what others do with the channel."""


def read_asyncapi(document: Document) -> Description:
    """document: the root; references to other documents are reported. Never raises for what stands in it."""
    tree = mapped(document.tree)
    reader = _Reader(document, tree)
    version = text_of(tree.get("asyncapi"))
    if version.startswith("2"):
        reader.channels()
    elif version.startswith("3"):
        reader.operations()
    else:
        reader.gathering.locate(document, "/asyncapi", "only AsyncAPI 2 and 3 are read")
    parts = mapped(tree.get("info"))
    return reader.gathering.description("asyncapi", version, text_of(parts.get("title")), text_of(parts.get("version")))


class _Reader:
    def __init__(self, document: Document, tree: dict[str, Any]) -> None:
        self.document, self.tree = document, tree
        self.gathering = Gathering(document.file)
        self.documents = Documents("", {"": tree})
        self._known: dict[tuple[str, ...] | None, tuple[Servers, bool]] = {}

    def follow(self, value: Any, pointer: str) -> tuple[dict[str, Any], str]:
        """(what a reference leads to, its pointer); an empty mapping where it leads nowhere, which is reported."""
        try:
            found = self.documents.follow(Node("", tuple(_unescaped(pointer)), value))
        except BrokenReference as broken:
            self.gathering.locate(self.document, pointer, str(broken))
            return {}, pointer
        return mapped(found.value), found.pointer

    def _servers(self, names: list[str] | None) -> tuple[Servers, bool]:
        """The servers of these names, or all; whether they speak HTTP or WebSockets."""
        key = None if names is None else tuple(names[:MOST_HOSTS])
        if key not in self._known:
            self._known[key] = self._found(key)
        return self._known[key]

    def _found(self, names: tuple[str, ...] | None) -> tuple[Servers, bool]:
        urls, protocols = [], set()
        every = mapped(self.tree.get("servers"))
        for name in every if names is None else names:
            server, _ = self.follow(every.get(name), f"/servers{step(name)}")
            protocol = text_of(server.get("protocol")).lower()
            protocols.add(protocol)
            address = text_of(server.get("url")) or text_of(server.get("host")) + text_of(server.get("pathname"))
            if protocol in _WEB and address:
                urls.append(address if "://" in address else f"{protocol}://{address}")
        return (servers_of(urls) if urls else HERE), bool(protocols & set(_WEB))

    def channels(self) -> None:
        """Version 2: operations stand in their channels."""
        for address, declared in mapped(self.tree.get("channels")).items():
            channel, pointer = self.follow(declared, f"/channels{step(address)}")
            names = [text_of(name) for name in listed(channel.get("servers"))] or None
            for word, action in _MEANT.items():
                if isinstance(channel.get(word), dict):
                    operation, place = self.follow(channel[word], f"{pointer}/{word}")
                    identifier = text_of(operation.get("operationId"))
                    self._declare(address, action, operation, channel, identifier, names, place)

    def operations(self) -> None:
        """Version 3: operations refer to channels."""
        for name, declared in mapped(self.tree.get("operations")).items():
            operation, pointer = self.follow(declared, f"/operations{step(name)}")
            channel, _ = self.follow(operation.get("channel"), f"{pointer}/channel")
            action = operation.get("action")
            if action not in ("send", "receive") or not channel:
                message = "an operation needs an action, send or receive, and a channel"
                self.gathering.locate(self.document, pointer, message)
                continue
            references = [text_of(at(one, "$ref")) for one in listed(channel.get("servers"))]
            names = [one.rpartition("/")[2] for one in references if one] or None
            self._declare(text_of(channel.get("address")), str(action), operation, channel, name, names, pointer)

    def _declare(
        self,
        address: str,
        action: str,
        operation: dict[str, Any],
        channel: dict[str, Any],
        identifier: str,
        names: list[str] | None,
        place: str,
    ) -> None:
        servers, web = self._servers(names)
        method = text_of(at(operation, "bindings", "http", "method") or at(channel, "bindings", "ws", "method")).upper()
        web = web or bool(method)
        for base, hosts in servers:
            self.gathering.declare(
                Declared(
                    kind="asyncapi",
                    method=(method or "GET") if web else action.upper(),
                    base=base,
                    template=f"/{address.lstrip('/')}" if web else address,
                    named="" if web else f"asyncapi {action} {address}",
                    hosts=hosts,
                    service=text_of(at(self.tree, "info", "title")),
                    operation_id=identifier,
                    version=text_of(at(self.tree, "info", "version")),
                    place=place,
                )
            )


def _unescaped(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
