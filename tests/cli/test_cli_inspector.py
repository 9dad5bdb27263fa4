"""The process that judges large bodies, but for being one: what it makes of a policy, and of jobs."""

import gc
import json
from pathlib import Path

import msgspec
import pytest

from yett.cli.inspector import load
from yett.edge.inspector import Job
from yett.engine.recorded import RecordedView
from yett.model.bundle import encode
from yett.model.decision import Asked, Denial, Evaluation
from yett.model.exchange import Exchange, Request
from yett.model.operation import Operation
from yett.model.policy import Bounds
from yett.rules.inspection import aside
from yett.rules.seclang import errands
from yett.store.bundle import load_bundle

RULES = """
SecRule ARGS "@rx union\\s+select" "id:942190,phase:2,deny,status:403,msg:'SQL injection',severity:'CRITICAL'"
"""
POLICY = {
    "services": {
        "shop": {
            "match": {"hosts": ["a.example"]},
            "mode": "enforce",
            "upstream": {"targets": ["http://127.0.0.1:9"]},
            "attacks": False,
            "crs": {"directory": "crs"},
        }
    }
}


def job(text: str, host: str = "a.example") -> tuple[Job, Asked]:
    body = json.dumps({"text": text}).encode()
    fields = ((b"Host", b"a.example"), (b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(body)))
    request = Request(method="POST", target=b"/", fields=fields, body=body)
    view = RecordedView(Exchange(id="1", source="t", started=0.0, request=request), Bounds())
    view.decode_body()
    asked = aside.sent(view, Evaluation(Operation("*", "shop", "*", "*"), 0.0, 0.0))
    return Job("POST", host, "/", "crs", tuple(map(len, asked))), asked


def test_jobs_are_done_by_the_rules_of_the_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "crs" / "rules").mkdir(parents=True)
    (tmp_path / "crs" / "crs-setup.conf").write_text("")
    (tmp_path / "crs" / "rules" / "rules.conf").write_text(RULES)
    (tmp_path / "yett.yaml").write_text(json.dumps(POLICY))
    thresholds = gc.get_threshold()
    try:
        do = load(encode(load_bundle(tmp_path / "yett.yaml")))
    finally:  # it is for a process of its own
        gc.set_threshold(*thresholds)
        gc.unfreeze()
    denial = errands.decode(do(*job("1 union select 2"))).denial
    assert isinstance(denial, Denial) and (denial.rule, denial.status, denial.place) == ("crs-942190", 403, "body /text")
    told = errands.decode(do(*job("harmless")))
    assert told == errands.Told(True)
    with pytest.raises(LookupError):
        do(*job("harmless", "b.example"))
    with pytest.raises(msgspec.DecodeError):
        load(b"no policy")
