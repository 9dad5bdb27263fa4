"""Functions of the program that call themselves checks, members of objects, addresses held against a list, and what bounds it all."""

import pytest

from yett.engine.source.analysis import Analysis, analysed
from yett.formats.python_source.reading import read_module
from yett.rules.registry import source_rules

HEAD = """
import ipaddress, logging, os, re, requests
from urllib.parse import urlparse
from flask import Flask, request
from flask_restful import Resource, reqparse
app = Flask(__name__)
"""


def looked_at(text: str) -> Analysis:
    return analysed([read_module((HEAD + text).encode(), "app.py")], source_rules().values())


def grave(text: str) -> set[str]:
    return {
        one.finding.rule for one in looked_at(text).findings if one.finding.severity.value in ("medium", "high", "critical")
    }


CHECKS = {
    "return True": False,
    "return bool(x)": False,
    "logging.info('checked %s', x)\n    return True": False,
    "if not x:\n        return False\n    return True": False,
    "if x is None:\n        return False\n    return True": False,
    "return len(x) < 90": False,
    "return also_checked(x)": False,
    "y = x.strip()\n    return y": False,
    "return x in ('a', 'b')": True,
    "y = x.strip()\n    return y in ('a', 'b')": True,
    "return re.fullmatch('[a-z]+', x) is not None": True,
    "return x.isalnum()": True,
    "return not ipaddress.ip_address(x).is_private": True,
    "return ipaddress.ip_address(x).is_global": True,
    "return COMMANDS[x]": True,
    "for one in x.split():\n        if one == ';':\n            return False\n    return True": True,
    "with opened(x) as y:\n        assert y == 'a'": True,
    "match x:\n        case 'a':\n            return True": True,
    "return not [one for one in x if one.isspace()]": True,
    "return also_compared(x)": True,
    "return unknown.library(x)": True,
    "def inner():\n        return x\n    return inner": True,
}


@pytest.mark.parametrize("body", CHECKS)
@pytest.mark.parametrize(
    "use",
    [
        "if is_allowed(q):\n        os.system(q)",
        "is_allowed(q)\n    os.system(q)",
        "good = is_allowed(q)\n    if good:\n        os.system(q)",
    ],
)
def test_a_check_is_believed_where_it_looks_at_what_it_gets(body: str, use: str) -> None:
    text = f"""
def also_checked(x):
    return True
def also_compared(x):
    return x in ('a', 'b')
def is_allowed(x):
    {body}
@app.get("/a")
def handler():
    q = request.args["q"]
    {use}
"""
    assert grave(text) == (set() if CHECKS[body] else {"source-command-injection"})


@pytest.mark.parametrize(
    ("body", "believed"),
    [
        ("return x.strip()", False),
        ("return str(x)", False),
        ("return x.replace(';', '')", True),
        ("return re.sub('[^a-z]', '', x)", True),
        ("return ''.join(one for one in x if one.isalnum())", True),
    ],
)
def test_an_escape_is_believed_where_it_takes_something_out(body: str, believed: bool) -> None:
    text = f"""
def escape_line(x):
    {body}
@app.get("/a")
def handler():
    os.system('a ' + escape_line(request.args["q"]))
"""
    assert grave(text) == (set() if believed else {"source-command-injection"})


@pytest.mark.parametrize(
    ("body", "believed"),
    [("os.system(x)", False), ("if x not in COMMANDS:\n        raise ValueError(x)\n    os.system(x)", True)],
)
def test_a_function_that_calls_itself_safe_tests_something(body: str, believed: bool) -> None:
    text = f"""
def run_safely(x):
    {body}
@app.get("/a")
def handler():
    run_safely(request.args["q"])
"""
    assert grave(text) == (set() if believed else {"source-command-injection"})


def test_methods_that_others_replace_are_believed() -> None:
    text = """
class Policy:
    def is_allowed(self, x):
        return True
class Strict(Policy):
    def is_allowed(self, x):
        return x in ('a', 'b')
class Open:
    def validate(self, x):
        raise NotImplementedError
@app.get("/a")
def handler(policy: Policy, other: Open):
    q = request.args["q"]
    if policy.is_allowed(q):
        os.system(q)
    r = request.args["r"]
    other.validate(r)
    os.system(r)
"""
    assert grave(text) == set()


def test_what_a_check_gives_beside_its_answer_is_checked() -> None:
    text = """
def is_allowed(x):
    if x in ('a', 'b'):
        return True, x
    return False, x
@app.get("/a")
def handler():
    good, line = is_allowed(request.args["q"])
    if good:
        os.system(line)
"""
    assert grave(text) == set()


