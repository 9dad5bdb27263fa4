"""Rules written in a test, run on requests written in a test."""

from collections.abc import Mapping

from yett.formats.seclang import read_seclang
from yett.rules.seclang import run
from yett.rules.seclang.compile import compile_rules
from yett.rules.seclang.program import Program
from yett.rules.seclang.transaction import Transaction

Fields = list[tuple[bytes, bytes]]
HOST: Fields = [(b"Host", b"api.example")]
JSON: Fields = [*HOST, (b"Content-Type", b"application/json")]
FORM: Fields = [*HOST, (b"Content-Type", b"application/x-www-form-urlencoded")]


def program(text: str, variables: Mapping[str, str | int] | None = None, quiet: bool = False, **data: bytes) -> Program:
    """data: files beside the rules, `name_data` for `name.data`."""
    files = {"rules.conf": text.encode("utf-8", "surrogateescape")}
    files |= {name.replace("_", "."): raw for name, raw in data.items()}
    return compile_rules(read_seclang(files, ["rules.conf"]), variables, quiet=quiet)


def inspected(
    compiled: Program,
    line: bytes = b"GET / HTTP/1.1",
    fields: Fields | None = None,
    body: bytes = b"",
    response: tuple[int, Fields, bytes] | None = None,
) -> Transaction:
    """All phases, as far as a refusal lets them come."""
    t = Transaction.of_request(line, HOST if fields is None else fields, body)
    run.begin(compiled, t)
    run.request(compiled, t)
    if response is not None and t.refusal is None:
        t.answer(response[0], response[1])
        t.response_body = response[2]
        run.response(compiled, t)
    run.finish(compiled, t)
    return t


def ids(t: Transaction) -> list[int]:
    """Rules that matched and log, in order."""
    return [hit.rule.id for hit in t.hits]
