"""Check digits: published examples, and that every error they promise to find is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats import checksums
from yett.formats.names import divided, words

DIGITS = st.text("0123456789", min_size=1, max_size=20)
KINDS = {"luhn": checksums.luhn, "verhoeff": checksums.verhoeff, "mod11_10": checksums.mod11_10, "mod11_2": checksums.mod11_2}


@pytest.mark.parametrize(
    ("kind", "right"),
    [
        (checksums.luhn, "79927398713"),
        (checksums.verhoeff, "2363"),
        (checksums.mod97, "3214282912345698765432161182"),
        (checksums.iban_right, "GB82WEST12345698765432"),
        (checksums.mod11_10, "07945"),
        (checksums.mod11_2, "079X"),
        (checksums.mod37_36, "A12425GABC1234002M"),
    ],
)
def test_published_examples(kind, right):
    assert kind(right)
    assert not kind(right[:-1] + ("3" if right[-1] != "3" else "4"))


@pytest.mark.parametrize("kind", [*KINDS.values(), checksums.mod97, checksums.mod37_36, checksums.iban_right])
@pytest.mark.parametrize("wrong", ["", "1", "a b", "١٢٣", "1" * 200 + "-", "é1"])
def test_other_text_is_false_and_no_error(kind, wrong):
    assert not kind(wrong)


@given(st.sampled_from(sorted(KINDS)), DIGITS)
def test_exactly_one_digit_is_right_at_most_and_every_other_is_found(name, text):
    kind = KINDS[name]
    right = [one for one in "0123456789" if kind(text + one)]
    assert len(right) == 1 or (name == "mod11_2" and len(right) <= 1)


@given(DIGITS, st.data())
def test_verhoeff_finds_every_swap_of_neighbours(text, data):
    text += next(one for one in "0123456789" if checksums.verhoeff(text + one))
    at = data.draw(st.integers(0, len(text) - 2))
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    assert checksums.verhoeff(swapped) == (swapped == text)


def test_weighted_sums_need_as_many_digits_as_weights():
    assert checksums.weighted("123", (1, 2, 3)) == 14
    assert checksums.weighted("12", (1, 2, 3)) == -1
    assert checksums.weighted("12a", (1, 2, 3)) == -1


@pytest.mark.parametrize(("field", "digit"), [("L898902C3", "6"), ("740812", "2"), ("ZE184226B<<<<<", "1"), ("a", "")])
def test_digits_of_travel_documents(field, digit):
    assert checksums.passport_digit(field) == digit


@pytest.mark.parametrize(
    ("day", "right"),
    [
        ((2024, 2, 29), True),
        ((2023, 2, 29), False),
        ((1900, 2, 29), False),
        ((0, 2, 29), True),
        ((2024, 13, 1), False),
        ((2024, 4, 31), False),
        ((2024, 4, 0), False),
    ],
)
def test_days(day, right):
    assert checksums.is_day(*day) is right


def test_bare_takes_separators_away():
    assert checksums.bare("de89-3704 0044.05/32") == "DE8937040044" + "0532"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("creditCardNumber", ("credit", "card", "number")),
        ("HTTPServer", ("http", "server")),
        ("user_id2", ("user", "id", "2")),
        ("userIDs", ("user", "ids")),
        ("URLsOfUsers", ("urls", "of", "users")),
        ("Straße", ("straße",)),
        ("prénom", ("prenom",)),
        ("身份证号", ("身份证号",)),
        ("", ()),
        ("a" * 500, ("a" * 160,)),
    ],
)
def test_words_of_names(name, parts):
    assert words(name) == parts


@given(st.text(max_size=300))
def test_words_take_any_text(name):
    assert all(part and part == part.lower() for part in words(name))


def test_words_written_together_are_divided_where_the_vocabulary_allows():
    vocabulary = frozenset({"credit", "card", "number", "cardnumber"})
    assert divided("creditcardnumber", vocabulary) == ("credit", "cardnumber")
    assert divided("discardnumber", vocabulary) == ("discardnumber",)
    assert divided("card", vocabulary) == ("card",)
