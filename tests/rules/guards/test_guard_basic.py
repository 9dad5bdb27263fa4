"""Names and passwords."""

from base64 import b64encode

import pytest
from argon2.low_level import Type, hash_secret
from hypothesis import given
from hypothesis import strategies as st
from identifying import Identifying, carrying, denied, named, ports, verified
from msgspec import ValidationError
from small_view import NOW

from yett.model.decision import Denial, Unanswered, VerifyPassword, Wait
from yett.rules.guards import basic


def hashed(password: str, memory: int = 8) -> str:
    return hash_secret(password.encode(), b"salt-of-a-test", 1, memory, 1, 16, Type.ID).decode()


ALICE, BOB = hashed("open sesame"), hashed("pass:word ü", 16)
USERS = f"""
users:
  alice: {{hash: "{ALICE}", scopes: ["orders:read"], roles: [staff]}}
  bob: {{hash: "{BOB}"}}
""".encode()
FILES = {"users.yaml": USERS}


def identifying(given=None, **options):
    return Identifying(basic, {"basic": {"users": "users.yaml", **options}}, given or ports(files=FILES))


def presenting(text: str | bytes, scheme: bytes = b"Basic "):
    return carrying(authorization=scheme + b64encode(text.encode() if isinstance(text, str) else text))


def concluded(identify: Identifying, view, now: float = NOW):
    """The answer after the password was verified as the edge does it."""
    waits = identify(view, now)
    assert type(waits) is Wait
    identify.evaluation.supply(waits.need, verified(waits.need))
    return identify(view, evaluation=identify.evaluation)


def test_the_right_password():
    identify = identifying()
    principal = concluded(identify, presenting("alice:open sesame"))
    assert named(principal) == "alice"
    assert (principal.scheme, principal.scopes, principal.roles) == ("basic", {"orders:read"}, {"staff"})
    assert identify.step.challenge == b'Basic realm="api", charset="UTF-8"'


def test_colons_and_other_letters():
    assert named(concluded(identifying(), presenting("bob:pass:word ü"))) == "bob"
    assert named(concluded(identifying(), presenting("bob:pass:word ü", b"bAsIc  "))) == "bob"


@pytest.mark.parametrize("text", ["alice:open sesam", "alice:", "alice:pass:word ü", "Alice:open sesame", "nobody:open sesame"])
def test_wrong(text):
    identify = identifying()
    assert denied(concluded(identify, presenting(text))) == "unknown name or wrong password"
    assert identify.evaluation.credential.scheme == "basic"


def test_unknown_names_take_the_same_path():
    """The same need, with a hash as dear as that of some user and always the same for a name; it fits no password."""
    identify = identifying()
    kinds = set()
    for number in range(40):
        first = identify(presenting(f"nobody{number}:x"))
        assert first == identify(presenting(f"nobody{number}:x"))
        assert type(first) is Wait
        assert first.need.hash not in (ALICE, BOB)
        assert len(first.need.hash) == len(ALICE if "m=8," in first.need.hash else BOB)
        assert not verified(first.need)
        kinds.add(first.need.hash)
    assert len(kinds) == 2


@pytest.mark.parametrize(
    "view",
    [
        carrying(authorization=b"Basic"),
        carrying(authorization=b"Bearer " + b64encode(b"alice:open sesame")),
        carrying(),
        carrying(authorization=b"Basicx"),
    ],
)
def test_nothing_presented(view):
    assert identifying()(view) is None


@pytest.mark.parametrize(
    "value",
    [
        b"Basic ",
        b"Basic !",
        b"Basic " + b64encode(b"alice"),
        b"Basic " + b64encode(b":x"),
        b"Basic " + b64encode(b"al\xffice:x"),
        b"Basic " + b64encode(b"alice:x\0"),
        b"Basic " + b64encode(b"al\nice:x"),
        b"Basic " + b64encode(b"alice:x").rstrip(b"="),
        b"Basic " + b64encode(b"a:" + b"x" * 1_100),
        b"Basic " + b64encode(b"alice:x") + b", Basic " + b64encode(b"bob:x"),
    ],
)
def test_malformed(value):
    assert denied(identifying()(carrying(authorization=value))) == "not a name and a password"


def test_a_full_queue_is_503():
    identify = identifying()
    view = presenting("alice:open sesame")
    waits = identify(view)
    identify.evaluation.supply(waits.need, Unanswered("too many"))
    answer = identify(view, evaluation=identify.evaluation)
    assert "too many" in denied(answer, 503)
    assert dict(answer.fields) == {b"Retry-After": b"1"}


def test_a_good_password_is_remembered_for_a_while():
    identify = identifying(remember=10)
    view = presenting("alice:open sesame")
    principal = concluded(identify, view)
    credential = identify.evaluation.credential
    assert identify(view, NOW + 9.9) is principal
    assert identify.evaluation.credential is credential
    assert type(identify(view, NOW + 10)) is Wait
    assert type(identify(presenting("alice:open sesam"))) is Wait


def test_nothing_is_remembered_where_the_policy_says_so():
    identify = identifying(remember=0)
    concluded(identify, presenting("alice:open sesame"))
    assert type(identify(presenting("alice:open sesame"))) is Wait


def test_a_wrong_password_is_not_remembered():
    identify = identifying()
    for _ in range(2):
        denied(concluded(identify, presenting("alice:wrong")))


def test_operations_of_one_snapshot_share_and_others_do_not():
    given = ports(files=FILES)
    assert identifying(given).step.run is identifying(given).step.run
    assert identifying().step.run is not identifying().step.run


def test_passwords_are_in_no_repr():
    identify = identifying()
    waits = identify(presenting("alice:open sesame"))
    assert "sesame" not in repr(waits)
    assert "sesame" not in repr(identify.evaluation.credential)
    assert "argon2" not in repr(VerifyPassword(ALICE, b"x"))


@pytest.mark.parametrize(
    "files, words",
    [
        ({}, "not read"),
        ({"users.yaml": b"users: {}"}, "no users"),
        ({"users.yaml": b"users: {alice: {hash: md5}}"}, "argon2id"),
        ({"users.yaml": b"users: [1"}, "YAML"),
    ],
)
def test_files_that_cannot_be_used(files, words):
    with pytest.raises(ValueError, match=words):
        identifying(ports(files=files))


@pytest.mark.parametrize("options", [{"realm": "ü"}, {"realm": "a\nb"}, {"remember": -1}, {"remember": 601}, {"users": ""}])
def test_options_that_make_no_sense(options):
    with pytest.raises(ValidationError):
        identifying(**options)


HOSTILE = identifying()


@given(st.binary(max_size=200))
def test_hostile_credentials(octets):
    for value in (octets, b"Basic " + octets, b"Basic " + b64encode(octets)):
        assert HOSTILE(carrying(authorization=value)) is None or type(HOSTILE(carrying(authorization=value))) in (Denial, Wait)
