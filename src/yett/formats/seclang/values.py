"""Rules of ModSecurity's language (SecLang) as values: what a directory of rules means, with nothing left to look up.

The reader (`yett.formats.seclang.reading`) makes them and has applied everything that is said elsewhere: SecDefaultAction,
`t:none`, SecRuleUpdate*, SecRuleRemove*. They must not know how rules are run.

Texts are str with octets that are not UTF-8 as surrogates; `raw` turns any of them back into the octets that were written.
"""

from collections.abc import Iterator, Mapping

import msgspec

SEVERITIES = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG")
"""By number, as in syslog (RFC 5424, 6.2.1)."""

DISRUPTIVE = ("allow", "block", "deny", "drop", "pass", "proxy", "redirect", "pause")
"""Actions of which a rule has at most one; what stands last counts."""


def raw(text: str) -> bytes:
    """The octets of a text of these values, as they stood in the file."""
    return text.encode("utf-8", "surrogateescape")


class Variable(msgspec.Struct, frozen=True):
    """One target of a rule: `ARGS`, `ARGS:name`, `ARGS:/pattern/`, `&ARGS` (how many), `!ARGS:name` (leave out).

    collection: upper case. selector: as written, without quotes; compared without regard to case. None where there is none.
    pattern: a regular expression in place of a selector, searched for in the names, without regard to case.
    XML's selector is an XPath expression.
    """

    collection: str
    selector: str | None = None
    pattern: bytes | None = None
    count: bool = False
    exclude: bool = False

    def __str__(self) -> str:
        text = ("!" if self.exclude else "") + ("&" if self.count else "") + self.collection
        if self.pattern is not None:
            return f"{text}:/{self.pattern.decode('utf-8', 'surrogateescape')}/"
        return text if self.selector is None else f"{text}:{self.selector}"


class Operator(msgspec.Struct, frozen=True):
    """How a value is judged. name: lower case, without "@". argument: macros (`%{TX.name}`) are kept as text."""

    name: str
    argument: str = ""
    negated: bool = False

    @property
    def octets(self) -> bytes:
        return raw(self.argument)


class Action(msgspec.Struct, frozen=True):
    """name: lower case. argument: None where none is written."""

    name: str
    argument: str | None = None


class Assignment(msgspec.Struct, frozen=True):
    """A `setvar`. collection: upper case. key and value may hold macros.

    operation: "=", "+" (add), "-" (subtract) or "!" (unset)."""

    collection: str
    key: str
    operation: str = "="
    value: str = ""


class Control(msgspec.Struct, frozen=True):
    """A `ctl`. name: lower case, such as "ruleengine" or "ruleremovetargetbyid".

    value: what follows "=", without the target. ranges: the rule ids meant, both ends included, for those by id.
    target: what is left out of the rules meant; None where the whole rule is, or where the control has nothing to do with rules.
    """

    name: str
    value: str = ""
    ranges: tuple[tuple[int, int], ...] = ()
    target: Variable | None = None


