"""Texts full of what transformations look for, whole, halved and next to each other."""

from hypothesis import strategies as st

_WORDS = (
    b"% %u %U %41 %u0041 %uff01 %uFf5f %0a %00 %5c + \\ \\x \\u \\X4 \\x4a \\u004f \\U0041 41 \\0 \\101 \\377 \\400 \\8 \\n \\N \\ff41 \\00ff1a "
    b"& &# &#X4f; &#65 &#99999999999999999999; &#10; &lt; &LT &nbsp &quot; &amp; &ltx /* */ /**/ <!-- --> -- # / // . .. ... /../ /./ ./ a.. "
    b"\" ' ^ , ; ( ) 0x 0X41 0x414 a A zZ YWJj YWI= YQ== = == - _ * f 0 00 7 C:\\x\\..\\y K k s"
).split()
FRAGMENTS = [
    *_WORDS,
    b"\n", b"\r", b"\t", b"\v", b"\f", b" ", b"  ", b" (", b" /", b"\0", b"\xa0", b"\xc2\xa0", b"\xff", b"\xe9", b"\xc3\xa9", b"\xe2\x82\xac",
    b"\xf0\x9f\x98\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\xe0\x80\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf5", b"\xef\xbc\x81",
    "Пример".encode(), "Х".encode(), b"\\\n", b"\x85", b"\xb5",
]  # fmt: skip

texts = st.lists(
    st.sampled_from(FRAGMENTS)
    | st.binary(max_size=2)
    | st.sampled_from([b"select", b"UNION", b"<script", b"alert(1)", b"or 1=1"]),
    max_size=8,
).map(b"".join)
