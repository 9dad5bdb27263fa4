"""Which classes a field holds: aggregation, names, rivals, people."""

import pytest

from yett.engine.classes import classifier
from yett.engine.verdicts import ClassSettings, FieldEvidence, by_accident, verdicts


def evidence(name: str, values: list, place: str = "", decided: dict | None = None) -> FieldEvidence:
    counts: dict[str, int] = {}
    for value in values:
        for one in classifier()(name, place, value):
            counts[one] = counts.get(one, 0) + 1
    return FieldEvidence(name, place, len(values), counts, decided or {})


def found(name: str, values: list, place: str = "", decided: dict | None = None) -> list[str]:
    return [one.id for one in verdicts(evidence(name, values, place, decided), classifier())]


CARDS = ["4111111111111111", "4012888888881881", "5555555555554444", "5105105105105100", "378282246310005", "6011111111111117"]


def test_one_right_number_in_a_random_column_is_noise():
    assert found("reference", [CARDS[0], *(f"41111111111{number:05}" for number in range(12, 30))]) == []


def test_many_right_numbers_need_no_name():
    assert found("reference", CARDS) == ["payment-card"]


def test_few_right_numbers_need_a_name():
    assert found("reference", CARDS[:1]) == []
    assert found("cardNumber", CARDS[:1]) == ["payment-card"]


def test_nine_digits_are_nobodys_number_without_a_name():
    assert found("id", ["130692544", "046454286", "193456787"]) == []


def test_a_narrower_class_is_named_instead_of_the_broader():
    assert found("nationalId", ["44051401359", "02070803628"]) == ["pl-pesel"]
    assert found("nationalId", ["44051401351", "02070803621", "A1234567"]) == ["national-id"]


def test_of_rivals_the_one_with_the_clearer_name_stays():
    assert found("bsn", ["111222333", "123456782"]) == ["nl-citizen-service-number"]


def test_one_secret_is_enough_wherever_it_stands():
    secret = "please use ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    assert found("comment", ["nothing", "here either", *(f"text {number}" for number in range(200)), secret]) == [
        "development-token"
    ]


def test_one_address_in_many_comments_is_no_field_of_addresses():
    assert found("comment", [*(f"text {number}" for number in range(20)), "write to ana@example.org"]) == []


def test_the_name_wins_over_accident():
    values = ["+4915123456789", "+442079460958", "+33142685300"]
    assert found("phone", values) == ["phone-number"]


def test_a_persons_word_ends_the_matter():
    values = ["ana@example.org", "bo@example.org"]
    assert found("x", values) == ["email"]
    assert found("x", values, decided={"email": False}) == []
    assert found("x", ["a", "b"], decided={"religion": True}) == ["religion"]
    assert found("nationalId", ["44051401359", "02070803628"], decided={"national-id": True}) == ["national-id", "pl-pesel"]


def test_reasons_have_their_numbers():
    verdict = verdicts(evidence("card.number", CARDS), classifier())[0]
    assert "6 of 6" in verdict.reason
    assert verdict.ratio == 1.0
    assert 0.9 < verdict.confidence <= 1


def test_settings_decide():
    strict = ClassSettings(ratio=0.9, named_ratio=0.9)
    mixed = evidence("email", ["ana@example.org", "bo@example.org", "none given"])
    assert [one.id for one in verdicts(mixed, classifier())] == ["email"]
    assert verdicts(mixed, classifier(), strict) == ()


def test_unknown_classes_and_empty_samples_are_left_out():
    assert verdicts(FieldEvidence("x", "", 3, {"gone": 3}), classifier()) == ()
    assert verdicts(FieldEvidence("x", "", 0, {"email": 1}), classifier()) == ()


@pytest.mark.parametrize(
    ("hits", "sampled", "chance", "right"), [(1, 1, 0.1, 0.1), (2, 2, 0.1, 0.01), (1, 2, 0.1, 0.19), (0, 5, 0.1, 1.0)]
)
def test_chance_of_accident(hits, sampled, chance, right):
    assert by_accident(hits, sampled, chance) == pytest.approx(right)


def test_a_token_of_a_known_form_is_named_by_it():
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl0123"
    assert found("access_token", [token, token + "4"]) == ["json-web-token"]
    assert found("password", ["$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"]) == ["password-hash"]


def test_two_kinds_of_secrets_in_one_field_are_both_named():
    first, second = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "AKIA" + "Z7QW2LMN4PXR6TSV"
    values = [*(f"text {number}" for number in range(20)), f"use {first} now", f"use {second} now"]
    assert found("comment", values) == ["cloud-key", "development-token"]
