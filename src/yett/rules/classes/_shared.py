"""Words and checks that several classes share."""

STATED = (
    "national id",
    "national id number",
    "national identity",
    "national identity number",
    "national identification number",
    "national number",
    "identity number",
    "identity card number",
    "id card",
    "id card number",
    "personal id number",
    "personal identity number",
    "citizen id",
    "citizen number",
    "resident id",
    "government id",
    "social security number",
    "social security no",
    "social security",
    "social insurance number",
    "ssn",
)
"""Names of numbers that a state gives to people; which state, only the number tells."""

NATIONAL = (
    *STATED,
    "identity document number",
    "identification number",
    "id number",
    "id no",
    "personal id",
    "personal code",
    "personal number",
    "personal identification number",
    "document number",
    "document id",
)
"""Likewise, and names that only allow it: for numbers with check digits."""

TAX = (
    "tax id",
    "tax number",
    "tax identification number",
    "taxpayer id",
    "taxpayer number",
    "taxpayer identification number",
    "tax code",
    "fiscal code",
    "fiscal number",
    "tin",
)
"""Names of numbers by which people are taxed."""

_EXAMPLES = ("example", "xxxx", "****", "your", "....", "0000000", "1234567890", "redacted", "placeholder", "dummy", "changeme")


def real_token(text: str) -> bool:
    """Not what documentation shows in place of a key: words in it, or hardly any different characters."""
    lower = text.lower()
    return len(set(text)) >= 8 and not any(word in lower for word in _EXAMPLES)
