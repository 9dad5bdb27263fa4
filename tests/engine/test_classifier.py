"""One value at a time: bounds, hostile values, names."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.engine.classes import Classifier, check_pattern, classifier
from yett.engine.naming import Naming, Strength
from yett.model.classes import Category, DataClass, Form, phrases
from yett.model.rule import Severity


def one(**more) -> DataClass:
    return DataClass(**{"id": "a", "title": "A", "category": Category.IDENTITY, "severity": Severity.LOW, **more})


@given(st.text(max_size=40), st.text(max_size=60), st.one_of(st.text(), st.integers(), st.floats(), st.booleans()))
def test_any_value_is_answered_in_order(name, place, value):
    found = classifier()(name, place, value)
    assert list(found) == sorted(set(found))
    assert set(found) <= set(classifier().classes)
    assert found == classifier()(name, place, value)


DIGITS = st.text("0123456789", min_size=1, max_size=24)


@given(
    st.sampled_from(["nationalId", "taxId", "cardNumber", "accountNumber", "ssn", "phone", "dob", "vin", "lat", "ip"]),
    st.one_of(DIGITS, st.text("0123456789ABCXYZ-./ +()", max_size=24)),
)
def test_checks_take_whatever_their_patterns_let_through(name, value):
    classifier()(name, "", value)


def test_halves_of_surrogate_pairs_are_no_error():
    assert classifier()("email", "", "\ud800ana@example.org") is not None
    assert classifier()("text", "", "\ud800 please write to ana@example.org") == ("email",)


def test_true_and_false_are_of_no_class():
    assert classifier()("password", "", True) == ()


@pytest.mark.parametrize("value", [10**3000, -(10**3000), float("nan"), float("inf"), 1e300])
def test_numbers_of_any_size(value):
    assert classifier()("phone", "", value) == ()


@pytest.mark.parametrize(
    "text", ["a@" * 50_000, "1 " * 50_000, "eyJ" * 50_000, "-" * 100_000, "x." * 50_000, "4111 " * 20_000, "0:" * 50_000]
)
def test_long_values_cost_a_bounded_time(text):
    start = time.perf_counter()
    classifier()("address", "", text)
    classifier()("cardNumber", "", text[:4000])
    assert time.perf_counter() - start < 0.5


def test_what_stands_late_in_a_long_text_is_not_looked_for():
    assert classifier()("text", "", "x " * 8000 + "ana@example.org") == ()


def test_many_names_are_forgotten_and_found_again():
    classify = Classifier([one(names=("zork",))])
    assert all(classify(f"field{number}", "", "y") == () for number in range(9000))
    assert classify("zork", "", "y") == ("a",)


@pytest.mark.parametrize(
    ("name", "place", "strength"),
    [
        ("cardNumber", "", Strength.NAME),
        ("CARD_NUMBER", "", Strength.NAME),
        ("card-number", "", Strength.NAME),
        ("cardnumber", "", Strength.NAME),
        ("creditcardnumber", "", None),
        ("number", "card", Strength.NAME),
        ("number", "$.card.number", Strength.NAME),
        ("number", "response.200.body/customer/card/number", Strength.NAME),
        ("numbers", "/cards/0/card/numbers", Strength.NAME),
        ("cardNumber2", "", Strength.NAME),
        ("billing[card_number]", "", Strength.NAME),
        ("cardNumberVerified", "", None),
        ("hasCardNumber", "", None),
        ("resetToken", "", Strength.HINT),
        ("nextPageToken", "", None),
        ("status", "card.number", None),
        ("discardNumber", "", None),
        ("club card number", "", Strength.HINT),
        ("", "", None),
        ("ＣardＮumber", "", Strength.NAME),
    ],
)
def test_names(name, place, strength):
    naming = Naming([one(names=("card number",)), one(id="b", hints=("club card number", "reset token", "token"))])
    found = naming.strengths(name, place)
    assert max(found.values(), default=None) == strength


def test_the_longest_phrase_wins():
    naming = Naming([one(names=("address",)), one(id="ip", names=("ip address",))])
    assert set(naming.strengths("ipAddress", "")) == {"ip"}
    assert set(naming.strengths("homeAddress", "")) == {"a"}


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ([one(names=("b",)), one(names=("b",))], "stands twice"),
        ([one()], "nothing could find"),
        ([one(forms=(Form(pattern="("),), names=("b",))], "not understood"),
        ([one(forms=(Form(pattern="(", chance=0.1),))], "not understood"),
    ],
)
def test_classes_that_cannot_be_are_refused(classes, words):
    with pytest.raises(ValueError, match=words):
        classifier(classes)("b", "", "x") if len(classes) == 1 else Classifier(classes)


def test_patterns_that_are_not_linear_are_refused():
    assert "invalid" in check_pattern(r"(a)\1")
    assert check_pattern("a+") == ""


def test_phrases():
    assert phrases("card  number, card no,") == ("card number", "card no")
