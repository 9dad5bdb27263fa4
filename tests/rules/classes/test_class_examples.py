"""Every class of sensitive data shows what it is and what it is not; both are tried with all classes together."""

import pytest

from yett.engine.classes import classifier
from yett.model.classes import DataClass, Specimen
from yett.rules.registry import Described, data_classes

CLASSES = sorted(data_classes().values(), key=lambda described: described.rule.id)
MATCHES = [(one.rule, specimen) for one in CLASSES for specimen in one.rule.matches]
PASSES = [(one.rule, specimen) for one in CLASSES for specimen in one.rule.passes]


def classes_of(specimen: Specimen) -> tuple[str, ...]:
    place, _, name = specimen.name.rpartition(".")
    return classifier()(name, place, specimen.value)


@pytest.mark.parametrize("described", CLASSES, ids=lambda one: one.rule.id)
def test_every_class_has_a_page_and_examples_of_both_kinds(described: Described):
    one = described.rule
    assert described.manual
    assert one.title
    assert one.matches, f"{one.id} shows nothing that it matches"
    assert one.passes, f"{one.id} shows nothing that it lets pass"
    assert not one.broader or one.broader in data_classes()


@pytest.mark.parametrize(("one", "specimen"), MATCHES, ids=lambda x: x.id if isinstance(x, DataClass) else repr(x.value)[:40])
def test_matches(one: DataClass, specimen: Specimen):
    assert one.id in classes_of(specimen), specimen


@pytest.mark.parametrize(("one", "specimen"), PASSES, ids=lambda x: x.id if isinstance(x, DataClass) else repr(x.value)[:40])
def test_passes(one: DataClass, specimen: Specimen):
    assert one.id not in classes_of(specimen), specimen
