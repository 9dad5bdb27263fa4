"""Puts a contract together once all its operations were read, and proves that all of it can run."""

from typing import Any

import msgspec

from yett.formats.contract.fields import UNREAD, unreadable
from yett.formats.contract.reading import Dialect, Draft, PathReader, Reader
from yett.formats.contract.shapes import Shape, shape_of
from yett.formats.contract.validators import Validators
from yett.formats.contract.values import NO_SCHEMA, Contract, Detail, Parameter, Problem


def assembled(reader: Reader, dialect: Dialect, prove: bool = True) -> Contract:
    """Put everything together once all operations were read."""
    paths = PathReader(dialect, prove)
    drafts = [paths.named(draft) for draft in list(paths.drafts())]
    bases = dialect.bases(reader.root) or ("",)
    reader.pool.convert_waiting()
    schemas, groups = reader.pool.finish()
    shapes = Shapes(Contract(version=reader.version, schemas=schemas))
    operations = []
    for draft in drafts:
        detail = _readable(reader, draft, shapes)
        gaps = sorted(draft.gaps | reader.pool.gaps(draft.schemas))
        detail = msgspec.structs.replace(detail, unenforced=tuple(gaps))
        operations.append(msgspec.structs.replace(draft.entry, detail=msgspec.Raw(msgspec.msgpack.encode(detail))))
    title = reader.root.child("info")
    contract = Contract(
        version=reader.version,
        title=_text(title.child("title").value),
        revision=_text(title.child("version").value),
        bases=bases,
        operations=tuple(operations),
        schemes=tuple(paths.schemes.values()),
        security=paths.security,
        schemas=schemas,
        groups=groups,
        problems=reader.report.problems,
        unenforced=reader.report.unenforced,
    )
    return contract if not contract.is_usable or not prove else _proven(contract, reader.root.document)


class Shapes:
    """The shapes of schemas, each made once."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._known: dict[int, Shape] = {}

    def of(self, number: int) -> Shape:
        if number not in self._known:
            self._known[number] = shape_of(self.contract, number)
        return self._known[number]


def _readable(reader: Reader, draft: Draft, shapes: Shapes) -> Detail:
    """The detail, with parameters that cannot be read marked as such."""
    parameters: list[Parameter] = []
    for parameter in draft.detail.parameters:
        why = unreadable(parameter, shapes.of(parameter.schema)) if parameter.schema != NO_SCHEMA else ""
        if why:
            what = f"the {parameter.place} parameter {parameter.name}"
            draft.gaps.add(reader.report.gap(draft.node, what, why))
            parameter = msgspec.structs.replace(parameter, schema=NO_SCHEMA, style=UNREAD)
        parameters.append(parameter)
    return msgspec.structs.replace(draft.detail, parameters=tuple(parameters))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _proven(contract: Contract, root: str) -> Contract:
    """The contract, after every validator was built once: none may fail when a request is under way."""
    failures = tuple(Problem(root, "", failure, True) for failure in Validators(contract).failures())
    return msgspec.structs.replace(contract, problems=(*contract.problems, *failures)) if failures else contract