class Directive(msgspec.Struct, frozen=True, kw_only=True):
    """What SecRule and SecAction have in common.

    id: 0 where none is written. phase: 1 to 5.
    transformations: canonical names (`yett.formats.transformations`) in order, after SecDefaultAction and the last `t:none`.
    actions: all others in order, those of SecDefaultAction first where the rule does not override them. There is exactly one
    disruptive action: `block` has become what SecDefaultAction says, which is `pass` where nobody says anything.
    assignments and controls: the `setvar` and `ctl` among the actions, read. In a chain all controls stand in its last rule, since
    they take effect only where the whole chain has matched (as in ModSecurity 3).
    """

    id: int
    phase: int
    transformations: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    controls: tuple[Control, ...] = ()
    file: str = ""
    line: int = 0

    def has(self, name: str) -> bool:
        return any(action.name == name for action in self.actions)

    def last(self, name: str) -> str | None:
        """The argument of the last action of this name; None where there is none."""
        return next((action.argument for action in reversed(self.actions) if action.name == name), None)

    def every(self, name: str) -> Iterator[str]:
        """The arguments of all actions of this name."""
        return (action.argument or "" for action in self.actions if action.name == name)

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.every("tag"))

    @property
    def message(self) -> str:
        """May hold macros, as `log_data` may."""
        return self.last("msg") or ""

    @property
    def log_data(self) -> str:
        return self.last("logdata") or ""

    @property
    def severity(self) -> int | None:
        """0 (emergency) to 7 (debug); see SEVERITIES."""
        written = self.last("severity")
        if written is None:
            return None
        return int(written) if written.isdecimal() else SEVERITIES.index(written.upper())

    @property
    def version(self) -> str:
        return self.last("ver") or ""

    @property
    def disruptive(self) -> Action:
        """What to do on a match: allow, deny, drop, pass, proxy, redirect or pause; never block."""
        return next((action for action in reversed(self.actions) if action.name in DISRUPTIVE), Action("pass"))

    @property
    def status(self) -> int:
        """Of the answer to what is denied; where the rule does not say, 403, and 302 for a redirect."""
        return int(self.last("status") or (302 if self.disruptive.name == "redirect" else 403))

    @property
    def skip_after(self) -> str | None:
        """Name of the Marker behind which the phase goes on after a match. `skip` and ids of rules have become markers, too."""
        return self.last("skipafter")

    @property
    def captures(self) -> bool:
        return self.has("capture")

    @property
    def logs(self) -> bool:
        """Whether a match is worth a record: False for `nolog`."""
        return not self.has("nolog")


class SecAction(Directive, frozen=True, kw_only=True):
    """Actions that are taken in any case."""


class SecRule(Directive, frozen=True, kw_only=True):
    """One rule; the actions are taken where the operator accepts at least one value.

    chained: the rest of the chain in order, each with the head's id and phase and without a `chained` of its own: every one must
    match as well. Disruptive actions and what is logged stand in the head; variables are set as soon as their own rule matches.
    A SecAction within a chain is a rule with the operator "unconditionalmatch".
    """

    variables: tuple[Variable, ...]
    operator: Operator
    chained: tuple["SecRule", ...] = ()

    @property
    def multi_match(self) -> bool:
        """Whether the operator is asked before and after each transformation that changed the value."""
        return self.has("multimatch")


class Marker(msgspec.Struct, frozen=True):
    """A place that `skipAfter` names; it belongs to all phases."""

    name: str
    file: str = ""
    line: int = 0


Item = SecRule | SecAction | Marker


class Unenforced(msgspec.Struct, frozen=True):
    """Something that was read and will not be honoured. rule: the id of the rule, 0 where it belongs to none. what: the directive,
    action, operator or variable. why: the reason, for people. whole: the rule is left out altogether, not only this part of it.
    places: in how many places it stands, where only the first is named."""

    file: str
    line: int
    rule: int
    what: str
    why: str
    whole: bool = False
    places: int = 1

    def __str__(self) -> str:
        of_rule = f" of rule {self.rule}" if self.rule else ""
        others = f", and {self.places - 1} more" if self.places > 1 else ""
        return f"{self.file}:{self.line}{others}: {self.what}{of_rule} is not enforced: {self.why}"


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """A directory of rules. items: in order, without what was removed.

    settings: engine directives such as SecRequestBodyLimit by canonical name; the last one counts.
    data: the phrases of @pmFromFile and @ipMatchFromFile files, without comments, by the operator's argument as written.
    unenforced: all that is not honoured, in order of place.
    signatures: names of the rule sets (SecComponentSignature).
    """

    items: tuple[Item, ...] = ()
    settings: Mapping[str, str] = {}
    data: Mapping[str, tuple[bytes, ...]] = {}
    unenforced: tuple[Unenforced, ...] = ()
    signatures: tuple[str, ...] = ()

    @property
    def rules(self) -> Iterator[SecRule]:
        return (item for item in self.items if isinstance(item, SecRule))


class RuleFiles(msgspec.Struct, frozen=True):
    """A directory of rules as it was read, before anything is made of it; it can be carried to another process.

    files: contents by path below the directory, with "/" between. order: those with directives, as they are included.
    """

    files: Mapping[str, bytes] = {}
    order: tuple[str, ...] = ()
