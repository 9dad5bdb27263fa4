"""Protocol Buffers: the methods of services in a descriptor set, as gRPC calls and with their HTTP rules.

`protoc --include_imports --descriptor_set_out=F` writes such a file. Sources: google/protobuf/descriptor.proto;
google/api/http.proto and annotations.proto; gRPC over HTTP/2, "Path".
"""

from collections.abc import Iterator

from yett.formats.descriptions.transcoding import transcoded
from yett.formats.descriptions.values import Declared, Description, Gathering
from yett.formats.protobuf import Malformed, fields

LONGEST = 64 << 20
MOST_RULES = 100
"""HTTP rules of one method."""

_HTTP = 72295728  # the extension google.api.http of MethodOptions
_HOST = 1049  # google.api.default_host of ServiceOptions
_DEPRECATED = 33
_METHODS = {2: "GET", 3: "PUT", 4: "POST", 5: "DELETE", 6: "PATCH"}


def is_descriptor_set(beginning: bytes) -> bool:
    """Whether octets begin like a descriptor set: a file descriptor that begins with a name."""
    if beginning[:1] != b"\x0a":
        return False
    for at in range(1, 12):
        if beginning[at : at + 1] and beginning[at] < 0x80:
            return beginning[at + 1 : at + 2] == b"\x0a" and b".proto" in beginning[at + 2 : at + 400]
    return False


def read_descriptors(source: str, octets: bytes) -> Description:
    """Read a FileDescriptorSet. What stands after something unreadable is not read."""
    gathering = Gathering(source)
    if len(octets) > LONGEST:
        gathering.problem(f"larger than {LONGEST >> 20} MiB")
        return gathering.description("protobuf")
    try:
        for number, file in fields(octets):
            if number == 1 and isinstance(file, bytes):
                _file(file, gathering)
    except (Malformed, UnicodeDecodeError) as error:
        reason = "a name is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        gathering.problem(
            f"not a descriptor set: {reason}", hint="protoc --include_imports --descriptor_set_out=FILE writes one"
        )
    return gathering.description("protobuf", "descriptor set")


def _parts(octets: bytes) -> dict[int, list[bytes]]:
    """The fields of a message that are octets; numbers as their decimal digits."""
    found: dict[int, list[bytes]] = {}
    for number, value in fields(octets):
        found.setdefault(number, []).append(value if isinstance(value, bytes) else b"%d" % value)
    return found


def _text(parts: dict[int, list[bytes]], number: int) -> str:
    return parts[number][-1].decode() if number in parts else ""


def _file(octets: bytes, gathering: Gathering) -> None:
    file = _parts(octets)
    name, package = _text(file, 1), _text(file, 2)
    for service in file.get(6, ()):
        _service(_parts(service), name, package, gathering)


def _service(service: dict[int, list[bytes]], file: str, package: str, gathering: Gathering) -> None:
    name = ".".join(part for part in (package, _text(service, 1)) if part)
    options = _parts(b"".join(service.get(3, ())))
    host = _text(options, _HOST)
    for octets in service.get(2, ()):
        method = _parts(octets)
        settings = _parts(b"".join(method.get(4, ())))
        deprecated = b"1" in (settings.get(_DEPRECATED, [b""])[-1], options.get(_DEPRECATED, [b""])[-1])
        identifier = _text(method, 1)
        place = f"{file}: {name}.{identifier}"
        hosts = (host,) if host else ()
        gathering.declare(
            Declared(
                kind="grpc",
                method="POST",
                template=f"/{name}/{identifier}",
                pattern="exact",
                hosts=hosts,
                service=name,
                operation_id=identifier,
                deprecated=deprecated,
                place=place,
            )
        )
        for verb, path in _rules(b"".join(settings.get(_HTTP, ())), 0):
            pattern, template = transcoded(path)
            gathering.declare(
                Declared(
                    kind="rest",
                    method=verb,
                    template=template,
                    pattern=pattern,
                    hosts=hosts,
                    service=name,
                    operation_id=identifier,
                    deprecated=deprecated,
                    place=place,
                )
            )


def _rules(octets: bytes, depth: int) -> Iterator[tuple[str, str]]:
    """(method, path) of an HTTP rule and those beside it, which have none beside them in turn."""
    rule = _parts(octets)
    for number, method in _METHODS.items():
        if number in rule:
            yield method, _text(rule, number)
    if 8 in rule:
        custom = _parts(rule[8][-1])
        method = _text(custom, 1)
        yield ("" if method == "*" else method.upper()), _text(custom, 2)
    for other in rule.get(11, ())[:MOST_RULES] if depth == 0 else ():
        yield from _rules(other, 1)
