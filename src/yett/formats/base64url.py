"""Strict base64url without padding, as JOSE uses it (RFC 7515, 2), and strict base64 with padding, as Basic uses it.

Every encoded text has exactly one reading: other alphabets, padding, line breaks and non-zero trailing bits are refused
(RFC 4648, 3.5), so that no two tokens mean the same octets. It must not know what the octets mean.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

_PADDING = (b"", b"===", b"==", b"=")


def decode(text: bytes) -> bytes:
    """The octets of `text`. Raises ValueError."""
    try:
        octets = urlsafe_b64decode(text + _PADDING[len(text) % 4])
    except binascii.Error:
        raise ValueError("not base64url") from None
    # The lenient decoder skips what it does not know; only the one canonical text comes back unchanged.
    if encode(octets) != text:
        raise ValueError("not base64url")
    return octets


def encode(octets: bytes) -> bytes:
    """`octets` as base64url without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=")


def decode_padded(text: bytes) -> bytes:
    """The octets of standard base64 with padding (RFC 4648, 4). Raises ValueError."""
    octets = binascii.a2b_base64(text, strict_mode=True)
    if binascii.b2a_base64(octets, newline=False) != text:
        raise ValueError("not base64")
    return octets
