"""Which records are wanted. Pure: an event in, yes or no out."""

import re

import msgspec

from yett.model.event import Event


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """All that is given must hold; an empty filter takes everything.

    tag: a whole tag, or "gateway:request:*". status: inclusive bounds. rule: in any reason, enforced or not. would: what
    enforcement would have done. since, until: seconds since the Unix epoch, for the start of the exchange; `until` itself is
    excluded.
    """

    tag: str = ""
    status: tuple[int, int] | None = None
    verdict: str = ""
    would: str = ""
    operation: str = ""
    principal: str = ""
    service: str = ""
    rule: str = ""
    request_id: str = ""
    since: float | None = None
    until: float | None = None

    def matches(self, event: Event) -> bool:
        return (
            (self.since is None or event.time >= self.since)
            and (self.until is None or event.time < self.until)
            and all(getattr(event, name) == getattr(self, name) for name in _EXACT if getattr(self, name))
            and (self.status is None or self.status[0] <= event.status <= self.status[1])
            and _tag_matches(self.tag, event.tag)
            and (not self.rule or any(reason.rule == self.rule for reason in event.reasons))
        )

    @property
    def needles(self) -> list[bytes]:
        """Bytes that stand in the encoding of every event that matches: where one is missing, nothing need be decoded."""
        return [getattr(self, name).encode("utf-8", "replace") for name in (*_EXACT, "rule") if getattr(self, name)]


EVERYTHING = Filter()
_STATUS = re.compile(r"(?P<class>[1-5])xx|(?P<first>[0-9]{1,3})(-(?P<last>[0-9]{1,3}))?", re.IGNORECASE)
_EXACT = ("verdict", "would", "operation", "principal", "service", "request_id")


def _tag_matches(wanted: str, tag: str) -> bool:
    if wanted.endswith("*"):
        return tag.startswith(wanted[:-1])
    return not wanted or tag == wanted


def parse_status(text: str) -> tuple[int, int]:
    """Read "404", "4xx" or "400-499"; "0" is where nothing was sent. Raises ValueError."""
    match = _STATUS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a status such as 404, 4xx or 400-499")
    if match["class"]:
        return int(match["class"]) * 100, int(match["class"]) * 100 + 99
    return int(match["first"]), int(match["last"] or match["first"])
