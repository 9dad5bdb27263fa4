"""Routes of frameworks: one spelling for all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.routes import LONGEST, template


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("/users/{id}", "/users/{id}"),
        ("/users/{id:int}", "/users/{id}"),
        ("/files/{rest:path}", "/files/{rest}"),
        ("/users/<int:id>", "/users/{id}"),
        ("/users/<id>/x", "/users/{id}/x"),
        ("/u/<any(a,b):kind>", "/u/{kind}"),
        ("users/<int:pk>/", "/users/{pk}/"),
        (r"^users/(?P<pk>[0-9]+)/$", "/users/{pk}/"),
        (r"^a\.b/(?P<x>(a|b)+)/?$", "/a.b/{x}"),
        ("api/(?P<version>v[12])/x", "/api/{version}/x"),
        ("/a/:id/b", "/a/{id}/b"),
        ("/a/:id(\\d+)?", "/a/{id}"),
        ("/flights/:from-:to", "/flights/{from}-{to}"),
        ("/v1/x:cancel", "/v1/x:cancel"),
        ("/v1/{id}:cancel", "/v1/{id}:cancel"),
        ("/files/*path", "/files/{path}"),
        ("/files/*", "/files/{rest}"),
        ("/a/**", "/a/{rest}"),
        ("/x/{id:[0-9]{2,3}}", "/x/{id}"),
        ("api/{id:int?}", "/api/{id}"),
        ("api/{id=7}", "/api/{id}"),
        ("/{*rest}", "/{rest}"),
        ("/blog/[slug]", "/blog/{slug}"),
        ("/o/[[...rest]]", "/o/{rest}"),
        ("/o(.:format)", "/o"),
        ("GET /v/{id}", "/v/{id}"),
        ("/{rest...}", "/{rest}"),
        ("/v/{$}", "/v/"),
        ("/{a}.{b}", "/{a}.{b}"),
        ("", "/"),
        ("^$", "/"),
    ],
)
def test_one_spelling(route: str, expected: str) -> None:
    assert template(route) == expected
    assert template(template(route)) == template(route)


@pytest.mark.parametrize(
    "route",
    [
        "(a|b)",
        "/x/{",
        "/x/<",
        "/a?b",
        "^a/.*$",
        "^(a)/$",
        r"^a\d$",
        "^(?P<x",
        "^a?$",
        "^(?P<!>a)",
        "/{}",
        "/{a b}",
        "/a\n",
        "x" * 3_000,
    ],
)
def test_what_tells_too_little(route: str) -> None:
    assert template(route) == ""


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    made = template(text)
    assert made == "" or made.startswith("/")


@pytest.mark.parametrize("opened", ["{", "<", "[", "(", "(?P<", ":", "*", "[["])
def test_time_is_bounded(opened: str) -> None:
    assert len(template("/" + opened * (LONGEST // len(opened) - 1))) <= 2 * LONGEST
