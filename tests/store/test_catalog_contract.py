"""What every store of catalogs keeps: one suite over all of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from yett.model.catalog import Correction
from yett.model.catalog_store import CatalogOvertaken, CatalogStore, DescriptionRecord, Identity, KnownFinding, Position
from yett.model.finding import Finding
from yett.model.rule import Confidence, Severity
from yett.store.catalog import MemoryCatalog, open_catalog


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CatalogStore]:
    made: CatalogStore = MemoryCatalog() if request.param == "memory" else open_catalog(tmp_path / "catalog.db", create=True)
    yield made
    made.close()


def _finding(fingerprint: str) -> Finding:
    return Finding(
        fingerprint=fingerprint,
        rule="r",
        operation="o",
        place="p",
        title="t",
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
    )


def test_a_new_catalog_is_empty(store: CatalogStore) -> None:
    assert store.services() == ()
    assert store.learnt("s") is None
    assert not store.positions() + store.descriptions() + store.corrections() + store.identities() + store.findings()
    assert store.position("k") is None
    assert store.note("settings") is None
    assert len(store.key) == 32


def test_learning_states_are_kept_and_replaced(store: CatalogStore) -> None:
    with store.writing() as change:
        change.learn("b", b"1")
        change.learn("a", b"")
        assert change.learnt("b") == b"1"
    with store.writing() as change:
        change.learn("b", b"22")
    assert store.services() == ("a", "b")
    assert store.learnt("b") == b"22"
    assert store.learnt("a") == b""
    assert store.states() == {"a": b"", "b": b"22"}
    stamp = store.stamp()
    with store.writing() as change:
        change.forget("b")
        change.forget("never there")
        assert change.states() == {"a": b""}
    assert store.services() == ("a",)
    assert store.stamp() != stamp


def test_a_change_that_fails_leaves_everything(store: CatalogStore) -> None:
    first = Position(key="k", name="n", entries=1)
    with store.writing() as change:
        change.learn("a", b"1")
        change.advance(first, None)
        kept = change.correct(Correction(kind="merge", service="a", template="/x"))
    stamp = store.stamp()
    with pytest.raises(RuntimeError), store.writing() as change:  # noqa: PT012
        change.learn("a", b"2")
        change.learn("c", b"3")
        change.advance(Position(key="k", name="n", entries=2), first)
        change.describe(DescriptionRecord(source="s", digest=b"d", body=b"", first_read=1.0, last_read=1.0))
        change.take_back(kept.id)
        change.identify([Identity(id="i", service="a", method="GET", template="/x")])
        change.report([KnownFinding(finding=_finding("f"))])
        change.write_note("n", b"1")
        raise RuntimeError
    assert store.learnt("a") == b"1"
    assert store.services() == ("a",)
    assert store.position("k") == first
    assert store.corrections() == (kept,)
    assert not store.descriptions() + store.identities() + store.findings()
    assert store.note("n") is None
    assert store.stamp() == stamp


def test_a_source_is_counted_by_one_only(store: CatalogStore) -> None:
    first, second = Position(key="k", name="n", entries=1), Position(key="k", name="n", entries=2, digest=b"x", mark=b"m")
    with store.writing() as change:
        change.advance(first, None)
    with pytest.raises(CatalogOvertaken, match="n: "), store.writing() as change:  # noqa: PT012
        change.learn("a", b"1")
        change.advance(second, None)
    assert store.learnt("a") is None
    with store.writing() as change:
        change.advance(second, first)
    assert store.position("k") == second
    assert store.positions() == (second,)


def test_earlier_readings_of_a_description_stay(store: CatalogStore) -> None:
    def read(source: str, digest: bytes, at: float) -> None:
        with store.writing() as change:
            change.describe(DescriptionRecord(source=source, digest=digest, body=digest, first_read=at, last_read=at))

    read("a", b"1", 1.0)
    read("a", b"2", 2.0)
    read("b", b"1", 2.5)
    found = [(one.source, one.digest, one.current) for one in store.descriptions()]
    assert found == [("a", b"1", False), ("a", b"2", True), ("b", b"1", True)]
    read("a", b"1", 3.0)
    again = [one for one in store.descriptions() if one.source == "a"]
    assert [(one.digest, one.current, one.first_read, one.last_read) for one in again] == [
        (b"2", False, 2.0, 2.0),
        (b"1", True, 1.0, 3.0),
    ]


def test_corrections_hold_until_they_are_taken_back(store: CatalogStore) -> None:
    with store.writing() as change:
        one = change.correct(Correction(kind="merge", service="a", template="/x"))
        two = change.correct(Correction(kind="verdict", service="a", template="/y", place="query/q", label="email", value="no"))
    assert one.id < two.id
    assert store.corrections() == (one, two)
    with store.writing() as change:
        assert change.take_back(one.id)
    with store.writing() as change:
        assert not change.take_back(one.id)
        three = change.correct(Correction(kind="split", service="a", template="/z"))
    assert three.id > two.id
    assert store.corrections() == (two, three)


def test_identities_findings_and_notes_are_replaced_by_name(store: CatalogStore) -> None:
    identity = Identity(id="i", service="a", method="GET", template="/x", made=1.0)
    with store.writing() as change:
        change.identify([identity, msgspec.structs.replace(identity, id="h")])
        change.report([KnownFinding(finding=_finding("g")), KnownFinding(finding=_finding("f"))])
        change.write_note("n", b"1")
    with store.writing() as change:
        change.identify([msgspec.structs.replace(identity, alias="h")])
        change.report([KnownFinding(finding=_finding("g"), resolved=9.0)])
        change.write_note("n", b"2")
    assert [(one.id, one.alias) for one in store.identities()] == [("h", ""), ("i", "h")]
    assert [(one.finding.fingerprint, one.resolved) for one in store.findings()] == [("f", None), ("g", 9.0)]
    assert store.note("n") == b"2"


@pytest.mark.parametrize(
    "write",
    [
        lambda change: change.learn("a", b"1"),
        lambda change: change.describe(DescriptionRecord(source="s", digest=b"d", body=b"", first_read=1.0, last_read=1.0)),
        lambda change: change.correct(Correction(kind="merge", service="a", template="/x")),
        lambda change: change.identify([Identity(id="i", service="a", method="GET", template="/x")]),
    ],
)
def test_the_stamp_tells_whether_a_computed_catalog_is_still_right(
    store: CatalogStore, write: Callable[[object], object]
) -> None:
    before = store.stamp()
    with store.writing() as change:
        change.write_note("computed", b"")
        change.advance(Position(key="k", name="n"), None)
    assert store.stamp() == before
    with store.writing() as change:
        write(change)
    assert store.stamp() != before
