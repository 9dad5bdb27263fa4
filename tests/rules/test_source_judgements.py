"""How grave rules on source take what reaches a sink: one statement of a handler each."""

import pytest

from yett.engine.source.analysis import analysed
from yett.formats.python_source.reading import read_module
from yett.rules.registry import source_rules

CASES = [
    ("code-injection", "importlib.import_module(q)", "medium"),
    ("code-injection", "importlib.import_module('plugins.' + q)", None),
    ("command-injection", "subprocess.run([q, '-l'])", "high"),
    ("command-injection", "subprocess.run(['ls', q])", None),
    ("command-injection", "subprocess.run(['bash', '-c', 'ls ' + q])", "critical"),
    ("command-injection", "subprocess.run('ls ' + q)", None),
    ("header-injection", "request.headers.add(q, '1')", None),
    ("jwt-unverified", "jose.jwt.get_unverified_claims(q)", "critical"),
    ("jwt-unverified", "jwt.decode(q, KEY, algorithms=['HS256'])", None),
    ("jwt-unverified", "jwt.decode(q, options={'verify_signature': False}), jwt.decode(q, KEY, algorithms=['HS256'])", None),
    ("ldap-injection", "re.compile('a').search(q)", None),
    ("ldap-injection", "thing.search(q)", None),
    ("ldap-injection", "directory.search('dc=a', f'(uid={q})')", "high"),
    ("log-injection", "log.warning(request.headers['X'])", None),
    ("log-injection", "log.debug('a ' + q)", None),
    ("log-injection", "log.warning('%s', body)", None),
    ("log-injection", "log.warning('a ' + q)", "low"),
    ("mass-assignment", "db.users.update(body)", "high"),
    ("mass-assignment", "{}.update(body)", None),
    ("mass-assignment", "db.session.query(1).update(**request.args)", "high"),
    ("mass-assignment", "db.users.insert_one({'name': body['name']})", None),
    ("nosql-injection", "db.users.find_one({'name': body['name']})", "high"),
    ("nosql-injection", "things.find({'name': body['name']})", None),
    ("nosql-injection", "db.users.find_one({'name': q})", None),
    ("open-redirect", "flask.redirect('/a/' + q)", None),
    ("open-redirect", "flask.redirect('https://a.example' + q)", "medium"),
    ("open-redirect", "flask.redirect('https://a.example/' + q)", None),
    ("open-redirect", "flask.redirect(request.headers['Referer'])", "low"),
    ("path-traversal", "open(q + '.txt')", "medium"),
    ("path-traversal", "open(io.BytesIO(q))", None),
    ("path-traversal", "request.files['f'].save('a/' + request.files['f'].filename)", "high"),
    ("path-traversal", "pathlib.Path('/a').joinpath(q).read_text()", None),
    ("path-traversal", "(pathlib.Path('/a') / q).read_text()", "high"),
    ("script-in-answer", "flask.Response('<b>' + q, mimetype='application/json')", None),
    ("script-in-answer", "flask.Response('<b>' + q)", "medium"),
    ("script-in-answer", "flask.Response(q)", None),
    ("script-in-answer", "flask.Markup(q)", "medium"),
    ("sql-injection", "cursor.execute(q)", "high"),
    ("sql-injection", "task.execute(q)", None),
    ("sql-injection", "task.execute('run ' + q)", None),
    ("sql-injection", "cursor.execute('SELECT a FROM b WHERE c = %s' % q)", "critical"),
    ("sql-injection", "cursor.execute('SELECT a FROM b LIMIT %d' % q)", None),
    ("sql-injection", "cursor.execute('SELECT a FROM b WHERE c = {}'.format(q))", "critical"),
    ("sql-injection", "cursor.execute('SELECT a FROM b WHERE c = %(n)s' % {'n': q})", "critical"),
    ("sql-injection", "cursor.execute('SELECT a FROM b WHERE c = %s', (q,))", None),
    ("sql-injection", "cursor.execute(' '.join(['SELECT a FROM b WHERE c = ', q]))", "high"),
    ("ssrf", "requests.get('https://a.example/' + q)", None),
    ("ssrf", "requests.get('https://a.' + q)", "high"),
    ("ssrf", "requests.get(f'{BASE}/{q}')", None),
    ("ssrf", "requests.get('https://a.example', params={'q': q})", None),
    ("template-injection", "jinja2.Environment().from_string(q)", "critical"),
    ("template-injection", "jinja2.sandbox.SandboxedEnvironment().from_string(q)", "medium"),
    ("template-injection", "parser.from_string(q)", None),
    ("unsafe-deserialisation", "yaml.load(q, Loader=yaml.FullLoader)", "medium"),
    ("unsafe-deserialisation", "yaml.load(q)", "critical"),
    ("unsafe-deserialisation", "yaml.load(q, yaml.CSafeLoader)", None),
    ("xml-entities", "xml.etree.ElementTree.fromstring(q)", "low"),
    ("xml-entities", "lxml.etree.fromstring(q)", "medium"),
    ("xml-entities", "lxml.etree.fromstring(q, make())", "medium"),
    ("xpath-injection", "tree.findall(q)", None),
    ("jwt-unverified", "jwt.decode(token, KEY, verify=False)", "low"),
    ("jwt-unverified", "jwt.decode(token, KEY, algorithms=['none'])", "critical"),
    ("jwt-unverified", "jwt.decode(token, KEY, algorithms=['HS256'], options={'verify_exp': False})", "low"),
    ("path-traversal", "open(open('a'))", None),
    ("path-traversal", "thing.save(q)", None),
    ("path-traversal", "open(request.files['f'])", None),
    ("path-traversal", "open(['a', q])", None),
    ("path-traversal", "shutil.copytree('a', pathlib.Path('/a', q))", "high"),
    ("script-in-answer", "flask.make_response('<b>' + q)", "medium"),
    ("xpath-injection", "tree.findall('a/' + q)", "high"),
    ("debug-mode", "app.run(debug=True)", "medium"),
    ("debug-mode", "fastapi.FastAPI(debug=True)", "medium"),
    ("cors", "flask_cors.CORS(app, supports_credentials=True, origins=['https://a.example'])", None),
    ("weak-password-hash", "hashlib.sha256(body['password'].encode())", "medium"),
    ("weak-password-hash", "hashlib.sha256(q)", None),
]
_HEAD = """
import importlib, io, logging, pathlib, re, shutil, subprocess, hashlib
import fastapi, flask, flask_cors, jinja2, jinja2.sandbox, jose.jwt, jwt, lxml.etree, requests, xml.etree.ElementTree, yaml
from flask import Flask, request
from settings import BASE, KEY
app = Flask(__name__)
log = logging.getLogger(__name__)
@app.post("/a")
def handler():
    q = request.args["q"]
    body = request.get_json()
    """


@pytest.mark.parametrize(("rule", "statement", "severity"), CASES, ids=lambda one: str(one)[:60])
def test_a_statement_is_as_grave_as(rule: str, statement: str, severity: str | None) -> None:
    module = read_module((_HEAD + statement + "\n").encode(), "app.py")
    assert module.problems == ()
    found = analysed([module], [source_rules()[f"source-{rule}"]]).findings
    assert [one.finding.severity.value for one in found] == ([severity] if severity else [])


def test_settings_of_django_that_open_everything() -> None:
    text = b"DEBUG = True\nCORS_ALLOW_ALL_ORIGINS = True\nCORS_ALLOW_CREDENTIALS = True\n"
    found = analysed([read_module(text, "shop/settings.py")], source_rules().values()).findings
    assert {one.finding.rule for one in found} == {"source-debug-mode", "source-cors"}


def test_debug_mode_of_an_application() -> None:
    text = b"from flask import Flask\napp = Flask(__name__)\napp.debug = True\napp.config['DEBUG'] = True\n"
    found = analysed([read_module(text, "app.py")], source_rules().values()).findings
    assert [one.finding.line for one in found] == [3, 4]
