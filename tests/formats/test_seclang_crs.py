"""OWASP CRS, unmodified: nothing is refused, and what was read agrees with a count that shares no code with the reader.

Debian's package `modsecurity-crs` (3.3) is read where it is installed; CRS=/path reads another release, such as 4.28.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from yett.formats.seclang import Marker, RuleSet, SecAction, SecRule, read_seclang
from yett.formats.transformations import TRANSFORMATIONS
from yett.store.rule_directory import read_rule_directory

DEBIAN = Path("/usr/share/modsecurity-crs")
SETUP = Path("/etc/modsecurity/crs/crs-setup.conf")


def releases() -> Iterator[tuple[str, Path, Path | None]]:
    if "CRS" in os.environ:
        yield "CRS", Path(os.environ["CRS"]), None
    if DEBIAN.is_dir():
        yield "debian", DEBIAN, SETUP if SETUP.is_file() else None


RELEASES = list(releases())
if not RELEASES:
    pytest.skip("no Core Rule Set here: install the package modsecurity-crs, or set CRS=/path", allow_module_level=True)


@pytest.fixture(scope="module", params=RELEASES, ids=[name for name, _, _ in RELEASES])
def release(request: pytest.FixtureRequest) -> tuple[str, RuleSet]:
    _, directory, setup = request.param
    files = read_rule_directory(directory, setup)
    text = "\n".join(files.files[name].decode() for name in files.order)
    return text, read_seclang(files.files, files.order)


def directives(text: str) -> list[str]:
    """A second, simple-minded reading: comments out, lines that end in a backslash joined."""
    lines = [line.strip() for line in text.split("\n")]
    kept = "\n".join(line for line in lines if not line.startswith("#"))
    return [line for line in kept.replace("\\\n", "").split("\n") if line]


def rules_of(text: str, found: RuleSet) -> list[str]:
    """The lines of SecRule and SecAction, without the chains that are listed as left out as a whole."""
    left_out = [f"id:{gap.rule}," for gap in found.unenforced if gap.whole]
    kept = []
    dropping = False
    for line in directives(text):
        if line.startswith(("SecRule ", "SecAction ")):
            dropping = dropping or any(rule in line for rule in left_out)
            if not dropping:
                kept.append(line)
            dropping = dropping and re.search(r"[\",]\s*chain\s*[,\"]", line) is not None
    return kept


def links(found: RuleSet) -> list[SecRule | SecAction]:
    heads = [item for item in found.items if not isinstance(item, Marker)]
    return [link for head in heads for link in (head, *(head.chained if isinstance(head, SecRule) else ()))]


def test_as_many_directives(release: tuple[str, RuleSet]) -> None:
    text, found = release
    lines = Counter(line.split()[0] for line in rules_of(text, found))
    assert Counter(type(link).__name__ for link in links(found)) == lines
    assert sum(isinstance(item, Marker) for item in found.items) == text.count("\nSecMarker ")
    assert lines["SecRule"] > 600


def test_as_many_of_each_operator(release: tuple[str, RuleSet]) -> None:
    text, found = release
    heads = [line for line in rules_of(text, found) if line.startswith("SecRule ")]
    counted: Counter[str] = Counter()
    for line in heads:
        stated = re.match(r'SecRule +(?:"[^"]*"|[^" ]+) "(!?)(?:@(\w+))?', line)
        assert stated, line
        counted[stated[1] + (stated[2] or "rx").lower()] += 1
    operators = [link.operator for link in links(found) if isinstance(link, SecRule)]
    assert Counter("!" * operator.negated + operator.name for operator in operators) == counted


def test_as_many_targets(release: tuple[str, RuleSet]) -> None:
    """Quotes and patterns aside, there is a target for each separator; those of SecRuleUpdateTarget* come on top."""
    text, found = release
    updates = [line for line in directives(text) if line.startswith("SecRuleUpdateTarget")]
    updated = {name for line in updates for name in re.findall(r"!?[A-Z_]+(?=:)", line)}
    counted: Counter[str] = Counter()
    for line in rules_of(text, found):
        stated = re.match(r'SecRule +(?:"([^"]*)"|([^" ]+)) ', line)
        if stated:
            plain = re.sub(r"'[^']*'|:/[^*|]*/(?=[| ]|$)", "", stated[1] or stated[2])
            counted.update(re.split(r"[:|]", target, maxsplit=1)[0].upper() for target in plain.split("|"))
    rules = [link for link in links(found) if isinstance(link, SecRule)]
    read = Counter(str(variable).split(":")[0] for rule in rules for variable in rule.variables)
    assert {name: count for name, count in read.items() if name not in updated} == {
        name: count for name, count in counted.items() if name not in updated
    }
    assert all(read[name] >= counted[name] for name in updated)


def test_as_many_of_each_transformation(release: tuple[str, RuleSet]) -> None:
    """Every `t:` that is not overridden by a later `t:none` is in a chain."""
    text, found = release
    counted: Counter[str] = Counter()
    canonical = {name.lower(): name for name in TRANSFORMATIONS} | {"normalisepath": "normalizePath"}
    for line in rules_of(text, found):
        names = re.findall(r"[\",]\s*t:(\w+)", line)
        while "none" in names:
            names = names[names.index("none") + 1 :]
        counted.update(canonical[name.lower()] for name in names)
    assert Counter(name for link in links(found) for name in link.transformations) == counted


def test_as_many_actions(release: tuple[str, RuleSet]) -> None:
    text, found = release
    lines = rules_of(text, found)
    for name in ("msg", "tag", "severity", "ver", "capture", "multiMatch", "logdata"):
        pattern = re.compile(rf"[\",]\s*{name}(?=[:,\"])")
        counted = sum(len(pattern.findall(line)) for line in lines)
        assert sum(action.name == name.lower() for link in links(found) for action in link.actions) == counted, name
    whole = "\n".join(lines).lower()
    assert sum(len(link.assignments) for link in links(found)) == len(re.findall(r"setvar:'?!?tx\.", whole))
    assert sum(len(link.controls) for link in links(found)) == len(re.findall(r"ctl:(?!audit)", whole))


def test_every_detecting_rule_says_what_it_does(release: tuple[str, RuleSet]) -> None:
    _, found = release
    detecting = [rule for rule in found.rules if rule.severity is not None]
    assert len(detecting) > 200
    for rule in detecting:
        assert rule.message, rule.id
        assert rule.tags or rule.id < 910_000, rule.id
        assert 1 <= rule.phase <= 5


def test_every_rule_says_whether_it_disrupts(release: tuple[str, RuleSet]) -> None:
    """So that it does not matter that a rule without such an action takes that of SecDefaultAction."""
    text, _ = release
    for line in directives(text):
        if line.startswith(("SecRule ", "SecAction ")) and "id:" in line:
            assert re.search(r"[\",]\s*(pass|block|deny|drop|allow)\s*[,\"]", line), line[:80]


def test_skips_lead_to_markers(release: tuple[str, RuleSet]) -> None:
    _, found = release
    names = {item.name for item in found.items if isinstance(item, Marker)}
    skipping = [item for item in found.items if not isinstance(item, Marker) and item.skip_after]
    assert len(skipping) > 100
    assert {item.skip_after for item in skipping} <= names


def test_data_files_are_read(release: tuple[str, RuleSet]) -> None:
    _, found = release
    operators = [link.operator for link in links(found) if isinstance(link, SecRule)]
    named = {operator.argument for operator in operators if operator.name == "pmfromfile"}
    assert named == set(found.data)
    assert all(found.data.values())


def test_what_is_not_enforced(release: tuple[str, RuleSet]) -> None:
    """The whole list: look-ups of others, storage between requests, ModSecurity's own records, and what only sampling needs."""
    _, found = release
    assert {gap.what for gap in found.unenforced} <= {
        "%{DURATION}",
        "%{IP}",
        "%{UNIQUE_ID}",
        "UNIQUE_ID",
        "DURATION",
        "@geoLookup",
        "@rbl",
        "GEO",
        "IP",
        "SecCollectionTimeout",
        "ctl:auditEngine",
        "ctl:auditLogParts",
        "expirevar",
        "initcol",
        "setvar:ip",
    }
    assert {gap.rule for gap in found.unenforced if gap.whole} <= {910100, 910140}
