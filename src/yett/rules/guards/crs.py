"""The OWASP Core Rule Set, unmodified: known attacks in requests, and leaks in responses, by anomaly score.

`crs: {directory: ./coreruleset}` reads a release of the rules (3.3 or 4) from a directory. Each rule that matches adds to a score;
from `threshold` on (5: one critical rule) a request is denied with 403, from `outbound_threshold` on (4) a response is. `paranoia`
1 to 4 says how much is suspected. The record names the rule that weighs most (`crs-942100`), all others, the place and the score.

Values that the contract proves (numbers, dates, identifiers of a declared form) are not judged. Begin with `mode: monitor`, look
at what would have been denied, and make exceptions where honest requests are found: `except: [{rule: 942100, place: query q}]`;
`yett explain` prints the entry to paste. Exceptions may also be written in the rules' own language, in the directory.

`setup` sets variables of the rules, such as `allowed_methods`; `yett check` lists what of the rules is not enforced.

Large bodies are judged by a process beside the worker. Where it dies over one, or hangs, `on_unavailable: deny` answers 503,
`allow` lets the request in and records that it was not judged.

What it does not protect against: what the rules do not know, attacks that look like honest values, and what stands beyond the
inspection limit. Rules that count over several requests need collections that are not kept; use `limits` for that.
"""

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from yett.formats.contract.live import ContractOperation
from yett.formats.contract.proven import proven_places
from yett.formats.inspected import InspectionLimits
from yett.formats.seclang.including import EXAMPLE, SETUP, include_order
from yett.formats.seclang.reading import read_seclang
from yett.model.decision import Mode, Stage
from yett.model.mistake import PolicyErrors
from yett.model.policy import DirectoryPath, FilePath, Struct
from yett.model.ports import Ports
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.guards import attacks
from yett.rules.guards.attacks import Beyond, Inspect
from yett.rules.inspection.exceptions import Exceptions, Exemption
from yett.rules.seclang.compile import compile_rules
from yett.rules.seclang.declared import Declared
from yett.rules.seclang.folding import Contradiction
from yett.rules.seclang.judging import Judging
from yett.rules.seclang.live import response_is_text
from yett.rules.seclang.program import Program

_RULES = r"""
SecDefaultAction "phase:1,log,pass"
SecDefaultAction "phase:2,log,pass"
SecDefaultAction "phase:4,log,pass"
SecAction "id:901200,phase:1,pass,nolog,setvar:tx.score=0,setvar:tx.leaks=0"
SecRule ARGS|ARGS_NAMES "@rx (?i)union\s+select" "id:942190,phase:2,block,capture,t:none,t:urlDecodeUni,\
    msg:'SQL injection',severity:'CRITICAL',setvar:'tx.score=+5'"
SecRule TX:score "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,status:403,msg:'Score %{tx.score}'"
SecRule RESPONSE_BODY "@contains ORA-00933" "id:951120,phase:4,block,msg:'Oracle error',severity:'CRITICAL',setvar:'tx.leaks=+5'"
SecRule TX:leaks "@ge %{tx.outbound_anomaly_score_threshold}" "id:959100,phase:4,deny,msg:'Score %{tx.leaks}'"
"""
_FILES = {"crs/rules.conf": _RULES}
_POLICY = "crs: {directory: crs}"
_GET = "HTTP/1.1\nHost: api.example\n\n"
_ORACLE = 'HTTP/1.1 200 OK\nContent-Type: application/json\n\n{"error": "ORA-00933: not properly ended"}'

RULE = Rule(
    id="crs",
    title="OWASP Core Rule Set",
    severity=Severity.HIGH,
    setting="crs",
    owasp=("API8:2023", "API10:2023"),
    cwe=(20, 74),
    references=("https://coreruleset.org/docs/", "https://coreruleset.org/docs/2-how-crs-works/2-1-anomaly_scoring/"),
    matches=(
        Example(request=f"GET /orders?q=1%20UNION%20SELECT%202 {_GET}", policy=_POLICY, files=_FILES),
        Example(
            request='POST /orders HTTP/1.1\nHost: api.example\nContent-Type: application/json\n\n{"q": "1 union\\u0020select 2"}',
            policy=_POLICY,
            files=_FILES,
        ),
        Example(request=f"GET /orders {_GET}", response=_ORACLE, policy=_POLICY, files=_FILES, note="a leak in the response"),
    ),
    passes=(
        Example(request=f"GET /orders?q=trade%20union {_GET}", policy=_POLICY, files=_FILES),
        Example(
            request=f"GET /orders?q=1%20UNION%20SELECT%202 {_GET}",
            policy="crs: {directory: crs, threshold: 10}",
            files=_FILES,
            note="below the threshold",
        ),
        Example(
            request=f"GET /orders?q=1%20UNION%20SELECT%202 {_GET}",
            policy="crs: {directory: crs, except: [{rule: 942190, place: query q}]}",
            files=_FILES,
            note="an exception for one place",
        ),
    ),
)

