"""XML as it comes over the wire: strict, bounded, without document types and entities, and never fetching anything.

A document type declaration is where XML's dangers begin (external entities, entities that grow without end, defaults for
attributes), and no API needs one; it is refused, so that what remains has one reading. Text is UTF-8 only. It must not know what
the document is for. Sources: Extensible Markup Language 1.0 (fifth edition); Namespaces in XML 1.0.
"""

import re
from collections.abc import Iterator
from typing import Any, NoReturn
from xml.parsers import expat

MAX_DEPTH = 128
"""Deepest nesting of elements."""
MAX_ELEMENTS = 10_000
MAX_ATTRIBUTES = 20_000
"""Most equals signs of a document, and so of its attributes: the parser reads all of one element before it can be stopped."""
LONGEST_PATH = 256
"""Characters of a path; names come from outside, and each is part of all paths below it."""
LONGEST_STEP = 64

_DECLARATION = re.compile(rb"<\?xml[ \t\r\n][^>]{0,256}?encoding[ \t\r\n]{0,8}=[ \t\r\n]{0,8}[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ENCODINGS = (b"utf-8", b"us-ascii", b"ascii")
_BLANK = " \t\r\n"


class NotXML(ValueError):
    """Not one unambiguous XML document. The message is a reason, without anything of the text."""


class Element:
    """One element. namespace: its URI, or "". attributes: by local name, or "URI name" for those with a prefix.

    children: elements and texts in the order of the document.
    """

    __slots__ = ("attributes", "children", "name", "namespace")

    def __init__(self, name: str, namespace: str, attributes: dict[str, str]) -> None:
        self.name, self.namespace, self.attributes = name, namespace, attributes
        self.children: list[Element | str] = []

    @property
    def elements(self) -> "list[Element]":
        return [child for child in self.children if type(child) is Element]

    @property
    def text(self) -> str:
        """The text that stands directly in it."""
        return "".join([child for child in self.children if type(child) is str])

    def all_text(self) -> str:
        """All text in it and below, in order: what XPath calls its string-value (XPath 1.0, 5.2)."""
        pieces: list[str] = []
        waiting: list[Element | str] = [self]
        while waiting:
            child = waiting.pop()
            if isinstance(child, str):
                pieces.append(child)
            else:
                waiting += reversed(child.children)
        return "".join(pieces)

    def walk(self) -> "Iterator[tuple[str, Element]]":
        """Each element with its path ("/order/item[2]/name"), this one first, in order."""
        waiting = [(_below("", self.name), self)]
        while waiting:
            path, element = waiting.pop()
            yield path, element
            counts: dict[str, int] = {}
            below = []
            for child in element.elements:
                number = counts[child.name] = counts.get(child.name, 0) + 1
                below.append((_below(path, child.name, number), child))
            waiting += reversed(below)

    def __repr__(self) -> str:
        return f"Element({self.name!r})"


def _below(path: str, name: str, number: int = 1) -> str:
    """The path of a child. What is too long ends in an ellipsis, once."""
    if len(path) > LONGEST_PATH:
        return path if path.endswith("…") else f"{path}/…"
    step = name if len(name) <= LONGEST_STEP else f"{name[:LONGEST_STEP]}…"
    return f"{path}/{step}[{number}]" if number > 1 else f"{path}/{step}"


class XMLDocument:
    """A document. namespaces: the URIs that it declares, once each; asides: the texts of comments and processing instructions."""

    __slots__ = ("asides", "namespaces", "root")

    def __init__(self, root: Element, namespaces: tuple[str, ...], asides: tuple[str, ...]) -> None:
        self.root, self.namespaces, self.asides = root, namespaces, asides


def read_xml(content: bytes) -> XMLDocument:
    """Read an XML document in UTF-8. Raises NotXML, also for a document type, and beyond the bounds above."""
    try:
        content.decode()
    except UnicodeDecodeError:
        raise NotXML("not UTF-8") from None
    if content.count(b"=") > MAX_ATTRIBUTES:
        raise NotXML(f"more than {MAX_ATTRIBUTES} equals signs, which may be attributes")
    declared = _DECLARATION.match(content.removeprefix(b"\xef\xbb\xbf"))
    if declared is not None and declared[1].lower() not in _ENCODINGS:
        raise NotXML("an encoding other than UTF-8")
    building = _Building()
    parser = expat.ParserCreate("utf-8", " ", {})
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler = building.start
    parser.EndElementHandler = building.end
    parser.CharacterDataHandler = building.characters
    parser.CommentHandler = building.asides.append
    parser.ProcessingInstructionHandler = building.instruction
    parser.StartNamespaceDeclHandler = building.namespace
    parser.StartDoctypeDeclHandler = _doctype
    parser.EntityDeclHandler = _doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise NotXML(f"not XML: {expat.ErrorString(error.code)}") from None
    return XMLDocument(building.root, tuple(building.namespaces), tuple(building.asides))


def _doctype(*_: Any) -> NoReturn:
    raise NotXML("a document type declaration")


class _Building:
    """The document under way."""

    def __init__(self) -> None:
        self.root = Element("", "", {})
        self.stack: list[Element] = []
        self.namespaces: dict[str, None] = {}
        self.asides: list[str] = []
        self.elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise NotXML(f"more than {MAX_ELEMENTS} elements")
        namespace, _, name = tag.rpartition(" ")
        element = Element(name, namespace, attributes)
        if not self.stack:
            self.root = element
        elif len(self.stack) >= MAX_DEPTH:
            raise NotXML(f"nested deeper than {MAX_DEPTH}")
        else:
            self.stack[-1].children.append(element)
        self.stack.append(element)

    def end(self, _: str) -> None:
        self.stack.pop()

    def characters(self, text: str) -> None:
        self.stack[-1].children.append(text)

    def instruction(self, target: str, text: str) -> None:
        self.asides.append(f"{target} {text}")

    def namespace(self, _: str | None, uri: str | None) -> None:
        if uri:
            self.namespaces[uri] = None


def xml_values(document: XMLDocument) -> Iterator[tuple[str, str]]:
    """All texts, attributes, namespaces, comments and instructions with their places: ("/order/item[2]/@id", "17"). Texts that
    are only white space are left out."""
    for path, element in document.root.walk():
        text = element.text
        if text.strip(_BLANK):
            yield path, text
        for name, value in element.attributes.items():
            yield _below(path, f"@{name.rpartition(' ')[2]}"), value
    for uri in document.namespaces:
        yield "namespace", uri
    for aside in document.asides:
        yield "comment", aside


def xml_names(document: XMLDocument) -> dict[str, str]:
    """Names of elements and attributes, each with its first place."""
    found: dict[str, str] = {}
    for path, element in document.root.walk():
        found.setdefault(element.name, path)
        for name in element.attributes:
            local = name.rpartition(" ")[2]
            found.setdefault(local, _below(path, f"@{local}"))
    return found
