"""Path traversal where files are written: the name of an upload leads out of the directory that it should stay in.

Whoever chooses where a file goes replaces configuration, templates or code. Nothing is written to prove it: the name that is sent
leads through a file as if it were a directory (`../../etc/passwd/x`), which no system can write to. That the system says "not a
directory" shows that the way was gone; the same name without `../`, and a directory that is not there, must be answered otherwise.

Fix: name files on the server (a random name, the given one as mere text beside it), or resolve the path and compare its beginning
with the directory.

What it misses: targets that do not show what the system says.
"""

from yett.formats.names import words
from yett.model.probe import Answer, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.target import Target
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="path-written",
    title="The name of an upload leads out of its directory",
    severity=Severity.HIGH,
    flaws=(Flaw.PATH_TRAVERSAL,),
    requests=8,
    weight=3,
    owasp=("API8:2023",),
    cwe=(22, 73),
    references=("https://owasp.org/www-community/attacks/Path_Traversal",),
)

_NAMES = listed("filename file path filepath name dest destination directory folder key upload attachment document")
_THROUGH = (b"not a directory", b"enotdir", b"errno 20", b"notadirectory")
_MISSING = (b"no such file", b"enoent", b"errno 2]", b"does not exist")
_UP = "../" * 8


def probe(target: Target, operation: Operation) -> Probing:
    if operation.safe or operation.perilous or target.doing(operation) not in ("create", "action"):
        return
    name = next(iter(target.workers(operation)), None)
    if name is None:
        return
    for place in [one for one in operation.places if _speaks_of_files(operation, one)][:2]:
        found = []
        for way, note in (
            (f"{_UP}etc/passwd/{target.token()}", "out of the directory, through a file"),
            (f"etc/passwd/{target.token()}", "the same below the directory"),
        ):
            call = operation.put(target.fresh(operation, name), place, way)
            answer: Answer = yield Send(call)
            found.append(Exchanged(call, answer, note))
            if target.succeeded(answer) and not _says(answer, _THROUGH) and not _says(answer, _MISSING):
                yield target.made(operation, target.observe(operation, call, answer), name)
        through, below = found
        if _says(through.answer, _THROUGH) and not _says(below.answer, _THROUGH) and _says(below.answer, _MISSING):
            yield Claim(
                flaw=Flaw.PATH_TRAVERSAL,
                place=place.text,
                identities=(name,),
                text=f"The file that {operation.label} writes goes where {place.text} says, also out of its directory.",
                reasons=("files of the system can be replaced",) + (() if name else ("no credential is needed",)),
                proof=(through,),
                control=(below,),
            )
            return


def _speaks_of_files(operation: Operation, place: Place) -> bool:
    said = set(words(place.name.rpartition("/")[2]))
    if place.type != "string" or place.kind == "header":
        return False
    strong = said & (_NAMES - {"name", "key", "path"})
    return bool(strong) or bool(said & _NAMES and operation.words & listed("upload file import attach save document"))


def _says(answer: Answer, marks: tuple[bytes, ...]) -> bool:
    text = answer.body[:65_536].lower()
    return any(one in text for one in marks)
