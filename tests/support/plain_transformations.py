"""The transformations once more, octet by octet and without any shortcut, to compare with. What is here is slow and simple."""

HEX = b"0123456789abcdefABCDEF"
SPACE = b" \t\n\v\f\r"
CONTROL = {ord(b"a"): 7, ord(b"b"): 8, ord(b"f"): 12, ord(b"n"): 10, ord(b"r"): 13, ord(b"t"): 9, ord(b"v"): 11}


def is_hex(value: bytes, count: int) -> bool:
    return len(value) >= count and all(octet in HEX for octet in value[:count])


def wide(digits: bytes) -> int:
    low = int(digits[2:], 16)
    return low + 0x20 if digits[:2].lower() == b"ff" and 0 < low < 0x5F else low


def url_decode(value: bytes, uni: bool = False) -> bytes:
    out = bytearray()
    at = 0
    while at < len(value):
        rest = value[at + 1 :]
        if value[at] == ord("%") and uni and rest[:1] in (b"u", b"U") and is_hex(rest[1:], 4):
            out.append(wide(rest[1:5]))
            at += 6
        elif value[at] == ord("%") and is_hex(rest, 2):
            out.append(int(rest[:2], 16))
            at += 3
        else:
            out += b" " if value[at] == ord("+") else value[at : at + 1]
            at += 1
    return bytes(out)


def url_decode_uni(value: bytes) -> bytes:
    return url_decode(value, True)


