"""Judgements of what looks like a command: whether it is meant for a shell, or a text, a table or a program's source.

Pure, bounded, and linear in what is looked at. It must not know patterns of rules.
"""

import re

from yett.formats.inspected import Origin
from yett.rules.inspection.programs import NAMED
from yett.rules.inspection.quoting import breaks_out
from yett.rules.inspection.shell import LONGEST, weight
from yett.rules.inspection.signature import Found

_FILTERS = frozenset(
    b"7z 7za aria2c base32 bzip2 cpan csplit dmesg dpkg ed emacs expand expect facter fish flock fmt fold"
    b" gawk gcore gdb genisoimage hd hexdump iconv install ionice ip ispell jjs join journalctl jrunscript"
    b" julia knife ldconfig links look lua lwp-download lynx m4 mawk mtr mutt nasm nice nroff openvpn paste"
    b" pdb pdflatex pico pidstat pry psftp psql puppet pv rake readelf restic rlogin rlwrap rpm rsync run-"
    b" parts rview rvim screen script shuf slsh split sqlite3 ss start-stop-daemon stdbuf strace sysctl tac"
    b" taskset tbl tclsh tftp tic timedatectl tmux tshark ul unexpand unxz unzip uudecode uuencode valgrind"
    b" view vimdiff watch whiptail wish xelatex xetex xz yarn yum zathura zsoelim zypper arch c89 c99"
    b" cpulimit bridge column rmt-tar ansible chef-client regedit bcdboot"
    b" gzip tar zip sort uniq wc sed awk cut head tail grep egrep find less more tee touch strings diff file date set export"
    b" source make echo printf python python3 perl node ruby php git docker npm pip".split()
)
"""Programs that people show each other in pipes and lists: they count where little stands before."""


def separated(found: Found) -> bool:
    """Separators that are common in texts count where the value is short, or begins with them."""
    text, piece = found.text, found.text[found.start : found.end]
    mark = piece.lstrip()[:1]
    if found.value.origin is Origin.HEADER and mark in b"\r\n":
        return False
    if mark in b"\r\n" or piece[:1] in b"\r\n":
        return len(text) <= 120 and text.count(b"\n") <= 4 and text.count(b" ") <= 12
    if piece.startswith(b"$("):
        return len(text) <= 200
    if mark == b"`":
        return len(text) <= 80 and text.count(b" ") <= 8 and text.count(b"`") <= 2
    if found.start > 120 or len(text) > 400 or is_program(text):
        return False
    program = piece.lstrip(b";|&<>( {'\"+$\\\n\r").split()[:1]
    return not program or program[0].lower() not in _FILTERS or text[: found.start].count(b" ") <= 1


def bare(found: Found) -> bool:
    """A program without arguments, and no cell of a table, element, or parameter of a field."""
    text, piece = found.text, found.text[found.start : found.end].strip()
    if b"```" in text or (found.start == 0 and piece[:2].lower() == b"id" and _COLUMNS(text)):
        return False  # a block of code, or the first line of a table
    if found.value.origin is Origin.HEADER and found.value.name not in (b"user-agent", b"referer") and b";" in piece[:1]:
        return False  # parameters of fields are separated like that
    if piece[:1] == b"|" == piece[-1:] and text[:1] not in (b"'", b'"'):
        return False  # one of several columns
    if piece[:1] == b"<" and piece[-1:] == b">":
        return False  # an element
    if piece[:1] in b"|&" and text.count(b"|") + text.count(b"&") > 3 and b" | " in text:
        return False  # a list of columns
    if piece[:1] == b"`" or found.text[found.start : found.start + 1] in b"\r\n":
        return len(text) <= 40
    return len(text) <= 100 and found.start <= 80 and text[: found.start].count(b" ") <= 3


_COLUMNS = re.compile(rb"\w+(?:[;|]\w+){2,40}[;|]?\s*").fullmatch


def is_program(text: bytes) -> bool:
    """Whether it is a script of several lines, as people write down for each other."""
    return text.count(b"\n") > 3 or b"```" in text


def known(found: Found) -> bool:
    """Nothing of a text stands before the separator."""
    text, before = found.text, found.text[: found.start].strip()
    if len(text) > 300 or is_program(text) or b" | " in text or b";;" in text:
        return False
    if text[found.start : found.start + 2] == b"$(" and text[found.start + 2 : found.end].isupper():
        return False  # a variable of a Makefile
    if found.value.origin is Origin.HEADER and found.value.name not in (b"user-agent", b"referer"):
        return False  # parameters of fields are separated like that
    return (
        b" " not in before and len(before) <= 80 and not _ENTITY_BEFORE.search(text[max(0, found.start - 12) : found.start + 1])
    )


_ENTITY_BEFORE = re.compile(rb"&#?\w{1,8};$")


def spelt(found: Found) -> bool:
    """Without the quotes, backslashes and empty expansions within it, the word is a program's name."""
    piece = found.text[found.start : found.end].lstrip(b";|&`$(){ \t\r\n")
    if not _PAIRED.search(piece):
        return False
    name = _EMPTY.sub(b"", piece).lower().rpartition(b"/")[2]
    return len(found.text) <= 300 and len(name) > 1 and (name in NAMED or name in _SHORT)


def code_goes_on(found: Found) -> bool:
    """The quote ends what the application began, or hardly anything stands before and a comment or nothing follows."""
    text, piece = found.text, found.text[found.start : found.end].rstrip()
    if len(text) > 300 or text.count(b"\n") > 2:
        return False
    if text[found.start : found.start + 1] in b"'\"":
        return breaks_out(text, found.start) and found.start <= 80
    return found.start <= 20 and b" " not in text[: found.start] and piece.endswith((b"//", b"#", b"/*", b"'", b'"', b"?>"))


_PAIRED = re.compile(rb"'[^']*'|\"[^\"]*\"|[a-zA-Z]\\[a-zA-Z]|\$[@*]|\$\(\)")
_EMPTY = re.compile(rb"['\"\\]|\$[@*]|\$\(\)")
_SHORT = frozenset(b"cat ls id ps ping bash pwd head find echo env who dir more tee".split())


def weighs(found: Found) -> bool:
    """Enough speaks for a command line, and it is not what a header's parameters or an entity look like."""
    text = found.text
    if found.value.origin is Origin.HEADER and found.value.name not in (b"user-agent", b"referer"):
        return False
    return len(text) <= LONGEST and not _ENTITY_BEFORE.search(text[:80]) and weight(text) >= 3
