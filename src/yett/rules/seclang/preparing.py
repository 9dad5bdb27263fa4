"""From a rule as a value to a rule that can be run. What cannot be run is a Gap. It must not know which rules may be left out."""

from collections.abc import Mapping, Sequence

from yett.formats.seclang.aiming import aims_at
from yett.formats.seclang.judging import phrases_in
from yett.formats.seclang.values import Control, Item, Marker, Operator, SecAction, SecRule, Variable, raw
from yett.formats.transformations import chain_of
from yett.rules.seclang.expressions import Phrases, expression
from yett.rules.seclang.links import Effect, Link, assignment
from yett.rules.seclang.macros import Macro
from yett.rules.seclang.operators import Accept, prepare
from yett.rules.seclang.program import Ruling
from yett.rules.seclang.transaction import Transaction
from yett.rules.seclang.variables import gather, key_test

_STOPS = frozenset(("deny", "drop", "redirect", "proxy"))
_ALWAYS = Operator("unconditionalmatch")


def phrases(operator: Operator, data: Mapping[str, Sequence[bytes]]) -> Sequence[bytes]:
    """What `@pm` and `@pmFromFile` look for. Raises ValueError."""
    if operator.name == "pm":
        return phrases_in(operator.octets)
    if operator.argument not in data:
        raise ValueError(f"the file {operator.argument} is not there")
    return data[operator.argument]


class Preparing:
    """One rule set on its way. `pinned`: variables of TX that rules cannot set."""

    def __init__(self, items: Sequence[Item], data: Mapping[str, Sequence[bytes]], pinned: frozenset[bytes]) -> None:
        self.items, self.data, self.pinned = items, data, pinned
        self.markers: dict[str, list[int]] = {}
        for place, item in enumerate(items):
            if isinstance(item, Marker):
                self.markers.setdefault(item.name, []).append(place)
        self._accepts: dict[Operator, Accept] = {}

    def ruling(self, position: int) -> Ruling:
        """Prepare the rule at a position. Raises ValueError."""
        item = self.items[position]
        assert isinstance(item, (SecRule, SecAction))
        chained = item.chained if isinstance(item, SecRule) else ()
        disruptive = item.disruptive
        verdict = "deny" if disruptive.name in _STOPS else "allow" if disruptive.name == "allow" else "pass"
        return Ruling(
            id=item.id,
            phase=item.phase,
            position=position,
            links=tuple(self.link(one) for one in (item, *chained)),
            skip_to=self._skip(item, position),
            verdict=verdict,
            allows=(disruptive.argument or "") if verdict == "allow" else "",
            status=item.status,
            logs=item.logs,
            severity=item.severity,
            tags=item.tags,
            message=Macro(raw(item.message)),
            data=Macro(raw(item.log_data)),
            file=item.file,
            line=item.line,
        )

    def link(self, item: SecRule | SecAction) -> Link:
        """Raises ValueError."""
        rule = isinstance(item, SecRule)
        operator = item.operator if isinstance(item, SecRule) else _ALWAYS
        effects = [assignment(told, self.pinned) for told in item.assignments]
        effects += [_steering(self._control(control)) for control in item.controls]
        return Link(
            gather=gather(item.variables) if isinstance(item, SecRule) else _nothing,
            chain=chain_of(item.transformations),
            accept=self.accept(operator),
            negated=operator.negated,
            captures=item.captures,
            multi=rule and item.has("multimatch"),
            effects=tuple(effect for effect in effects if effect is not None),
        )

    def accept(self, operator: Operator) -> Accept:
        """Rules that ask the same share the answer. Raises ValueError."""
        known = self._accepts.get(operator)
        if known is None:
            if operator.name in ("rx", "rxglobal"):
                if b"%{" in operator.octets:
                    raise ValueError("a pattern with macros")
                known = expression(operator.octets)
            elif operator.name in ("pm", "pmf", "pmfromfile"):
                known = Phrases(phrases(operator, self.data))
            else:
                known = prepare(operator, self.data)
            self._accepts[operator] = known
        return known

    def _skip(self, item: SecRule | SecAction, position: int) -> int:
        """The position to go on from, behind the next marker of the name; 0 for the next rule."""
        name = item.skip_after
        if name is None:
            return 0
        return next((place + 1 for place in self.markers.get(name, ()) if place > position), len(self.items))

    # --- ctl --------------------------------------------------------------------------------------------------------------

    def _control(self, control: Control) -> Effect:
        name = control.name
        if name.startswith("ruleremove"):
            positions = self.meant(control)
            return _remove(positions) if control.target is None else _leave_out(positions, control.target)
        if name == "requestbodyprocessor":
            processor = control.value.upper().encode()
            return lambda t: _use_processor(t, processor)
        if name == "forcerequestbodyvariable":
            forced = control.value.lower() == "on"
            return lambda t: setattr(t, "body_forced", forced)
        if name == "ruleengine":
            engine = control.value.lower()
            return lambda t: t.set_engine(engine)
        raise ValueError(f"ctl:{name} is unknown")

    def meant(self, control: Control) -> frozenset[int]:
        """Positions of the rules that a `ctl:ruleRemove...` means."""
        return frozenset(
            place
            for place, item in enumerate(self.items)
            if not isinstance(item, Marker) and item.id and aims_at(control, item)
        )


def _nothing(_: Transaction) -> list[tuple[bytes, bytes, bytes]]:
    """What a SecAction judges: one empty value, so that its effects take place once."""
    return [(b"", b"", b"")]


def _steering(control: Effect) -> Effect:
    """What a `ctl` does, and that it has been done."""

    def effect(t: Transaction) -> None:
        control(t)
        t.steered = True

    return effect


def _remove(positions: frozenset[int]) -> Effect:
    def effect(t: Transaction) -> None:
        t.removed.update(positions)
        t.start_from(t.tx)  # variables may no longer be as they are where no rule is removed

    return effect


def _leave_out(positions: frozenset[int], target: Variable) -> Effect:
    test = key_test(target)
    of_variables = target.collection == "TX"

    def effect(t: Transaction) -> None:
        if of_variables:
            t.start_from(t.tx)
        for position in positions:
            t.excluded.setdefault(position, []).append((target.collection, test))

    return effect


def _use_processor(t: Transaction, processor: bytes) -> None:
    if t.processor != processor:
        t.processor = processor
        t.forget_body()