def js_decode(value: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(value):
        rest = value[at + 1 :]
        if value[at] != ord("\\") or not rest:
            out.append(value[at])
            at += 1
        elif rest[0] == ord("u") and is_hex(rest[1:], 4):
            out.append(wide(rest[1:5]))
            at += 6
        elif rest[0] == ord("x") and is_hex(rest[1:], 2):
            out.append(int(rest[1:3], 16))
            at += 4
        elif rest[0] in b"01234567":
            digits = rest[:1]
            while len(digits) < 3 and rest[len(digits) : len(digits) + 1] and rest[len(digits)] in b"01234567":
                digits = rest[: len(digits) + 1]
            if int(digits, 8) > 255:
                digits = digits[:2]
            out.append(int(digits, 8))
            at += 1 + len(digits)
        else:
            out.append(CONTROL.get(rest[0], rest[0]))
            at += 2
    return bytes(out)


def escape_seq_decode(value: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(value):
        rest = value[at + 1 :]
        if value[at] != ord("\\") or not rest:
            out.append(value[at])
            at += 1
        elif rest[0] in b"xX" and is_hex(rest[1:], 2):
            out.append(int(rest[1:3], 16))
            at += 4
        elif rest[0] in b"01234567":
            length = 1
            while length < 3 and length < len(rest) and rest[length] in b"01234567":
                length += 1
            out.append(int(rest[:length], 8) & 255)
            at += 1 + length
        else:
            out.append(CONTROL.get(rest[0], rest[0]))
            at += 2
    return bytes(out)


def css_decode(value: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(value):
        if value[at] != ord("\\"):
            out.append(value[at])
            at += 1
            continue
        at += 1
        length = 0
        while length < 6 and at + length < len(value) and value[at + length] in HEX:
            length += 1
        digits = value[at : at + length]
        at += length
        if not length:
            if at < len(value) and value[at] != 10:
                out.append(value[at])
            at += 1
            continue
        whole = length >= 4 and digits[:-4] in (b"", b"0", b"00")
        out.append(wide(digits[-4:]) if whole else int(digits[-2:], 16))
        if at < len(value) and value[at] in SPACE:
            at += 1
    return bytes(out)


def html_entity_decode(value: bytes) -> bytes:
    names = [(b"quot", 34), (b"amp", 38), (b"lt", 60), (b"gt", 62), (b"nbsp", 160)]
    out = bytearray()
    at = 0
    while at < len(value):
        base, start = (16, at + 3) if value[at + 1 : at + 3] in (b"#x", b"#X") else (10, at + 2)
        end = start
        allowed = HEX if base == 16 else b"0123456789"
        while end < len(value) and value[end] in allowed:
            end += 1
        found = None
        if value[at] == ord("&") and value[at + 1 : at + 2] == b"#" and end > start:
            found = min(int(value[start:end], base), 2**63 - 1) & 255
        elif value[at] == ord("&"):
            end = at + 1
            while end < len(value) and value[end : end + 1].isalnum():
                end += 1
            found = next((octet for name, octet in names if value[at + 1 : end].lower().startswith(name)), None)
        if found is None:
            out.append(value[at])
            at += 1
        else:
            out.append(found)
            at = end + (value[end : end + 1] == b";")
    return bytes(out)


def command_line(value: bytes) -> bytes:
    out = bytearray()
    for octet in value.lower():
        if octet in b"\"'\\^":
            continue
        if octet in b" ,;\t\r\n":
            if out[-1:] != b" ":
                out.append(32)
            continue
        if octet in b"/(" and out[-1:] == b" ":
            out.pop()
        out.append(octet)
    return bytes(out)


def compress_whitespace(value: bytes) -> bytes:
    out = bytearray()
    for octet in value:
        if octet not in SPACE:
            out.append(octet)
        elif out[-1:] != b" ":
            out.append(32)
    return bytes(out)


def replace_comments(value: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(value):
        if value[at : at + 2] != b"/*":
            out.append(value[at])
            at += 1
            continue
        at += 2
        while at < len(value) and value[at : at + 2] != b"*/":
            at += 1
        at += 2
        out.append(32)
    return bytes(out)


def remove_comment_characters(value: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(value):
        mark = next((mark for mark in (b"/*", b"*/", b"<!--", b"-->", b"--", b"#") if value.startswith(mark, at)), b"")
        if not mark:
            out.append(value[at])
        at += len(mark) or 1
    return bytes(out)


def remove_comments(value: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(value):
        start = next((mark for mark in (b"/*", b"<!--", b"--", b"#") if value.startswith(mark, at)), b"")
        if start in (b"--", b"#"):
            break
        if not start:
            out.append(value[at])
            at += 1
            continue
        at += len(start)
        while at < len(value) and not value.startswith((b"*/", b"-->"), at):
            at += 1
        if at >= len(value):
            out.append(32)
            break
        at += 2 if value[at] == ord("*") else 3
        out.append(value[at] if at < len(value) else 0)
        at += 1
    return bytes(out)


def remove_whitespace(value: bytes) -> bytes:
    return bytes(octet for octet in value if octet not in SPACE + b"\xa0\xc2")


def sql_hex_decode(value: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(value):
        if value[at : at + 2] in (b"0x", b"0X") and is_hex(value[at + 2 :], 2):
            at += 2
            while is_hex(value[at:], 2):
                out.append(int(value[at : at + 2], 16))
                at += 2
        else:
            out.append(value[at])
            at += 1
    return bytes(out)


def utf8_to_unicode(value: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(value):
        lead = value[at]
        length = 1 if lead < 0xC0 or lead > 0xF7 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        rest = value[at + 1 : at + length]
        if length == 1:
            if lead or at == len(value) - 1:
                out.append(lead)
            at += 1
        elif len(rest) < length - 1 or any(octet & 0xC0 != 0x80 for octet in rest):
            if lead > 0xF4:
                out.append(lead)
            at += 1
        else:
            number = lead & (0x7F >> length)
            for octet in rest:
                number = number * 64 + (octet & 63)
            if lead > 0xF4:
                out.append(lead)
            out += b"%%u%04x" % number
            if lead <= 0xF4 and (number < (0, 0, 0x80, 0x800, 0x10000)[length] or 0xD800 <= number < 0xE000):
                out.append(lead)
            at += length
    return bytes(out)


def base64_decode_ext(value: bytes) -> bytes:
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bits, count, out = 0, 0, bytearray()
    for octet in value:
        if octet == ord("=") and count % 4 == 1:
            return b""
        if octet not in digits:
            continue
        bits = (bits << 6 | digits.index(octet)) & 0xFFFFFF
        count += 1
        if count % 4 == 0:
            out += bits.to_bytes(3, "big")
    if count % 4 == 2:
        out.append(bits >> 4 & 255)
    elif count % 4 == 3:
        out += (bits >> 2 & 0xFFFF).to_bytes(2, "big")
    return bytes(out)


PLAIN = {
    "base64DecodeExt": base64_decode_ext,
    "cmdLine": command_line,
    "compressWhitespace": compress_whitespace,
    "cssDecode": css_decode,
    "escapeSeqDecode": escape_seq_decode,
    "htmlEntityDecode": html_entity_decode,
    "jsDecode": js_decode,
    "removeComments": remove_comments,
    "removeCommentsChar": remove_comment_characters,
    "removeWhitespace": remove_whitespace,
    "replaceComments": replace_comments,
    "sqlHexDecode": sql_hex_decode,
    "urlDecode": url_decode,
    "urlDecodeUni": url_decode_uni,
    "utf8toUnicode": utf8_to_unicode,
}
