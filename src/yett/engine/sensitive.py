"""Which names of parameters and fields stand for secrets, and which texts look like one. Pure.

Names are compared without case, "-", "_", "." and brackets, so that `apiKey`, `api-key` and `user[api_key]` are one name. What is
listed here errs towards masking: a masked harmless value costs a little insight, an unmasked secret costs a secret.
"""

import re
from functools import lru_cache

from yett.formats.checksums import luhn
from yett.formats.parameters import decoded

_FRAGMENTS = (
    "token",
    "secret",
    "passw",
    "apikey",
    "accesskey",
    "privatekey",
    "signature",
    "credential",
    "session",
    "authorization",
)
# fmt: off
_QUERY = frozenset({
    "apikey", "auth", "assertion", "bearer", "code", "hmac", "jwt", "key", "otp", "pass", "passphrase", "pin", "pwd",
    "samlrequest", "samlresponse", "sid", "sig", "ticket",
})
_BODY = frozenset({
    "auth", "assertion", "bearer", "cardno", "cardnumber", "ccnumber", "creditcard", "cvc", "cvv", "cvv2", "iban",
    "jwt", "mfa", "nationalid", "nino", "otp", "pan", "pass", "passphrase", "passportnumber", "pin", "pwd", "sid",
    "sig", "socialsecuritynumber", "ssn", "taxid", "tin",
})
# fmt: on
_NAME_LENGTH = 256
_TELLING = 8  # characters below which no form is telling
_PUNCTUATION = re.compile(r"[-_.\s]")
_PARTS = re.compile(r"[\[\]]+")

_SECRET = re.compile(
    r"eyJ[A-Za-z0-9_-]{8}|-----BEGIN|\bAKIA[0-9A-Z]{16}\b|\b\d{3}-\d{2}-\d{4}\b"
    r"|passw|secret|token|api[_-]?key|authorization|\b(?:bearer|basic)[ +]{1,4}[A-Za-z0-9+/=._~-]{8}",
    re.IGNORECASE,
)
# Every repeat is bounded: these run over what callers send, and a repeat that starts anywhere would make that quadratic.
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def plain_name(name: str) -> str:
    """The form in which names are compared."""
    return _PUNCTUATION.sub("", name).lower()


def _means(name: str, exact: frozenset[str], more: frozenset[str]) -> bool:
    parts = [plain_name(part) for part in _PARTS.split(name) if part]
    whole = "".join(parts)
    return any(fragment in whole for fragment in _FRAGMENTS) or any(part in exact or part in more for part in (*parts, whole))


_DECODINGS = 3
"""Times that a name is decoded, for servers behind servers; one that is still encoded then is taken for a secret's."""


@lru_cache(maxsize=1024)
def _query_name(name: str, more: frozenset[str]) -> bool:
    text = name.replace("+", " ")
    for _ in range(_DECODINGS):
        text = decoded(text)
    return "%" in text or _means(text, _QUERY, more)


def bears_credential(name: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a query parameter of this name, as it stands in the query, may carry a credential. An overlong name may.

    more: further names in their `plain_name` form, such as those of API keys in the policy. 0.1 µs for a name seen before.
    """
    return len(name) > _NAME_LENGTH or _query_name(name, more)


def classified(name: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a field of a body with this name, decoded, is not to be shown. more: as above."""
    return len(name) > _NAME_LENGTH or _means(name, _BODY, more)


def looks_secret(text: str) -> bool:
    """Whether a text has the form of a secret, whatever its name: tokens, keys, card numbers (ISO/IEC 7812: 13 to 19 digits with
    a Luhn digit), US social security numbers, or a text that speaks of passwords or tokens, as a GraphQL query does."""
    return len(text) >= _TELLING and (_SECRET.search(text) is not None or _holds_card(text))


def without_cards(text: str) -> str:
    """The text with all but the last four digits of card numbers masked, which is what PCI DSS 4.0 (3.4.1) lets people see."""
    return _CARD.sub(lambda match: f"****{_digits(match[0])[-4:]}" if luhn(_digits(match[0])) else match[0], text)


def _holds_card(text: str) -> bool:
    return any(luhn(_digits(match[0])) for match in _CARD.finditer(text))


def _digits(text: str) -> str:
    return "".join(str(int(one)) for one in text if one.isdecimal())
