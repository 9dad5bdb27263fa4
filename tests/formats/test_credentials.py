"""Keys, key files and users' files."""

from hashlib import sha256
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.credentials import decoy, digest_of, format_key, is_key, read_keys, read_users, write_keys
from yett.model.mistake import DocumentError
from yett.model.operation import ApiKey

DIGEST = "0" * 64
HASH = "$argon2id$v=19$m=19456,t=2,p=1$eWV0dC1leGFtcGxlLW5vdC1zZWNyZXQ$W4hAE5TApiRfXU56reYtgQ4V0VhcuxVLKsBwwAgu/SA"


@given(st.binary(min_size=32, max_size=32), st.integers(0, 53), st.sampled_from("0Aa_z"))
def test_keys_have_a_checksum(secret, place, letter):
    key = format_key(secret)
    assert len(key) == 54
    assert key.startswith("yett_")
    assert is_key(key)
    changed = key[:place] + letter + key[place + 1 :]
    assert is_key(changed) is (changed == key)
    assert digest_of(key) == sha256(key.encode()).hexdigest()


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_different_secrets_are_different_keys(one, other):
    assert (format_key(one) == format_key(other)) is (one == other)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_size(size):
    with pytest.raises(ValueError, match="32"):
        format_key(bytes(size))


labels = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=20)
times = st.none() | st.floats(0, 1e11)
keys = st.builds(
    ApiKey,
    id=labels,
    principal=labels,
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    scopes=st.frozensets(labels, max_size=3),
    roles=st.frozensets(labels, max_size=3),
    created=st.floats(0, 1e11),
    expires=times,
    revoked=times,
)
sets = st.lists(keys, max_size=5, unique_by=(lambda key: key.id, lambda key: key.sha256)).map(tuple)


@given(sets)
def test_what_is_written_is_read(stored):
    octets = write_keys(stored)
    assert read_keys(octets) == stored
    assert octets == write_keys(stored)
    assert octets.count(b"\n") == len(stored) + 2 if stored else True


def test_yaml_by_hand():
    octets = f"""
    # who may call
    keys:
    - id: k1
      principal: alice
      sha256: "{DIGEST}"
      scopes: [orders:read, no]
      expires: 1800000000
    """.encode()
    (key,) = read_keys(octets)
    assert key == ApiKey("k1", "alice", DIGEST, frozenset({"orders:read", "no"}), expires=1_800_000_000.0)


@pytest.mark.parametrize(
    "octets", [b"", b" \n", b"{}", b"keys: []", b'{"version": 1, "keys": []}', b"version: 1", b"# none yet\n"]
)
def test_no_keys(octets):
    assert read_keys(octets) == ()


ENTRY = f"id: a, principal: p, sha256: '{DIGEST}'"


@pytest.mark.parametrize(
    "text, words",
    [
        ("keys: [", r"k.yaml:\d"),
        ("- a", "object"),
        ("keys: 7", "k.yaml"),
        ("version: 2", "version"),
        ("kees: []", "kees"),
        (f"keys:\n- {{{ENTRY}}}\n- {{{ENTRY}, expirse: 1}}", "k.yaml:3.*expirse"),
        ("keys:\n- {id: a, principal: p, sha256: abc}", "k.yaml:2.*sha256"),
        (f"keys: [{{id: '', principal: p, sha256: '{DIGEST}'}}]", "id"),
        (f'keys: [{{id: "a\\nb", principal: p, sha256: "{DIGEST}"}}]', "id"),
        (f"keys: [{{{ENTRY}}}, {{{ENTRY}}}]", "same id"),
        (f"keys: [{{{ENTRY}}}, {{id: b, principal: p, sha256: '{DIGEST}'}}]", "same sha256"),
        ('{"keys": [{"id": "a"}]}', "k.yaml:1.*principal"),
    ],
)
def test_mistakes_have_a_place(text, words):
    with pytest.raises(DocumentError, match=words):
        read_keys(text.encode(), "k.yaml")


def test_a_hundred_thousand_keys():
    stored = tuple(ApiKey(f"k{n}", f"p{n}", sha256(b"%d" % n).hexdigest(), frozenset({"a", "b"})) for n in range(100_000))
    octets = write_keys(stored)
    begin = process_time()
    assert len(read_keys(octets)) == 100_000
    assert process_time() - begin < 1.5  # about 0.4 s on a quiet core


def test_users():
    users = read_users(f"users:\n  alice: {{hash: '{HASH}', scopes: [a]}}\n".encode())
    assert users["alice"].scopes == {"a"}
    assert "argon2" not in repr(users)


@pytest.mark.parametrize(
    "text, words",
    [
        ("users: {}", "no users"),
        ("{}", "users"),
        ("users: {alice: x}", "object"),
        ("users:\n  alice: {hash: x}", "u.yaml:2.*argon2id"),
        (f"users: {{alice: {{hash: '{HASH.replace('argon2id', 'argon2i')}'}}}}", "argon2id"),
        (f"users: {{alice: {{hash: '{HASH.replace('19456', '1048577')}'}}}}", "argon2id"),
        (f"users: {{alice: {{hash: '{HASH.replace('p=1', 'p=0')}'}}}}", "argon2id"),
        (f"users: {{alice: {{hash: '{HASH}x!'}}}}", "argon2id"),
        (f"users: {{'al:ice': {{hash: '{HASH}'}}}}", "colon"),
        (f"users: {{alice: {{hash: '{HASH}', password: x}}}}", "password"),
    ],
)
def test_mistakes_in_users(text, words):
    with pytest.raises(DocumentError, match=words) as error:
        read_users(text.encode(), "u.yaml")
    assert "W4hAE5" not in str(error.value)


def test_a_decoy_costs_the_same_and_is_nobodys():
    assert decoy(HASH).startswith("$argon2id$v=19$m=19456,t=2,p=1$AAAA")
    assert len(decoy(HASH)) == len(HASH)
    with pytest.raises(ValueError, match="argon2id"):
        decoy("x")