RESPONSE_PREFIX = 524_288
"""Octets of a response that are looked at: ModSecurity's default SecResponseBodyLimit."""

METHODS = "GET HEAD POST OPTIONS PUT PATCH DELETE"
"""Methods that rules allow where the policy does not say `allowed_methods`: those that APIs have. Which of them an operation has is
the contract's business."""

_SETTINGS = {
    "blocking_paranoia_level": "paranoia",
    "paranoia_level": "paranoia",
    "detection_paranoia_level": "executing_paranoia",
    "executing_paranoia_level": "executing_paranoia",
    "inbound_anomaly_score_threshold": "threshold",
    "outbound_anomaly_score_threshold": "outbound_threshold",
}
"""Variables of the rules that have a setting of their own."""

Level = Annotated[int, Meta(ge=1, le=4)]
_VARIABLE = re.compile(rb"(?<![a-z0-9_])tx[.:]([a-z][a-z0-9_]{0,63})")
"""A variable of TX in rules in lower case: `tx.name` in actions and macros, `TX:name` where it is looked at."""
_NUMBER = re.compile(rb"\bid\s*:\s*'?([0-9]{1,9})(?![0-9])")
VariableName = Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Threshold = Annotated[int, Meta(ge=1, le=1_000_000)]


class Excused(Struct, frozen=True, kw_only=True):
    """`{rule: 942100, operation: "POST /reports", place: "body /filters/*/query"}`

    rule: its number, as in the rules or (`crs-942100`) in records; "*" for all. operation: its id, or method and template.
    place: as records say it; "*" stands for one step of a pointer, "**" for any number.
    """

    rule: int | Annotated[str, Meta(pattern=r"^(\*|(crs-)?[0-9]{1,9})$")]
    operation: Annotated[str, Meta(min_length=1)] | None = None
    place: Annotated[str, Meta(min_length=1, max_length=300)] | None = None

    def __post_init__(self) -> None:
        self.exemption()

    def exemption(self) -> Exemption:
        """Raises ValueError where neither operation nor place is given, or the place is none."""
        return Exemption(rule=str(self.rule).removeprefix("crs-"), operation=self.operation, place=self.place)


class InDeclared(StrEnum):
    """What a match is worth at a place that the contract declares."""

    COUNT = "count"
    LEAVE = "leave"


class Options(Struct, frozen=True, kw_only=True):
    """`crs: {directory: ./coreruleset, paranoia: 1, threshold: 5, except: [{rule: 942100, place: "body /note"}]}`

    paranoia: level whose rules count. executing_paranoia: level whose rules are run and recorded, where it is higher.
    setup_file: in place of the directory's crs-setup.conf. setup: variables of TX that the rules look at.
    in_declared: `leave` gives the rules of `attacks`, which must be enforced then, the last word on texts and names that the
    contract declares. on_unavailable: what becomes of a request whose large body could not be judged, because the process that
    judges them died or hung over it.
    """

    directory: DirectoryPath
    mode: Mode = Mode.ENFORCE
    paranoia: Level = 1
    executing_paranoia: Level | None = None
    threshold: Threshold = 5
    outbound_threshold: Threshold = 4
    setup_file: FilePath | None = None
    setup: dict[VariableName, str | int] = msgspec.field(default_factory=dict)
    except_: tuple[Excused, ...] = msgspec.field(default=(), name="except")
    inspect: Inspect = Inspect()
    in_declared: InDeclared = InDeclared.COUNT
    responses: bool = True
    on_unavailable: Literal["deny", "allow"] = "deny"

    def __post_init__(self) -> None:
        if self.executing_paranoia is not None and self.executing_paranoia < self.paranoia:
            raise ValueError("executing_paranoia is below paranoia: what counts must be run")
        for name in self.setup:
            if name.lower() in _SETTINGS:
                raise ValueError(f"setup: {name} is what the setting {_SETTINGS[name.lower()]!r} says")


def prepare(options: Options, scope: Scope) -> Prepared:
    program = load(options, scope.ports)
    for gap in program.gaps:
        scope.gap(f"{_shown(options, gap.file)}:{gap.line}: {gap.what}", gap.why)
    for number in _unknown(options, scope.ports):
        scope.gap(f"except: rule {number}", f"no rule in {options.directory} has this number, so the exception is for nothing")
    exceptions = [one for one in map(Excused.exemption, options.except_) if one.applies_to(scope.operation)]
    contract = scope.contract if isinstance(scope.contract, ContractOperation) else None
    proven = None if contract is None else proven_places(contract)
    limits = InspectionLimits(options.inspect.size, options.inspect.values)
    excused = Exceptions(exceptions) if exceptions else None
    judging = Judging(RULE.id, program, limits, excused, proven)
    judging.denies_beyond = options.inspect.beyond is Beyond.DENY
    judging.denies_unjudged = options.on_unavailable == "deny"
    judging.snapshot = scope.ports.snapshot
    leaves = options.in_declared is InDeclared.LEAVE
    if leaves and contract is not None:
        judging.declared = Declared(contract)
    steps = [Step(Stage.INSPECT_BODY, judging.request, prefix=limits.size)]
    if options.responses and (program.phases[3] or program.phases[4]):
        steps.append(Step(Stage.RESPONSE, judging.response_head))
        prefix = min(limits.size, RESPONSE_PREFIX)
        steps.append(Step(Stage.RESPONSE_BODY, judging.response_body, wants=response_is_text, prefix=prefix))
    relies_on = attacks.RULE.id if leaves else ""
    return Prepared(steps=tuple(steps), mode=options.mode, errand=judging.errand, relies_on=relies_on)


