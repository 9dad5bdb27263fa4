"""Every attack rule's own payloads, through the compiler and plans of live traffic, plain and in disguise."""

import html
from collections.abc import Callable
from functools import cache

import pytest
import re2
from attack_payloads import NOW, exchange_of
from policies import service_of

from yett.engine.recorded import Replayed, replay
from yett.engine.snapshot import Snapshot
from yett.formats.inspected import Origin
from yett.model.rule import Payload
from yett.rules.inspection.looking import BETWEEN
from yett.rules.inspection.pack import Pack, first_look
from yett.rules.inspection.signature import Signature, Structure
from yett.rules.inspection.unmask import unmasked
from yett.rules.registry import Attack, RuleError, as_attack, attacks

ATTACKS = attacks().values()
MATCHES = [
    pytest.param(attack, payload, id=f"{attack.rule.id}-{n}")
    for attack in ATTACKS
    for n, payload in enumerate(attack.rule.matches)
]
PASSES = [
    pytest.param(attack, payload, id=f"{attack.rule.id}-{n}")
    for attack in ATTACKS
    for n, payload in enumerate(attack.rule.passes)
]


@cache
def guarded() -> Snapshot:
    return service_of("mode: enforce\nattacks: {mode: enforce}")


def outcome_of(payload: Payload) -> Replayed:
    replayed = replay(guarded(), exchange_of(payload), NOW)
    assert not replayed.not_evaluated, replayed.not_evaluated
    return replayed


def said(payload: Payload) -> set[str]:
    """The rules that object to a payload, whether they deny or record."""
    replayed = outcome_of(payload)
    found = {denial.rule for denial in replayed.would}
    return found | {replayed.denial.rule} if replayed.denial is not None else found


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.rule.id)
def test_every_attack_rule_shows_what_it_finds(attack: Attack) -> None:
    rule = attack.rule
    assert len(rule.matches) >= 3
    assert len(rule.passes) >= 3
    assert len(attack.manual) > 300
    assert "does not protect" in attack.manual
    assert rule.references and rule.owasp and rule.cwe
    ids = [signature.id for signature in attack.signatures]
    assert len(set(ids)) == len(ids)
    assert all(signature.reason for signature in attack.signatures)


@pytest.mark.parametrize(("attack", "payload"), MATCHES)
def test_finds(attack: Attack, payload: Payload) -> None:
    replayed = outcome_of(payload)
    assert attack.rule.id in said(payload)
    for denial in (*([replayed.denial] if replayed.denial else []), *replayed.would):
        assert denial.place
        assert denial.reason
        assert len(denial.sample) <= 100 and denial.sample.isprintable()


@pytest.mark.parametrize(("attack", "payload"), PASSES)
def test_lets_pass(attack: Attack, payload: Payload) -> None:
    assert attack.rule.id not in said(payload)


# --- disguises --------------------------------------------------------------------------------------------------------------

VALUES = ("query ", "form ", "body /", "cookie ", "part ")
"""Places that hold one value, which can be disguised whole."""


def percent(text: str) -> str:
    return "".join(f"%{octet:02x}" for octet in text.encode())


def _cased(letter: str, at: int) -> str:
    return letter if not letter.isascii() else letter.upper() if at % 2 else letter.lower()


DISGUISES: dict[str, Callable[[str], str]] = {
    "percent": percent,
    "percent-twice": lambda text: percent(percent(text)),
    "percent-u": lambda text: "".join(f"%u{ord(letter):04x}" if ord(letter) < 128 else letter for letter in text),
    "entities": lambda text: "".join(
        letter if letter.isalnum() or ord(letter) > 127 else f"&#x{ord(letter):x};" for letter in text
    ),
    "decimal": lambda text: "".join(
        letter if letter.isalnum() or ord(letter) > 127 else f"&#{ord(letter):04d};" for letter in text
    ),
    "named": lambda text: html.escape(text),
    "unicode": lambda text: "".join(f"\\u{ord(letter):04x}" if ord(letter) < 128 else letter for letter in text),
    "hexadecimal": lambda text: "".join(f"\\x{ord(letter):02x}" if ord(letter) < 128 else letter for letter in text),
    "upper": lambda text: text.encode().upper().decode(),  # of ASCII: other characters are others in upper case
    "mixed": lambda text: "".join(_cased(letter, at) for at, letter in enumerate(text)),
    "nul": lambda text: "\0".join(text[at : at + 3] for at in range(0, len(text), 3)),
    "comments": lambda text: text.replace(" ", "/**/"),
    "fullwidth": lambda text: "".join(chr(ord(letter) + 0xFEE0) if letter in "<>'\"();/.=$|" else letter for letter in text),
}

SENSITIVE = frozenset(("deserialisation-gadget", "graphql-abuse"))
"""Rules whose attacks mean nothing in other letters."""
WORDS = frozenset(("sql-injection",))
"""Rules whose attacks mean the same with comments between words."""
LETTERS = frozenset(("upper", "mixed"))


def disguised() -> list[object]:
    chosen = []
    for attack in ATTACKS:
        for number, payload in enumerate(attack.rule.matches):
            if not payload.place.startswith(VALUES) or "%" in payload.text:
                continue
            for name in DISGUISES:
                if (name in LETTERS and attack.rule.id in SENSITIVE) or (name == "comments" and attack.rule.id not in WORDS):
                    continue
                if payload.place.startswith("cookie") and name in ("entities", "decimal", "named", "nul", "fullwidth"):
                    continue  # a semicolon ends a cookie, and its octets are ASCII
                if payload.place.startswith("query") and name == "nul":
                    continue  # refused by every policy
                chosen.append(pytest.param(attack, payload, name, id=f"{attack.rule.id}-{number}-{name}"))
    return chosen


@pytest.mark.parametrize(("attack", "payload", "name"), disguised())
def test_finds_what_is_disguised(attack: Attack, payload: Payload, name: str) -> None:
    text = DISGUISES[name](payload.text)
    place = payload.place
    if place.startswith("query"):
        text = text.replace("%", "%25")  # what reaches the application is the disguise
    assert attack.rule.id in said(Payload(text, place))


# --- the shape of rules -----------------------------------------------------------------------------------------------------


def compiled(pattern: bytes) -> object:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(b"(?sim)" + pattern, options)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.rule.id)
def test_the_first_look_sees_whatever_a_pattern_matches(attack: Attack) -> None:
    texts = {payload.text.encode() for one in ATTACKS for payload in (*one.rule.matches, *one.rule.passes)}
    texts |= {unmasked(text) for text in texts}
    for signature in attack.signatures:
        if first_look(signature) == signature.pattern:
            continue
        pattern, needle = compiled(signature.pattern), compiled(first_look(signature))
        for text in texts:
            if pattern.search(text):
                assert needle.search(text) or needle.search(text.replace(b"\n", BETWEEN)), (signature.id, text)


def test_a_pattern_that_takes_more_than_linear_time_is_refused() -> None:
    rule = next(iter(ATTACKS)).rule
    with pytest.raises(ValueError, match=rule.id):
        Pack([(rule, [Signature(id="x", pattern=rb"(a)\1", reason="x")])])


def test_modules_of_another_shape_are_refused() -> None:
    with pytest.raises(RuleError, match="SIGNATURES"):
        as_attack(pytest)


def test_every_origin_of_a_signature_is_one() -> None:
    for attack in ATTACKS:
        for signature in attack.signatures:
            assert isinstance(signature, Signature | Structure)
            assert signature.where and all(isinstance(origin, Origin) for origin in signature.where)
