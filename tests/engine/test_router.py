"""The router against a matcher that tries every template, and what it must say of templates and hosts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.engine.hosts import UNKNOWN_HOST, UNKNOWN_PATH, Hosts
from yett.engine.router import Mixed, Router, TemplateError, canonical_template, parameters, shape
from yett.formats.target import canonical, routing_form
from yett.model.decision import Denial

SEGMENTS = st.sampled_from(["a", "b", "ab", "a.j", "a:b", "{}", "{}.j", "a{}", "{}-{}", "a{}b{}", "{}:b", ""])
TEMPLATES = st.lists(st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda parts: numbered("/" + "/".join(parts))), max_size=12)
PATHS = st.lists(st.text("ab.j-:", max_size=4), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


def numbered(template: str) -> str:
    count = iter(range(100))
    return re.sub(r"\{\}", lambda _: f"{{p{next(count)}}}", template)


def naive(templates: list[str], path: str) -> tuple[str, list[str]] | None:
    """Every template is tried as a regular expression; the one that is most concrete from the left wins."""
    found = []
    for template in templates:
        pattern = "".join("([^/]+?)" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{p\d+\})", template))
        match = re.fullmatch(pattern, path)
        if match is not None:
            found.append(([rank(segment) for segment in template.split("/")], template, list(match.groups())))
    return min(found)[1:] if found else None


def rank(segment: str) -> tuple[int, int, str]:
    literals = re.split(r"\{p\d+\}", segment)
    if len(literals) == 1:
        return 0, 0, ""
    if literals == ["", ""]:
        return 2, 0, ""
    return 1, -(len("".join(literals)) + len(literals) - 1), "{}".join(literals)


@given(TEMPLATES, PATHS)
def test_as_a_naive_matcher(templates: list[str], path: str) -> None:
    router: Router[str] = Router()
    for template in templates:
        router.add(template).entries.setdefault("GET", template)
    expected = naive(templates, path)
    found = router.find(path)
    if expected is None:
        assert found is None
        assert list(router.matches(path)) == []
    else:
        assert found is not None
        leaf, values = found
        assert (shape(leaf.entries["GET"]), values or []) == (shape(expected[0]), expected[1])
        assert next(router.matches(path)) == (leaf, values)


@given(TEMPLATES, PATHS)
def test_every_match_is_found_once(templates: list[str], path: str) -> None:
    router: Router[str] = Router()
    for template in templates:
        router.add(template)
    leaves = [leaf for leaf, _ in router.matches(path)]
    assert len(leaves) == len(set(map(id, leaves)))
    assert len(leaves) == len({shape(template) for template in templates if naive([template], path)})


@given(
    st.lists(st.text("ab", max_size=2), min_size=2, max_size=5).filter(lambda parts: all(parts[1:-1])),
    st.text("ab", max_size=8),
)
def test_mixed_segments_match_as_expressions_do(literals: list[str], segment: str) -> None:
    match = re.fullmatch("(.+?)".join(map(re.escape, literals)), segment)
    assert Mixed(literals).match(segment) == (list(match.groups()) if match else None)


def test_values_are_as_sent() -> None:
    router: Router[str] = Router()
    router.add("/jobs/{id}:run")
    router.add("/tags/{list}/x")
    raw = "/jobs/a%2Cb%3Arun"
    found = router.find(routing_form(raw), raw)
    assert found is not None and found[1] == ["a,b"]
    raw = "/tags/a%2Cb,c/x"
    found = router.find(routing_form(raw), raw)
    assert found is not None and found[1] == ["a%2Cb,c"]


@pytest.mark.parametrize(
    ("template", "form"),
    [
        ("/orders/{id}", "/orders/{id}"),
        ("/caf\u00e9/{name}", "/caf%C3%A9/{name}"),
        ("/%7euser/{a}~{b}", "/~user/{a}~{b}"),
        ("/a b", "/a%20b"),
        ("/{a}.{b}", "/{a}.{b}"),
        ("/x%2fy", "/x%2Fy"),
        ("/p0q/{a}p0q{b}/p1q/%70%30q", "/p0q/{a}p0q{b}/p1q/p0q"),
    ],
)
def test_templates_become_canonical(template: str, form: str) -> None:
    assert canonical_template(template) == form


def test_a_canonical_template_matches_what_clients_send() -> None:
    router: Router[str] = Router()
    leaf = router.add(canonical_template("/caf\u00e9/@me"))
    for sent in (b"/caf%C3%A9/@me", b"/caf%c3%a9/%40me", b"/%63af%C3%A9/@me"):
        found = router.find(routing_form(canonical(sent).path))
        assert found is not None and found[0] is leaf


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("/a/{b", "braces"),
        ("/a/b}", "braces"),
        ("/a?x={y}", "query"),
        ("/a/../b", "not a path"),
        ("orders", "not a path"),
        ("/a/{}", "braces"),
    ],
)
def test_templates_that_are_none(template: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        canonical_template(template)


def test_parameters_without_a_border() -> None:
    with pytest.raises(TemplateError, match="nothing separates"):
        Router().add("/{a}{b}")


def test_a_parameter_twice() -> None:
    with pytest.raises(TemplateError, match="twice"):
        parameters("/{a}/{a}")


def place(hosts: Hosts[str], host: str, path: str) -> str:
    found = hosts.find(host, path)
    return found.rule if isinstance(found, Denial) else found


def test_hosts_from_the_closest_to_any() -> None:
    hosts: Hosts[str] = Hosts()
    for pattern, prefix, one in [
        ("api.example", "/v1", "exact"),
        ("*.example", "/v2", "wild"),
        ("*.deep.example", "/", "deeper"),
        (None, "/v1", "any"),
        ("[::1]", "/", "six"),
    ]:
        assert hosts.add(pattern, prefix, one)
    assert place(hosts, "api.example", "/v1/x") == "exact"
    assert place(hosts, "api.example", "/v2") == "wild"
    assert place(hosts, "x.y.example", "/v2/") == "wild"
    assert place(hosts, "x.deep.example", "/v1") == "deeper"
    assert place(hosts, "deep.example", "/v2") == "wild"
    assert place(hosts, "x.example", "/v1") == "any"
    assert place(hosts, "other", "/v1/y") == "any"
    assert place(hosts, "example", "/v1") == "any"
    assert place(hosts, "::1", "/") == "six"
    assert place(hosts, "other", "/v2") == "unknown-path"


def test_unknown_hosts_and_paths() -> None:
    hosts: Hosts[str] = Hosts()
    hosts.add("api.example", "/v1", "one")
    hosts.add("*.other.example", "/v1", "two")
    assert hosts.find("nobody.example", "/v1") is UNKNOWN_HOST
    assert hosts.find("other.example", "/v1") is UNKNOWN_HOST
    assert hosts.find("", "/v1") is UNKNOWN_HOST
    assert hosts.find("api.example", "/v12") is UNKNOWN_PATH
    assert hosts.find("a.other.example", "/") is UNKNOWN_PATH
    assert UNKNOWN_HOST.status == 421 and UNKNOWN_PATH.status == 404


def test_the_longest_prefix_on_segment_borders() -> None:
    hosts: Hosts[str] = Hosts()
    for prefix in ("/", "/v1", "/v1/admin/", "/v10"):
        assert hosts.add(None, prefix, prefix)
    assert not hosts.add(None, "/v1/", "twice")
    expected = {
        "/": "/",
        "/v1": "/v1",
        "/v1/": "/v1",
        "/v1x": "/",
        "/v1/administer": "/v1",
        "/v1/admin": "/v1/admin/",
        "/v1/admin/x/y": "/v1/admin/",
        "/v10/a": "/v10",
        "//v1": "/",
    }
    assert {path: place(hosts, "x", path) for path in expected} == expected


@given(st.lists(st.sampled_from(["/a", "/a/b", "/b", "/a/b/c", "/"]), unique=True, min_size=1), PATHS)
def test_prefixes_as_a_naive_matcher(prefixes: list[str], path: str) -> None:
    hosts: Hosts[str] = Hosts()
    for prefix in prefixes:
        hosts.add("h", prefix, prefix)
    fitting = [prefix for prefix in prefixes if path == prefix or path.startswith(prefix.rstrip("/") + "/")]
    assert place(hosts, "h", path) == max(fitting, key=len, default="unknown-path")


def test_the_server_as_a_whole_is_asked_at_the_service_without_prefix() -> None:
    hosts: Hosts[str] = Hosts()
    hosts.add("a.example", "/v1", "versioned")
    assert hosts.find("a.example", "*") is UNKNOWN_PATH
    hosts.add("a.example", "/", "all")
    assert hosts.find("a.example", "*") == "all"
