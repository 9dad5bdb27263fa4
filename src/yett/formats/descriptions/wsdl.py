"""WSDL 1.1: the operations of every port, with their SOAP actions or HTTP locations.

Read as a stream: of the types, which are most of such a file, nothing is kept. Document types are refused, imports are reported
and not fetched. Sources: Web Services Description Language 1.1, 2 (structure), 3 (SOAP binding), 4 (HTTP binding).
"""

from typing import Any
from xml.parsers import expat

from yett.formats.descriptions.servers import split_url
from yett.formats.descriptions.values import Declared, Description, Gathering
from yett.formats.dispatch import soap_name

LONGEST = 32 << 20
MOST_ELEMENTS = 2_000_000
MAX_DEPTH = 200
MOST_KEPT = 200_000
"""Elements outside of the types."""

WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = ("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/")
HTTP = "http://schemas.xmlsoap.org/wsdl/http/"


class _Stop(Exception):
    """Why reading ends before the end of the file."""


class _Part:
    """An element that is kept."""

    __slots__ = ("attributes", "line", "name", "namespace", "parts")

    def __init__(self, namespace: str, name: str, attributes: dict[str, str], line: int) -> None:
        self.namespace, self.name, self.attributes, self.line = namespace, name, attributes, line
        self.parts: list[_Part] = []

    def all(self, name: str, *namespaces: str) -> "list[_Part]":
        return [part for part in self.parts if part.name == name and part.namespace in (namespaces or (WSDL,))]

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")


def read_wsdl(source: str, octets: bytes) -> Description:
    """Read a WSDL file. What stands after something unreadable is not read."""
    gathering = Gathering(source)
    reader = _Stream(octets)
    problem = reader.read()
    if problem:
        gathering.problem(problem, reader.line, reader.column)
    root = reader.root
    if root is not None:
        _definitions(root, gathering)
    title = root.get("name") if root is not None else ""
    return gathering.description("wsdl", "1.1", title)


class _Stream:
    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.root: _Part | None = None
        self.line = self.column = 0
        self._stack: list[_Part] = []
        self._skipped = self._elements = self._kept = 0
        self._parser = expat.ParserCreate(None, " ", {})

    def read(self) -> str:
        """Why the file is not read to its end, or ""."""
        if len(self.octets) > LONGEST:
            return f"larger than {LONGEST >> 20} MiB"
        parser = self._parser
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(self.octets, True)
        except expat.ExpatError as error:
            self.line, self.column = error.lineno, error.offset + 1
            return f"not XML: {expat.ErrorString(error.code)}"
        except _Stop as stop:
            self.line, self.column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
            return str(stop)
        except (LookupError, ValueError):
            self.line = 1
            return "not XML: an unknown encoding"
        return ""

    def _doctype(self, *_: Any) -> None:
        raise _Stop("a document type declaration, which is not read")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS or len(self._stack) + self._skipped >= MAX_DEPTH:
            raise _Stop(f"more than {MOST_ELEMENTS} elements, or nested deeper than {MAX_DEPTH}")
        namespace, _, name = tag.rpartition(" ")
        if self._skipped or namespace not in (WSDL, *SOAP, HTTP) or name in ("types", "message", "documentation"):
            if not self._stack:
                raise _Stop("the root is not the definitions of WSDL 1.1")
            self._skipped += 1
            return
        part = _Part(namespace, name, attributes, self._parser.CurrentLineNumber)
        if self._stack:
            self._stack[-1].parts.append(part)
        elif name != "definitions":
            raise _Stop("the root is not the definitions of WSDL 1.1")
        else:
            self.root = part
        self._kept += 1
        if self._kept > MOST_KEPT:
            raise _Stop(f"more than {MOST_KEPT} elements outside of the types")
        self._stack.append(part)

    def _end(self, _: str) -> None:
        if self._skipped:
            self._skipped -= 1
        else:
            self._stack.pop()


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _definitions(root: _Part, gathering: Gathering) -> None:
    for one in root.all("import"):
        where = one.get("location") or one.get("namespace")
        gathering.problem(f"import of {where!r} was not read", one.line, hint="name that file as a source, too")
    bindings = {binding.get("name"): binding for binding in root.all("binding")}
    bound = set()
    for service in root.all("service"):
        for port in service.all("port"):
            if gathering.full:
                return
            name = _local(port.get("binding"))
            binding = bindings.get(name)
            if binding is None:
                gathering.problem(f"there is no binding {name!r} for the port {port.get('name')!r}", port.line)
                continue
            bound.add(name)
            address = next((one.get("location") for one in port.all("address", *SOAP, HTTP)), "")
            _binding(binding, address, service.get("name"), gathering)
    for name, binding in bindings.items():
        if name not in bound:  # a file of bindings alone, which others import
            _binding(binding, "", "", gathering)


def _binding(binding: _Part, address: str, service: str, gathering: Gathering) -> None:
    host, base = split_url(address) if address else ("", "")
    hosts = (host,) if host else ()
    http = next(iter(binding.all("binding", HTTP)), None)
    soap = bool(binding.all("binding", *SOAP))
    for operation in binding.all("operation"):
        if gathering.full:
            return
        name = operation.get("name")
        if not name:
            gathering.problem("an operation without a name", operation.line)
            continue
        place = f"line {operation.line}"
        if http is not None:
            location = next((one.get("location") for one in operation.all("operation", HTTP)), "")
            template = location.replace("(", "{").replace(")", "}")
            method = http.get("verb").upper() or "GET"
            gathering.declare(
                Declared(
                    kind="rest", method=method, base=base, template=template, hosts=hosts, service=service,
                    operation_id=name, place=place,
                )
            )  # fmt: skip
        elif soap:
            action = next((one.get("soapAction") for one in operation.all("operation", *SOAP)), "")
            named = f"soap {soap_name(action) if action else name}"
            gathering.declare(
                Declared(
                    kind="soap", method="POST", base=base, template="", named=named, hosts=hosts, service=service,
                    operation_id=name, place=place,
                )
            )  # fmt: skip
