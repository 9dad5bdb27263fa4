"""Check digits and check characters of numbers that people and accounts bear. Pure arithmetic on text.

Every function takes text that holds nothing but the digits (or letters) it speaks of: `bare` takes separators away. None
raises for text of the wrong length or alphabet: it is False then. It must not know which number belongs to which country.
"""

from collections.abc import Sequence

_SEPARATORS = str.maketrans("", "", " -./\u00a0\u2010\u2011")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

# Tables of the dihedral group D5 and its permutations (J. Verhoeff, Error Detecting Decimal Codes, 1969).
_D5 = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTATIONS = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def bare(text: str) -> str:
    """Without blanks, hyphens, dots and slashes, in upper case."""
    return text.translate(_SEPARATORS).upper()


def digits(text: str) -> list[int] | None:
    """The digits 0 to 9 of a text that holds nothing else, or None."""
    return [ord(one) - 48 for one in text] if text.isascii() and text.isdigit() else None


def luhn(text: str) -> bool:
    """ISO/IEC 7812-1, annex B: the last digit is right. One number in ten is, by chance."""
    number = digits(text)
    if not number or len(number) < 2:
        return False
    return (sum(number[-1::-2]) + sum(_DOUBLED[one] for one in number[-2::-2])) % 10 == 0


def verhoeff(text: str) -> bool:
    """Verhoeff's check digit, the last one."""
    number = digits(text)
    if not number or len(number) < 2:
        return False
    state = 0
    for place, one in enumerate(reversed(number)):
        state = _D5[state][_PERMUTATIONS[place % 8][one]]
    return state == 0


def weighted(text: str, weights: Sequence[int]) -> int:
    """The sum of the digits, each times its weight; -1 where the text has not as many digits as there are weights."""
    number = digits(text)
    if number is None or len(number) != len(weights):
        return -1
    return sum(one * weight for one, weight in zip(number, weights, strict=True))


def mod97(text: str) -> bool:
    """ISO/IEC 7064, MOD 97-10, over digits and letters (A = 10): the remainder is 1."""
    if not 3 <= len(text) <= 64 or not text.isascii() or not text.isalnum():
        return False
    return int("".join(str(int(one, 36)) for one in text)) % 97 == 1


def iban_right(text: str) -> bool:
    """ISO 13616: the first four characters moved to the end, then MOD 97-10."""
    return len(text) > 4 and mod97(text[4:] + text[:4])


def mod11_10(text: str) -> bool:
    """ISO/IEC 7064, MOD 11,10 over digits: the hybrid system of German and Croatian numbers."""
    number = digits(text)
    if not number or len(number) < 2:
        return False
    state = 10
    for one in number[:-1]:
        state = ((state + one) % 10 or 10) * 2 % 11
    return (state + number[-1]) % 10 == 1


def mod11_2(text: str) -> bool:
    """ISO/IEC 7064, MOD 11-2: digits, and X for ten at the end."""
    head, last = text[:-1], text[-1:]
    number = digits(head)
    if not number or last not in tuple("0123456789X"):
        return False
    state = 0
    for one in number:
        state = (state + one) * 2 % 11
    return (12 - state) % 11 == "0123456789X".index(last)


def mod37_36(text: str) -> bool:
    """ISO/IEC 7064, MOD 37,36 over digits and letters."""
    if len(text) < 2 or any(one not in _ALPHABET for one in text):
        return False
    state = 36
    for one in text[:-1]:
        state = ((state + _ALPHABET.index(one)) % 36 or 36) * 2 % 37
    return (state + _ALPHABET.index(text[-1])) % 36 == 1


def passport_digit(text: str) -> str:
    """The check digit of a field of a machine-readable travel document (ICAO 9303-3, 4.9); "" for other characters."""
    total = 0
    for place, one in enumerate(text):
        value = 0 if one == "<" else _ALPHABET.find(one)
        if value < 0:
            return ""
        total += value * (7, 3, 1)[place % 3]
    return str(total % 10)


def is_day(year: int, month: int, day: int) -> bool:
    """Whether the Gregorian calendar has this day. year 0: any, a 29 February included."""
    if not 1 <= month <= 12 or day < 1:
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= _MONTHS[month - 1] + (1 if month == 2 and leap else 0)
