"""What travels from the compiler to the workers: whole, in pieces, and the same for the same keys."""

from hashlib import sha256

from yett.cli import freight
from yett.model.bundle import Bundle
from yett.model.operation import ApiKey
from yett.model.policy import Policy, Service, Upstream
from yett.store.keyfile import ring_in_slices

POLICY = Policy(services=(Service(name="a", upstream=Upstream(targets=("http://127.0.0.1:1",))),))


def bundle(count: int, **more: object) -> Bundle:
    keys = tuple(
        ApiKey(id=str(number), principal="alice", sha256=sha256(str(number).encode()).hexdigest()) for number in range(count)
    )
    return Bundle(digest="abc", policy=POLICY, keys=keys, secrets={"env:X": "y"}, files={"a": b"b"}, **more)  # type: ignore[arg-type]


def test_everything_arrives_and_keys_come_in_pieces() -> None:
    sent = bundle(1_000, positions={"/services": (1, 2)})
    packed = freight.decode(memoryview(freight.encode(sent, ("https://issuer.example/jwks",))))
    assert packed.key_sets == ("https://issuer.example/jwks",)
    arrived = packed.bundle()
    assert (arrived.policy, arrived.secrets, arrived.files, arrived.keys) == (sent.policy, sent.secrets, sent.files, ())
    building = ring_in_slices(packed.keys())
    steps = 0
    while True:
        try:
            next(building)
        except StopIteration as end:
            ring = end.value
            break
        steps += 1
    assert steps == 4
    assert len(ring) == 1_000
    assert ring.find(sha256(b"999").digest()).id == "999"


def test_the_same_keys_have_the_same_digest() -> None:
    digests = [
        freight.decode(freight.encode(bundle(count, path=path), ())).keys_digest
        for count, path in [(3, "a"), (3, "b"), (4, "a")]
    ]
    assert digests[0] == digests[1] != digests[2]
