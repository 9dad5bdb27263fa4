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
MAX_ELEMENTS = 5_000
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
        path = _below("", self.name)
        yield path, self
        above: list[tuple[Iterator[Element | str], str, dict[str, int]]] = []
        children, counts = iter(self.children), dict[str, int]()
        while True:
            for child in children:
                if isinstance(child, str):
                    continue
                number = counts[child.name] = counts.get(child.name, 0) + 1
                at = _below(path, child.name, number)
                yield at, child
                if child.children:
                    above.append((children, path, counts))
                    children, path, counts = iter(child.children), at, {}
                    break
            else:
                if not above:
                    return
                children, path, counts = above.pop()

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
    return ((path, text) for path, text, name in xml_strings(document) if not name)


def xml_strings(document: XMLDocument) -> Iterator[tuple[str, str, bool]]:
    """The same, and each name of an element or attribute at its first place: (place, text, whether it is such a name)."""
    seen: set[str] = set()
    for path, element in document.root.walk():
        if element.name not in seen:
            seen.add(element.name)
            yield path, element.name, True
        text = element.text
        if text.strip(_BLANK):
            yield path, text, False
        for name, value in element.attributes.items():
            local = name.rpartition(" ")[2]
            at = _below(path, f"@{local}")
            if local not in seen:
                seen.add(local)
                yield at, local, True
            yield at, value, False
    for uri in document.namespaces:
        yield "namespace", uri, False
    for aside in document.asides:
        yield "comment", aside, False


_TOKEN = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|(<\?.*?\?>|<(?:[^\"'<>]|\"[^\"<]*\"|'[^'<]*')*+>)",
    re.DOTALL,
)
"""Comments, sections of characters, and what is kept of markup: instructions and tags (XML 1.0, 2.5 to 3.1). Read from the
beginning of a document that is well-formed, each has an end, so that the search for it goes through nothing twice."""


def without_texts(content: bytes) -> bytes:
    """The markup of a document that was read: its tags, with attributes, and its instructions."""
    return b"".join([match[1] for match in _TOKEN.finditer(content) if match[1]])