def _unknown(options: Options, ports: Ports) -> list[str]:
    """Numbers of rules in exceptions that no rule has, whatever its paranoia level. A mistake that must not stop a start: a newer
    release of the rules may have dropped some."""
    told = dict.fromkeys(one.exemption().rule for one in options.except_)
    if not told.keys() - {"*"}:
        return []
    key = (RULE.id, "numbers", options.directory, options.setup_file)
    known = ports.shared.get(key)
    if known is None:
        found = (_NUMBER.findall(raw) for raw in _files(options, ports.files).values())
        known = ports.shared[key] = {int(number) for numbers in found for number in numbers}
    return [rule for rule in told if rule != "*" and int(rule) not in known]


def load(options: Options, ports: Ports) -> Program:
    """The compiled rules, shared by all operations that use them in the same way, and by all snapshots whose rules are these.
    Raises ValueError."""
    variables = _variables(options)
    key = (RULE.id, options.directory, options.setup_file, tuple(sorted(variables.items())))
    program: Program | None = ports.shared.get(key)
    if program is None:
        files = _files(options, ports.files)
        digest = _digest(files, variables)
        program = ports.compiled.get(digest)
        if program is None:
            program = ports.compiled[digest] = _compiled(options, files, variables, ports)
        ports.shared[key] = program
    return program


def _compiled(options: Options, files: dict[str, bytes], variables: dict[str, Any], ports: Ports) -> Program:
    try:
        ruleset = read_seclang(files, include_order(files))
    except PolicyErrors as error:
        shown = [str(replace(one, file=_shown(options, one.file))) for one in error.errors[:10]]
        raise ValueError("; ".join(shown)) from None
    _check_setup(options, files)
    try:
        return compile_rules(ruleset, variables, ports.patterns, quiet=True)
    except Contradiction as error:
        if SETUP in files or EXAMPLE in files:
            raise
        raise ValueError(
            f"{options.directory} has no {SETUP}, and the rules refuse to run without: name the directory that has {SETUP} or "
            f"{EXAMPLE} beside rules/, or the file with `setup_file`, such as /etc/modsecurity/crs/{SETUP} on Debian "
            f"(rule {error.ruling.id})"
        ) from None


def _shown(options: Options, file: str) -> str:
    """A file of the rules by the name that their owner knows."""
    if file == SETUP and options.setup_file is not None:
        return options.setup_file
    return f"{options.directory}/{file}"


def _check_setup(options: Options, files: Mapping[str, bytes]) -> None:
    """Whether the variables that the policy sets occur in the rules. Raises ValueError."""
    if not options.setup:
        return
    text = b"\n".join(files.values()).lower()
    known = {word.decode() for word in _VARIABLE.findall(text)}
    for name in options.setup:
        if name.lower() not in known:
            raise ValueError(f"setup: no rule knows a variable {name!r}{_meant(name, known)}")


def _meant(name: str, known: Collection[str]) -> str:
    found = get_close_matches(name.lower(), known, 1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _digest(files: Mapping[str, bytes], variables: Mapping[str, Any]) -> bytes:
    parts = [*sorted(variables.items()), *((name, sha256(raw).digest()) for name, raw in sorted(files.items()))]
    return sha256(repr((RULE.id, parts)).encode()).digest()


def _files(options: Options, files: Mapping[str, bytes]) -> dict[str, bytes]:
    prefix = f"{options.directory}/"
    found = {name.removeprefix(prefix): raw for name, raw in files.items() if name.startswith(prefix)}
    if options.setup_file is not None:
        found.pop(EXAMPLE, None)
        found[SETUP] = files[options.setup_file]
    if not found:
        raise ValueError(f"the directory {options.directory} was not read")
    return found


def _variables(options: Options) -> dict[str, Any]:
    """Variables of TX by the names of CRS 3 and 4."""
    executed = max(options.executing_paranoia or options.paranoia, options.paranoia)
    found: dict[str, Any] = {
        "allowed_methods": METHODS,
        "blocking_paranoia_level": options.paranoia,
        "detection_paranoia_level": executed,
        "paranoia_level": options.paranoia,
        "executing_paranoia_level": executed,
        "inbound_anomaly_score_threshold": options.threshold,
        "outbound_anomaly_score_threshold": options.outbound_threshold,
        "early_blocking": 0,
    }
    return found | {name.lower(): value for name, value in options.setup.items()}
