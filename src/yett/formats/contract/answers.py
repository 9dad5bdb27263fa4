"""What the contract declares for the status of a response: its header fields and media types."""

import msgspec

from yett.formats.contract.live import LiveContract
from yett.formats.contract.media import MediaTable, media_table
from yett.formats.contract.parameters import Prepared, prepared
from yett.formats.contract.values import Answer


class PreparedAnswer(msgspec.Struct, frozen=True):
    """fields: declared header fields by lower-case name. media: declared types; empty where nothing is said of the body."""

    fields: tuple[tuple[bytes, Prepared], ...]
    media: MediaTable


class AnswerTable:
    """The declared answers of one operation. The most specific status wins: "404", then "4XX", then "default"."""

    def __init__(self, live: LiveContract, answers: tuple[Answer, ...]) -> None:
        self._declared = {answer.status: _prepare(live, answer) for answer in answers}
        self._default = self._declared.get("default")
        self.reads = any(answer.media.reads for answer in self._declared.values())

    def find(self, status: int) -> PreparedAnswer | None:
        """What is declared for a status; None if nothing is."""
        declared = self._declared
        return declared.get(str(status)) or declared.get(f"{status // 100}XX") or self._default


def _prepare(live: LiveContract, answer: Answer) -> PreparedAnswer:
    fields = tuple((parameter.name.lower().encode(), prepared(live, parameter)) for parameter in answer.fields)
    return PreparedAnswer(fields, media_table(live, answer.media))
