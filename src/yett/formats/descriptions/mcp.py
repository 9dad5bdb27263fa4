"""Model Context Protocol: tools and prompts as a server lists them (the results of tools/list and prompts/list).

Source: Model Context Protocol 2025-06-18, "Tools", "Prompts".
"""

from yett.formats.descriptions.values import Declared, Description, Gathering
from yett.formats.dispatch import LONGEST_NAME
from yett.formats.document import Document
from yett.formats.trees import at, listed, mapped, text_of

_LISTS = {"tools": "tools/call", "prompts": "prompts/get"}


def is_listing(tree: object) -> bool:
    """Whether a document is such a result, with or without its JSON-RPC envelope."""
    result = mapped(mapped(tree).get("result", tree))
    tools, prompts = listed(result.get("tools")), listed(result.get("prompts"))
    return bool(tools and "inputSchema" in mapped(tools[0])) or bool(prompts and "jsonrpc" in mapped(tree))


def read_listing(document: Document) -> Description:
    """Read the tools and prompts. The endpoint is not known, so operations have no path."""
    gathering = Gathering(document.file)
    above = "/result" if "result" in document.tree else ""
    result = mapped(at(document.tree, "result") if above else document.tree)
    for key, method in _LISTS.items():
        for index, entry in enumerate(listed(result.get(key))):
            name, place = text_of(mapped(entry).get("name")), f"{above}/{key}/{index}"
            if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
                gathering.locate(document, place, f"a name of 1 to {LONGEST_NAME} printable characters is missing")
                continue
            gathering.declare(
                Declared(kind="mcp", method="POST", template="", named=f"mcp {method} {name}", operation_id=name, place=place)
            )
    return gathering.description("mcp")
