"""Expired tokens: a target whose clock goes on while the probe waits."""

from email.utils import formatdate

import pytest

from yett.engine.probing.drive import Driver, Limits
from yett.engine.probing.trial import Pure, header, replies, target_of
from yett.formats import forging
from yett.model.exchange import Request, Response
from yett.rules.probing.identity import Identity
from yett.rules.registry import probes

CONTRACT = """
openapi: 3.0.3
info: {title: Me, version: "1"}
paths:
  /me: {get: {operationId: me, responses: {"200": {description: ok}}}}
"""
SECRET = b"nobody has ever written this down"
BEGAN = 1_800_000_000.0


class Clocked:
    """checks: what of a token is looked at. dated: whether it tells its time."""

    def __init__(self, checks: str, dated: bool) -> None:
        self.checks, self.dated = checks, dated
        self.pure = Pure(self)

    def __call__(self, request: Request) -> Response:
        if request.target != b"/me":
            return replies(404, {"error": "nothing"})
        token = forging.read(header(request, "authorization").removeprefix("Bearer "))
        now = BEGAN + self.pure.now
        good = token is not None and ("signature" not in self.checks or forging.guessed(token, [SECRET]) is not None)
        good = good and token is not None and ("exp" not in self.checks or token.claims["exp"] > now)
        fields = ((b"date", formatdate(now, usegmt=True).encode()),) if self.dated else ()
        found = replies(200, {"username": "alice", "email": "alice@example.com"}) if good else replies(401, {"error": "no"})
        return Response(status=found.status, fields=(*found.fields, *fields), body=found.body)


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize(
    ("checks", "lives", "found", "skipped"),
    [
        ("signature", 40, 1, 0),
        ("signature", -500, 1, 0),
        ("signature exp", 40, 0, 0),
        ("nothing", 40, 0, 0),
        ("signature", 86_400, 0, 1),
    ],
)
def test_expired_tokens(checks: str, lives: int, found: int, skipped: int, dated: bool) -> None:
    text = forging.signed({"alg": "HS256"}, {"sub": "alice", "exp": int(BEGAN) + lives}, SECRET)
    alice = Identity(name="alice", credential=(("Authorization", f"Bearer {text}"),), facts={"username": "alice"})
    server = Clocked(checks, dated)
    driver = Driver(
        target_of(CONTRACT, [alice]), [probes()["token-expiry"]], server.pure.clock, Limits(seconds=300.0), strict=True
    )
    outcome = server.pure.drive(driver)
    assert [one.claim.place for one in outcome.found] == ["token exp"] * found
    assert sum("expired tokens" in one.why for one in outcome.left) == skipped
    assert all(one.claim.control for one in outcome.found)
    assert server.pure.now < 300
