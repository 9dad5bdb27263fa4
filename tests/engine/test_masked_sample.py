"""Samples: classified fields are masked, what cannot be read is not shown."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.engine.sample import SampleBudget, masked_sample

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded; charset=utf-8"


def sample(body, content_type=JSON, size=4_096, fields=()):
    return masked_sample(body if isinstance(body, bytes) else body.encode(), content_type, size, fields).decode()


@pytest.mark.parametrize(
    "body, shown",
    [
        ('{"name": "a", "password": "b"}', '{"name":"a","password":"***"}'),
        ('{"password": {"old": "b", "new": ["c", {"d": 1}]}, "x": 1}', '{"password":{"***":"***"},"x":1}'),
        ('{"tokens": ["a", "b"], "x": [1, 2.5e3, true, null]}', '{"tokens":["***","***"],"x":[1,2.5e3,true,null]}'),
        ('{"pass\\u0077ord": "b", "\\ud800": "c"}', '{"pass\\u0077ord":"***","\\ud800":"***"}'),
        ('[{"cvv": 123}, {"cvv": 123}]', '[{"cvv":"***"},{"cvv":"***"}]'),
        ('{"a": {"pin": 1}, "b": 2}', '{"a":{"pin":"***"},"b":2}'),
        ('{"q": "query { me(token: 5) }", "n": 4111111111111111}', '{"q":"***","n":"***"}'),
        ('{"q": "\\u0065yJhbGciOiJIUzI1NiJ9.x", "s": "a\\"b", "t": "\\ud800"}', '{"q":"***","s":"a\\"b","t":"\\ud800"}'),
        ('{"a":1}\n{"secret":2}\n"x"', '{"a":1}{"secret":"***"}"x"'),
        ('{"password" "leak"}', '{"password"'),
        ('{"password": "hidden" "leak"}', '{"password":"***"'),
        ('{"a": 1 "leak": 2}', '{"a":1'),
        ('{"password": leak}', '{"password":'),
        ('{"password"{"leak":1}}', '{"password"{"***":"***"}}'),
        (
            '{"tokens": [[1, {"a": ["leak"]}], []], "b": ["x", {"c": 1}]}',
            '{"tokens":[["***",{"***":"***"}],[]],"b":["x",{"c":1}]}',
        ),
        ('{"tokens": [{"leak": 1}, "leak"', '{"tokens":[{"***":"***"},"***"'),
        ('{"tokens": {"leak": ["leak"', '{"tokens":{"***":"***"}'),
        ('{"a": {"tokens": []}, "b": 1}', '{"a":{"tokens":[]},"b":1}'),
        ('{"a"["leak"]}', '{"a"'),
        ('{"a": "cut off', '{"a":'),
        ("}}]]", "}}]]"),
        ('{1: "leak"}', '{1:"***"}'),
        ('"just a text"', '"just a text"'),
        ("not json", ""),
        ("", ""),
    ],
)
def test_json(body, shown):
    assert sample(body) == shown


def test_only_the_beginning_is_read_and_nothing_half():
    body = '{"a": 4111111111111111, "b": "' + "x" * 100 + '"}'
    assert sample(body, size=14) == '{"a":'
    assert sample(body, size=40) == '{"a":"***","b":'
    assert sample('{"ä": "' + "ä" * 20 + '"}', size=3) == "{"
    assert sample('{"a": [' + '{"pin":1},' * 100, size=60).count("***") < 8
    assert len(sample('{"pin":1}' * 100, size=60)) <= 60


def test_configured_fields_are_masked_too():
    assert sample('{"note": "x", "Birth-Date": "y"}', fields=("birth_date",)) == '{"note":"x","Birth-Date":"***"}'


@pytest.mark.parametrize(
    "body, shown",
    [
        ("a=1&password=x&b=2", "a=1&password=***&b=2"),
        ("user%5Bpass%77ord%5D=x", "user%5Bpass%77ord%5D=***"),
        ("c=4111+1111+1111+1111&d", "c=***&d"),
        ("token=", "token="),
    ],
)
def test_forms(body, shown):
    assert sample(body, FORM) == shown


def test_the_cut_piece_of_a_form_is_left_out():
    assert sample("a=1&card=4111111111111111", FORM, size=20) == "a=1"


@pytest.mark.parametrize(
    "content_type, shown",
    [
        (b"application/json", True),
        (b"Application/Problem+JSON; charset=UTF-8", True),
        (b'application/json; charset="utf-8"', True),
        (b"application/x-ndjson", True),
        (b"application/json; charset=utf-16", False),
        (b"application/json;charset=iso-8859-1", False),
        (b"application/jsonx", False),
        (b"text/plain", False),
        (b"multipart/form-data; boundary=x", False),
        (b"application/xml", False),
        (b"", False),
    ],
)
def test_only_types_with_named_fields_are_sampled(content_type, shown):
    assert (sample('{"a":1}', content_type) != "") is shown


def test_no_size_no_sample():
    assert sample('{"a":1}', size=0) == ""


trees = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text('ab"\\ é\n', max_size=5)),
    lambda child: st.one_of(
        st.lists(child, max_size=4), st.dictionaries(st.sampled_from(["a", "b", "password", "card_number"]), child)
    ),
    max_leaves=20,
)


def hidden(tree):
    if isinstance(tree, dict):
        return {"***": "***"}
    return [hidden(value) for value in tree] if isinstance(tree, list) else "***"


def expected(tree):
    if isinstance(tree, dict):
        return {name: hidden(value) if name in ("password", "card_number") else expected(value) for name, value in tree.items()}
    return [expected(value) for value in tree] if isinstance(tree, list) else tree


@settings(deadline=None)
@given(tree=trees, indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_every_document_is_shown_whole_with_just_the_classified_fields_masked(tree, indent, ascii_only):
    shown = sample(json.dumps(tree, indent=indent, ensure_ascii=ascii_only), size=1 << 20)
    assert json.loads(shown) == expected(tree)


@settings(deadline=None)
@given(tree=trees, cut=st.integers(0, 200), junk=st.binary(max_size=5))
def test_no_beginning_and_no_rubbish_shows_a_classified_value(tree, cut, junk):
    body = json.dumps({"password": "LEAK", "a": tree, "b": [{"card_number": ["LEAK"]}]}).encode()
    body = body[:cut] + junk + body[cut:]
    for size in (cut, len(body)):
        shown = masked_sample(body, JSON, size)
        if not junk.strip():
            assert b"LEAK" not in shown
        shown.decode()


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(st.sampled_from(["a", "password", "x[ssn]"]), st.text(max_size=5)), max_size=6))
def test_forms_show_everything_else(pairs):
    shown = sample(urlencode(pairs), FORM)
    assert shown == "&".join(
        urlencode([pair]) if pair[0] == "a" or not pair[1] else f"{urlencode([(pair[0], '')])}***" for pair in pairs
    )


def test_the_budget_is_per_operation_and_minute():
    budget = SampleBudget(2)
    assert [budget.take("one", 60.0), budget.take("one", 61.0), budget.take("one", 119.9)] == [True, True, False]
    assert budget.take("two", 119.9)
    assert budget.take("one", 120.0)
    assert not SampleBudget(0).take("one", 0.0)


def test_the_budget_is_bounded(monkeypatch):
    monkeypatch.setattr(SampleBudget, "OPERATIONS", 3)
    budget = SampleBudget(5)
    assert [budget.take(str(number), 1.0) for number in range(5)] == [True, True, True, False, False]
    assert budget.take("1", 1.0)
