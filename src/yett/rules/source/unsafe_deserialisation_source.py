"""Unsafe deserialisation in source: a caller's octets become objects of any class.

`pickle` and its kin call what the octets name while they read them; so does YAML with a loader that knows Python's tags.
Whoever sends the octets runs code.

The rule follows values from requests (bodies, fields, cookies, files) into `pickle`, `cPickle`, `dill`, `shelve`, `marshal`,
`jsonpickle`, `yaml.load` without a safe loader, pandas' `read_pickle`, `joblib` and `torch.load`.

To fix: JSON, or another format that holds values only; `yaml.safe_load`. Where pickles must travel, sign them and verify the
signature before reading.
"""

from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.sinks import CLAIMED, Hit, Sink, Verdict

RULE = SourceRule(
    id="source-unsafe-deserialisation",
    title="A caller's octets become objects of any class",
    severity=Severity.CRITICAL,
    flaws=(Flaw.UNSAFE_DESERIALISATION,),
    says="is read as objects of any class",
    owasp=(
        "API8:2023",
        "API10:2023",
    ),
    cwe=(502,),
    references=(
        "https://cwe.mitre.org/data/definitions/502.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Deserialization_Cheat_Sheet.html",
    ),
    matches=(
        Snippet(
            """
import base64, pickle
from flask import Flask, request

app = Flask(__name__)

@app.get("/basket")
def basket():
    return str(pickle.loads(base64.b64decode(request.cookies["basket"])))
""",
        ),
        Snippet(
            """
import yaml
from fastapi import FastAPI, Request

app = FastAPI()

@app.post("/import")
async def load(request: Request):
    return yaml.load(await request.body(), Loader=yaml.Loader)
""",
        ),
    ),
    passes=(
        Snippet(
            """
import json, yaml
from fastapi import FastAPI, Request

app = FastAPI()

@app.post("/import")
async def load(request: Request):
    body = await request.body()
    return [json.loads(body), yaml.safe_load(body), yaml.load(body, Loader=yaml.SafeLoader)]
""",
        ),
    ),
)

SINKS = (
    Sink(
        ("pickle.loads", "pickle.load", "cPickle.loads", "_pickle.loads", "dill.loads", "dill.load", "cloudpickle.loads"), (0,)
    ),
    Sink(("cloudpickle.load", "marshal.loads", "marshal.load", "jsonpickle.decode", "jsonpickle.loads", "shelve.open"), (0,)),
    Sink(("pickle.Unpickler", "pandas.read_pickle", "joblib.load", "torch.load", "kombu.serialization.loads"), (0,)),
    Sink(("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "ruamel.yaml.load", "oyaml.load"), (0, "stream")),
)


def judge(hit: Hit) -> Verdict | None:
    if hit.callee in ("yaml.load", "yaml.load_all"):
        loader = hit.options.get("Loader") or hit.options.get("1") or ""
        if "Safe" in loader or "BaseLoader" in loader:
            return None
        if "FullLoader" in loader:
            return Verdict(
                severity=Severity.MEDIUM, reasons=("FullLoader makes objects of fewer classes, yet more than values",)
            )
    return CLAIMED
