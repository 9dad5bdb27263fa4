"""What the two guards of the contract share: their options, and what they report as not enforced."""

from enum import StrEnum

from yett.formats.contract.live import ContractOperation
from yett.formats.contract.violations import Violation
from yett.model.decision import Denial, Mode
from yett.model.policy import Struct
from yett.model.rule import Scope


class Enforcement(StrEnum):
    ENFORCE = "enforce"
    MONITOR = "monitor"
    OFF = "off"

    @property
    def mode(self) -> Mode:
        return Mode.ENFORCE if self is Enforcement.ENFORCE else Mode.MONITOR


class ResponseAction(StrEnum):
    """block: a response that breaks the contract becomes a 502. strip: what is not declared is taken out, all else that is
    wrong is recorded. flag: only recorded."""

    BLOCK = "block"
    STRIP = "strip"
    FLAG = "flag"


class Undeclared(StrEnum):
    ALLOW = "allow"
    DENY = "deny"


class Security(StrEnum):
    IGNORE = "ignore"
    HONOUR = "honour"


class Options(Struct, frozen=True, kw_only=True):
    """`contract: {file: openapi.yaml, requests: enforce, responses: monitor}`

    invalid_status: 400 or 422, for requests that are well-formed and break the contract. undeclared_parameters: of the query.
    undeclared_bodies: bodies of operations that declare none. security: whether the contract's `security` is required.
    """

    requests: Enforcement = Enforcement.ENFORCE
    responses: Enforcement = Enforcement.MONITOR
    response_action: ResponseAction = ResponseAction.STRIP
    invalid_status: int = 400
    undeclared_parameters: Undeclared = Undeclared.ALLOW
    undeclared_bodies: Undeclared = Undeclared.ALLOW
    security: Security = Security.IGNORE

    def __post_init__(self) -> None:
        if self.invalid_status not in (400, 422):
            raise ValueError("invalid_status is 400 or 422")


def report_gaps(operation: ContractOperation, scope: Scope) -> None:
    """Say what the contract declares for this operation and what will not be enforced."""
    for gap in operation.unenforced:
        scope.gap(f"{gap.what} at {gap.document}#{gap.pointer}", gap.why)


def denial(rule: str, status: int, violation: Violation, title: str) -> Denial:
    return Denial(rule, status, violation.reason, violation.place, violation.sample, title)
