"""Every rule on source shows what it does: its own programs, through the same analysis as users' code."""

import pytest

from yett.engine.source.analysis import Analysis, analysed
from yett.formats.python_source.reading import read_module
from yett.formats.yaml import read
from yett.model.source import Snippet
from yett.rules.registry import SourceCheck, source_rules

RULES = source_rules().values()
MATCHES = [pytest.param(one, snippet, id=f"{one.rule.id}-{n}") for one in RULES for n, snippet in enumerate(one.rule.matches)]
PASSES = [pytest.param(one, snippet, id=f"{one.rule.id}-{n}") for one in RULES for n, snippet in enumerate(one.rule.passes)]


def looked_at(rule: SourceCheck, snippet: Snippet) -> Analysis:
    files = {"app.py": snippet.text, **snippet.files}
    modules = [read_module(text.encode(), name) for name, text in files.items() if name.endswith(".py")]
    assert not [problem for one in modules for problem in one.problems]
    described = {name: read(text.encode(), name).tree for name, text in files.items() if name.endswith(".yaml")}
    return analysed(modules, [rule], described=described)


@pytest.mark.parametrize("rule", RULES, ids=lambda one: one.rule.id)
def test_every_rule_on_source_shows_what_it_does(rule: SourceCheck) -> None:
    assert rule.rule.matches, "a program in which it finds something"
    assert rule.rule.passes, "a program in which it finds nothing"
    assert len(rule.manual) > 200
    assert rule.rule.references
    assert rule.rule.flaws
    assert rule.rule.says or rule.look is not None


@pytest.mark.parametrize(("rule", "snippet"), MATCHES)
def test_a_rule_on_source_matches(rule: SourceCheck, snippet: Snippet) -> None:
    found = looked_at(rule, snippet)
    assert found.findings
    for one in found.findings:
        assert one.finding.rule == rule.rule.id
        assert one.finding.file
        assert one.finding.line
        assert one.proof is not None
        assert one.proof.flow
        assert one.proof.flaw in {flaw.value for flaw in rule.rule.flaws}


@pytest.mark.parametrize(("rule", "snippet"), PASSES)
def test_a_rule_on_source_passes(rule: SourceCheck, snippet: Snippet) -> None:
    assert looked_at(rule, snippet).findings == ()
