"""What the Core Rule Set's tests are run against: one interface, and libmodsecurity, which shows whether the runner is right.

An engine gets the octets of one request as they stand on the wire, has it answered by the tests' backend (`reception.answer`),
and says the status that the client sees and what stands in the log. The settings are those that the tests' README asks for.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from attacks import oracle, reception
from yett.model.exchange import Request

SETTINGS = (
    'SecAction "id:900005,phase:1,nolog,pass,ctl:ruleEngine=DetectionOnly,ctl:ruleRemoveById=910000,'
    "setvar:tx.blocking_paranoia_level=4,setvar:tx.crs_validate_utf8_encoding=1,setvar:tx.arg_name_length=100,"
    "setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,setvar:tx.max_num_args=255,setvar:tx.max_file_size=64100,"
    'setvar:tx.combined_file_sizes=65535"\n'
)
"""tests/regression/README.md of the Core Rule Set, word for word."""


class Seen(msgspec.Struct, frozen=True):
    """status: 0 where the client got no answer. rules: ids in the log. lines: the log, for tests that look for words in it.
    refused: why the engine's own front refused the request, so that no rule saw it; empty otherwise."""

    status: int
    rules: frozenset[int] = frozenset()
    lines: tuple[str, ...] = ()
    refused: str = ""


class Engine(Protocol):
    """Sees one request after another; nothing of one is left for the next."""

    def see(self, wire: bytes) -> Seen: ...


def behind_server(judge: Callable[[Request], Seen], wire: bytes) -> Seen:
    """`judge` behind the tolerant server for which the tests were written."""
    try:
        request = reception.receive(wire)
    except reception.NoAnswer as error:
        return Seen(0, refused=str(error))
    except reception.Malformed as error:
        return Seen(error.status, refused=str(error))
    return judge(request)


class OracleEngine:
    """libmodsecurity, which says whether the runner itself is right."""

    def __init__(self, directory: Path) -> None:
        self._oracle = oracle.Oracle(oracle.rule_files(directory), oracle.setup_file(directory), SETTINGS)

    def see(self, wire: bytes) -> Seen:
        return behind_server(self._judge, wire)

    def _judge(self, request: Request) -> Seen:
        response = reception.answer(request)
        found = self._oracle.judge(request, response)
        return Seen(found.status or response.status, oracle.logged(found.lines), found.lines)
