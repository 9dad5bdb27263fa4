"""Fingerprints of credentials."""

from hypothesis import given
from hypothesis import strategies as st

from yett.formats.fingerprints import fingerprinter


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_fingerprints_tell_credentials_apart_and_depend_on_the_key(one, other):
    first, second = fingerprinter(bytes(32)), fingerprinter(b"k" * 32)
    assert (first(one) == first(other)) is (one == other)
    assert first(one) != second(one)
    assert len(first(one)) == 24
