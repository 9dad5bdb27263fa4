"""The catalog as files: JSON, CSV, Markdown, OpenAPI. The same catalog gives the same octets.

It must not know how options are given.
"""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from yett.cli.showing import when
from yett.engine.catalog.openapi import openapi
from yett.model.catalog import Catalog, CatalogOperation, Moment

FORMATS = ("json", "openapi", "csv", "markdown")


def exported(
    made: Catalog,
    chosen: Sequence[CatalogOperation],
    form: str,
    output: Path | None = None,
    service: str = "",
    single: bool = False,
) -> str:
    """A text in one of FORMATS, with a line's end. single: one operation, not a document of them. Raises ValueError."""
    if form == "json":
        value: Any = msgspec.to_builtins(chosen[0] if single else {**_head(made), "operations": list(chosen)})
        return json.dumps(value, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f") + "\n"
    if form == "csv":
        return _csv(chosen)
    if form == "markdown":
        return _markdown(made, chosen)
    return _openapi(made, chosen, output, service)


def _head(made: Catalog) -> dict[str, Any]:
    return {"services": made.services, "hosts": made.hosts, "coverage": made.coverage, "settings": made.settings}


def _openapi(made: Catalog, chosen: Sequence[CatalogOperation], output: Path | None, service: str) -> str:
    names = [one.name for one in made.services]
    if not service and len(names) != 1:
        known = ", ".join(names[:20]) or "none"
        raise ValueError(f"an OpenAPI document is of one service: name it with --service (there are: {known})")
    narrowed = msgspec.structs.replace(made, operations=tuple(chosen))
    document = openapi(narrowed, service or names[0])
    if output is not None and output.suffix.lower() in (".yaml", ".yml"):
        text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=False, width=120)
        return text
    return json.dumps(document, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f") + "\n"


_COLUMNS = (
    *("id", "service", "method", "template", "named", "title", "count", "first_seen", "last_seen", "statuses"),
    *(
        "authentication",
        "authentication_ratio",
        "schemes",
        "views",
        "exposure",
        "functions",
        "version",
        "classes",
        "declared_in",
    ),
)


def _csv(chosen: Sequence[CatalogOperation]) -> str:
    """RFC 4180. A cell that a spreadsheet would take for a formula begins with an apostrophe (CWE-1236), and nothing in one can
    steer a terminal (CWE-150)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for one in chosen:
        authentication = one.authentication
        row: list[str | int | float] = [
            *(one.id, one.service, one.method, one.template, one.named, one.title, one.count),
            *(_moment(one.first_seen), _moment(one.last_seen)),
            " ".join(f"{status}:{count}" for status, count in one.statuses.items()),
            authentication.verdict,
            "" if authentication.ratio is None else authentication.ratio,
            " ".join(f"{name}:{count}" for name, count in authentication.schemes.items()),
            " ".join(one.views),
            one.exposure,
            " ".join(one.functions),
            one.version,
            " ".join(sorted({f"{field.place}:{field.name}" for field in one.classes})),
            " ".join(sorted({said.source for said in one.declared if said.current})),
        ]
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def _harmless(cell: str) -> str:
    cell = _printable(cell)
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _markdown(made: Catalog, chosen: Sequence[CatalogOperation]) -> str:
    lines = ["# API catalog", ""]
    for service in made.services:
        mine = [one for one in chosen if one.service == service.name]
        if not mine:
            continue
        lines += [f"## {_cell(service.name) or '(no host)'}", ""]
        if service.coverage.lacks:
            lines += [*(f"* {_cell(lack)}" for lack in service.coverage.lacks), ""]
        lines += ["| Operation | Calls | Authentication | Views | Exposure | Data classes |", "|---|---:|---|---|---|---|"]
        lines += [_markdown_row(one) for one in mine] + [""]
    return "\n".join(lines)


def _markdown_row(one: CatalogOperation) -> str:
    ratio = one.authentication.ratio
    told = "unknown" if ratio is None else f"{one.authentication.verdict} ({ratio:.0%})"
    classes = ", ".join(sorted({field.name for field in one.classes}))
    cells = (f"`{_cell(one.name)}`", f"{one.count:,}", told, ", ".join(one.views), one.exposure, classes)
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    """Nothing of a caller's may end a cell, or be markup."""
    return _printable(text).replace("\\", "\\\\").replace("|", "\\|").replace("`", "'").replace("<", "&lt;")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _moment(moment: Moment) -> str:
    return "" if moment is None else when(moment)
