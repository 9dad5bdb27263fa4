"""The plan of one operation: prepared callables in phase order. Deciding is running them until one answers.

What a policy does not ask for is not in the plan and costs nothing.
"""

from collections.abc import Callable

import msgspec

from yett.model.decision import Asked, Check, Mode, Phase
from yett.model.exchange import View
from yett.model.operation import Operation
from yett.model.policy import Service


class Plan(msgspec.Struct, frozen=True, kw_only=True, dict=False):
    """Everything the edge needs to carry one operation.

    checks: per phase, indexed by `Phase`; index 0 is unused. Checks in monitor mode are already wrapped so that they record.
    set_lines: whole response lines that are always added (fields named in `drop_fields` were removed before);
    default_lines: (lower-case name, whole line) added where the upstream sent none of that name.
    reads_body, reads_response: whether the edge must buffer and decode the body before the phase runs; reads_errors: the
    same for responses with a status of 400 and above only; wants_response: the same for responses of which one of these says so.
    beginning: where nothing reads more, octets of the body that the edge buffers at most before the phase runs; 0 means all.
    passes_unreadable: bodies that cannot be decoded are not refused, because only rules that watch would look at them.
    begins_response: conditions under which the beginning of a response is read, of at most `response_beginning` octets.
    errands: what guards can do for another process that has the same snapshot, by rule; see `yett.model.decision.Errand`.
    """

    operation: Operation
    service: Service
    mode: Mode
    checks: tuple[tuple[Check, ...], ...] = ((), (), (), (), ())
    rules: tuple[str, ...] = ()
    body_size: int = 10 << 20
    encoded_slash: bool = False
    reads_body: bool = False
    reads_response: bool = False
    reads_errors: bool = False
    wants_response: tuple[Callable[[View], bool], ...] = ()
    beginning: int = 0
    passes_unreadable: bool = False
    begins_response: tuple[Callable[[View], bool], ...] = ()
    response_beginning: int = 0
    set_lines: bytes = b""
    default_lines: tuple[tuple[bytes, bytes], ...] = ()
    drop_fields: frozenset[bytes] = frozenset()
    standard_reasons: bool = False
    errands: tuple[tuple[str, Callable[[Asked], bytes]], ...] = ()

    @property
    def may_read_response(self) -> bool:
        """Whether any response's body might have to be read, so that it must come in a coding that can be decoded."""
        return self.reads_response or self.reads_errors or bool(self.wants_response or self.begins_response)

    def reads_response_to(self, view: View) -> bool:
        """Whether the body of this response must be read; its head is known."""
        if self.reads_response or (self.reads_errors and view.status >= 400):
            return True
        return any(wants(view) for wants in self.wants_response)

    def begins_response_to(self, view: View) -> bool:
        """Whether at least the beginning of the body of this response must be read; its head is known."""
        return any(begins(view) for begins in self.begins_response)

    @property
    def head(self) -> tuple[Check, ...]:
        return self.checks[Phase.HEAD]
