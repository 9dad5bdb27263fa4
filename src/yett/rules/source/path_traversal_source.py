"""Path traversal in source: a caller's value becomes part of the path of a file.

`..`, an absolute path (`os.path.join` and `pathlib` take it in place of all before) or a link leads out of the directory that
was meant: to configuration, keys, code.

The rule follows values from requests into `open`, `send_file`, `FileResponse`, `pathlib`'s reading and writing, `shutil`,
`os.remove` and their kin. Harmless is a value after `os.path.basename`, `secure_filename` or `safe_join`; after `realpath` or
`resolve` once its beginning was held against the directory; and a segment of a path, for frameworks end it at "/".

To fix: keep files under names of your own; or resolve the path and refuse what is not below the directory: `path = (BASE /
name).resolve(); if not path.is_relative_to(BASE): raise …`.

What it does not find: links within the directory, and archives that are unpacked.
"""

from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import BETWEEN, CLAIMED, HOLE, Hit, Sink, Verdict, lowered

RULE = SourceRule(
    id="source-path-traversal",
    title="A caller names a file of the server",
    severity=Severity.HIGH,
    flaws=(Flaw.PATH_TRAVERSAL,),
    says="becomes part of the path of a file",
    owasp=(
        "API8:2023",
        "API1:2023",
    ),
    cwe=(
        22,
        73,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/22.html",
        "https://owasp.org/www-community/attacks/Path_Traversal",
    ),
    matches=(
        Snippet(
            """
import os
from flask import Flask, request, send_file

app = Flask(__name__)

@app.get("/files")
def download():
    return send_file(os.path.join("/srv/files", request.args["name"]))
""",
        ),
        Snippet(
            """
from fastapi import FastAPI
from fastapi.responses import FileResponse
from pathlib import Path

app = FastAPI()
BASE = Path("/srv/files")

@app.get("/files/{name:path}")
def download(name: str):
    path = BASE / name
    return FileResponse(path)
""",
        ),
        Snippet(
            """
from fastapi import FastAPI, UploadFile

app = FastAPI()

@app.post("/files")
async def upload(file: UploadFile):
    with open(f"uploads/{file.filename}", "wb") as out:
        out.write(await file.read())
""",
        ),
    ),
    passes=(
        Snippet(
            """
import os
from flask import Flask, abort, request, send_file, send_from_directory
from werkzeug.utils import secure_filename

app = Flask(__name__)
BASE = "/srv/files"

@app.get("/files")
def download():
    path = os.path.realpath(os.path.join(BASE, request.args["name"]))
    if not path.startswith(BASE + os.sep):
        abort(404)
    send_from_directory(BASE, request.args["name"])
    return send_file(path)

@app.post("/files")
def upload():
    request.files["file"].save(os.path.join(BASE, secure_filename(request.files["file"].filename)))
    return ""
""",
        ),
        Snippet(
            """
from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse
from pathlib import Path

app = FastAPI()
BASE = Path("/srv/files")

@app.get("/files/{name:path}")
def download(name: str):
    path = (BASE / name).resolve()
    if not path.is_relative_to(BASE):
        raise HTTPException(404)
    return FileResponse(path)

@app.get("/pages/{page}")
def page(page: str):
    return open(f"pages/{page}.html").read()
""",
        ),
    ),
)

SINKS = (
    Sink(
        ("open", "io.open", "codecs.open", "os.open", "aiofiles.open", "anyio.open_file", "gzip.open", "zipfile.ZipFile"),
        (0, "file", "path"),
    ),
    Sink(
        ("flask.send_file", "flask.helpers.send_file", "quart.send_file", "bottle.static_file", "sanic.response.file"),
        (0, "path"),
    ),
    Sink(("fastapi.responses.FileResponse", "starlette.responses.FileResponse", "aiohttp.web.FileResponse"), (0, "path")),
    Sink(("flask.send_from_directory", "quart.send_from_directory"), (0, "directory")),
    Sink(
        (
            "os.remove",
            "os.unlink",
            "os.rmdir",
            "os.makedirs",
            "os.mkdir",
            "os.listdir",
            "os.scandir",
            "os.walk",
            "shutil.rmtree",
        ),
        (0, "path"),
    ),
    Sink(("os.rename", "os.replace", "shutil.copy", "shutil.copyfile", "shutil.move", "shutil.copytree"), (0, 1, "src", "dst")),
    Sink(
        ("*.read_text", "*.read_bytes", "*.write_text", "*.write_bytes", "*.unlink", "*.iterdir", "*.rmdir", "*Path().open"),
        ("self",),
    ),
    Sink(("numpy.load", "pandas.read_csv", "pandas.read_excel", "PIL.Image.open", "torch.load", "joblib.load"), (0,)),
    Sink(("*.save",), (0, "dst")),
)
_OPENED = ("io.BytesIO", "io.StringIO", "tempfile.", "open()")


def judge(hit: Hit) -> Verdict | None:
    """A path, not something already open; a name with an ending of the program's can only be a file of that kind."""
    if hit.form in ("file", "files", "model") or BETWEEN in hit.text:
        return None
    if hit.options.get(str(hit.argument), "").startswith(_OPENED):
        return None
    if hit.callee.endswith(".save") and not (hit.callee.startswith("?") and "file" in hit.callee.lower()):
        return None
    ending = hit.text.rpartition(HOLE)[2]
    if ending.startswith(".") and len(ending) > 1:
        severity = lowered(RULE.severity)
        return Verdict(severity=severity, reasons=(f"only files that end in {ending[:12]!r} can be named",))
    return CLAIMED