MEMBERS = {
    "by the constructor": ("Job(q).run()", True),
    "by a method": ("job = Job('a')\n    job.fill(q)\n    job.run()", True),
    "through a function": ("made(q).run()", True),
    "read from outside": ("os.system(Job(q).line)", True),
    "of another class": ("Other(q)\n    Plain('a').run()", False),
    "overwritten": ("Plain(q).run()", False),
    "checked by another method": ("Checked(q).run()", False),
    "inherited": ("Child(q).run()", True),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_members_are_followed_between_methods(name: str) -> None:
    use, harmful = MEMBERS[name]
    text = f"""
class Job:
    def __init__(self, line):
        self.line = line
    def fill(self, line):
        if not line:
            return
        self.line = line
    def run(self):
        os.system(self.line)
class Child(Job):
    def run(self):
        os.system(self.line)
class Other:
    def __init__(self, line):
        self.line = line
class Plain:
    def __init__(self, line):
        self.line = line
        self.line = 'ls'
    def run(self):
        os.system(self.line)
class Checked:
    def __init__(self, line):
        self.line = line
    def validate(self):
        if self.line not in ('a', 'b'):
            raise ValueError
    def run(self):
        self.validate()
        os.system(self.line)
def made(line):
    return Job(line)
@app.get("/a")
def handler():
    q = request.args["q"]
    {use}
"""
    assert grave(text) == ({"source-command-injection"} if harmful else set())


def test_members_count_where_one_call_can_fill_and_read_them() -> None:
    text = """
class Job:
    def __init__(self, line):
        self.line = line
    def run(self):
        os.system(self.line)
@app.get("/a")
def handler():
    Job(request.args["q"])
@app.get("/b")
def other():
    Job("ls").run()
"""
    assert grave(text) == set()


def test_members_of_a_handlers_object_are_there_in_its_other_methods() -> None:
    text = """
import tornado.web
class Page(tornado.web.RequestHandler):
    def prepare(self):
        self.line = self.get_argument("q")
    def get(self):
        os.system(self.line)
application = tornado.web.Application([("/a", Page)])
"""
    assert grave(text) == {"source-command-injection"}


ADDRESSES = {
    "if urlparse(u).hostname not in HOSTS:\n        raise ValueError": False,
    "if urlparse(body['u']).hostname not in HOSTS:\n        raise ValueError": False,
    "p = urlparse(body['u'])\n    if p.netloc not in HOSTS:\n        raise ValueError": False,
    "if 'a.example' != urlparse(u).hostname:\n        raise ValueError": False,
    "if urlparse(u).netloc:\n        raise ValueError": False,
    "if urlparse(u).scheme not in ('http', 'https'):\n        raise ValueError": True,
    "p = urlparse(u)": True,
}


@pytest.mark.parametrize("check", ADDRESSES)
@pytest.mark.parametrize("read", ["u", "body['u']", "body.get('u')"])
def test_an_address_is_held_against_a_list_by_its_host(check: str, read: str) -> None:
    text = f"""
HOSTS = ('a.example', 'b.example')
@app.post("/a")
def handler():
    body = request.get_json()
    u = body['u']
    {check}
    return requests.get({read}).text
"""
    assert grave(text) == ({"source-ssrf"} if ADDRESSES[check] else set())


@pytest.mark.parametrize(
    ("declared", "harmful"), [("", True), (", type=int", False), (", choices=['a', 'b']", False), (", type=str", True)]
)
@pytest.mark.parametrize("read", ["parsed['q']", "parsed.get('q')"])
def test_arguments_that_a_parser_reads_are_a_callers(declared: str, harmful: bool, read: str) -> None:
    text = f"""
parser = reqparse.RequestParser()
parser.add_argument('q'{declared})
@app.get("/a")
def handler():
    parsed = parser.parse_args()
    os.system('a ' + {read})
"""
    assert bool(grave(text)) is harmful


def nested(form: str, times: int) -> str:
    made = "q"
    for _ in range(times):
        made = form.format(made)
    return made


@pytest.mark.parametrize("form", ["'%s' % ({},)", "(1 if q == {} else 2)", "[a for a in q if a == {}]"])
def test_what_would_be_gone_through_again_and_again_is_told(form: str) -> None:
    text = f"""
@app.get("/a")
def handler():
    q = request.args["q"]
    os.system(q)
    return {nested(form, 40)}
"""
    found = looked_at(text)
    assert [one.message for one in found.problems] == ["handler is too entangled to be followed to its end"]
    assert [one.finding.rule for one in found.findings] == ["source-command-injection"]


def test_loops_in_loops_end() -> None:
    loops = "\n".join(" " * (n + 1) + f"for a{n} in q:" for n in range(60))
    text = f'@app.get("/a")\ndef handler():\n q = request.args["q"]\n{loops}\n{" " * 61}os.system(a59)\n'
    found = looked_at(text)
    assert found.problems == ()
    assert [one.finding.rule for one in found.findings] == ["source-command-injection"]
