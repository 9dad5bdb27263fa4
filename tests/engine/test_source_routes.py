"""Routes of every framework, and whose values reach a sink behind them: small programs, the whole analysis."""

import pytest

from yett.engine.source.analysis import Analysis, analysed
from yett.formats.python_source.reading import read_module
from yett.formats.yaml import read
from yett.rules.registry import source_rules


def looked_at(files: dict[str, str], package: str = "") -> Analysis:
    modules = [read_module(text.encode(), name) for name, text in files.items() if name.endswith(".py")]
    assert not [problem for one in modules for problem in one.problems]
    described = {name: read(text.encode(), name).tree for name, text in files.items() if name.endswith(".yaml")}
    return analysed(modules, source_rules().values(), described=described, package=package)


def commands(found: Analysis) -> set[tuple[str, str]]:
    """Operation and place of every command injection."""
    return {
        (one.finding.operation, one.finding.place) for one in found.findings if one.finding.rule == "source-command-injection"
    }


PROGRAMS = {
    "fastapi": (
        {
            "main.py": """
from fastapi import FastAPI
from api import users
app = FastAPI()
app.include_router(users.router, prefix="/v1")
""",
            "api/users.py": """
import os
from typing import Annotated
from fastapi import APIRouter, Depends, Header, Request
router = APIRouter(prefix="/users")
def paged(order: str = "a"):
    return order
@router.get("/{name}")
async def one(name: str, count: int, request: Request, tenant: Annotated[str, Header()], order=Depends(paged)):
    os.system("a " + name)
    os.system(f"b {count}")
    os.system("c " + request.query_params["q"])
    os.system("d " + (await request.json())["e"])
    os.system("f " + tenant)
    os.system("g " + order)
""",
        },
        {
            ("GET /v1/users/{name}", "path name"),
            ("GET /v1/users/{name}", "query q"),
            ("GET /v1/users/{name}", "body /e"),
            ("GET /v1/users/{name}", "header Tenant"),
            ("GET /v1/users/{name}", "query order"),
        },
    ),
    "starlette": (
        {
            "app.py": """
import os
from starlette.applications import Starlette
from starlette.routing import Route
async def run(request):
    os.system(request.path_params["line"])
app = Starlette(routes=[Route("/run/{line}", run, methods=["POST"])])
"""
        },
        {("POST /run/{line}", "path line")},
    ),
    "flask": (
        {
            "app.py": """
import os
from flask import Blueprint, Flask, request
from flask.views import MethodView
app = Flask(__name__)
shop = Blueprint("shop", __name__, url_prefix="/shop")
@shop.route("/<int:number>/<name>", methods=["GET", "POST"])
def item(number, name):
    os.system("%d %s" % (number, name))
class Items(MethodView):
    def delete(self, key):
        os.popen("rm {}".format(request.headers.get("X-Key")))
app.register_blueprint(shop)
app.add_url_rule("/items/<key>", view_func=Items.as_view("items"))
"""
        },
        {("GET /shop/{number}/{name}", "path name"), ("DELETE /items/{key}", "header X-Key")},
    ),
    "django": (
        {
            "site/urls.py": """
from django.urls import include, path
urlpatterns = [path("api/", include("shop.urls"))]
""",
            "shop/urls.py": """
from django.urls import path, re_path
from rest_framework.routers import DefaultRouter
from . import views
router = DefaultRouter()
router.register("users", views.Users)
urlpatterns = [
    path("run/<str:line>/", views.run),
    path("view/", views.View.as_view()),
    re_path(r"^old/(?P<line>.+)/$", views.old),
    path("", include(router.urls)),
]
from django.urls import include
""",
            "shop/views.py": """
import os
from django.views.generic import View as Base
from rest_framework import viewsets
def run(request, line):
    os.system(line)
    os.system(request.POST.get("more"))
def old(request, line):
    os.system(line)
class View(Base):
    def get(self, request):
        os.system(self.request.GET["q"])
class Users(viewsets.ModelViewSet):
    def create(self, request):
        os.system(request.data["name"])
""",
        },
        {
            ("/api/run/{line}/", "path line"),
            ("/api/run/{line}/", "form more"),
            ("/api/old/{line}/", "path line"),
            ("GET /api/view/", "query q"),
            ("POST /api/users/", "body /name"),
        },
    ),
    "aiohttp": (
        {
            "app.py": """
import os
from aiohttp import web
async def run(request):
    os.system(request.match_info["line"])
    body = await request.json()
    os.system(body["more"])
app = web.Application()
app.router.add_post("/run/{line}", run)
"""
        },
        {("POST /run/{line}", "path line"), ("POST /run/{line}", "body /more")},
    ),
    "tornado": (
        {
            "app.py": """
import os
import tornado.web
class Base(tornado.web.RequestHandler):
    pass
class Run(Base):
    def get(self, line):
        os.system(line)
        os.system(self.get_argument("more"))
HANDLERS = [(r"/run/([^/]+)", Run)]
"""
        },
        {("GET /run/{arg1}", "path line"), ("GET /run/{arg1}", "parameter more")},
    ),
    "connexion": (
        {
            "openapi.yaml": """
openapi: 3.0.0
paths:
  /run/{line}:
    post:
      operationId: api.handlers.run
      parameters:
        - {name: line, in: path, schema: {type: string}}
        - {name: count, in: query, schema: {type: integer}}
""",
            "api/handlers.py": """
import os
from flask import request
def run(line, count):
    os.system(line)
    os.system("a" + count)
    os.system(request.get_json().get("more"))
""",
        },
        {("POST /run/{line}", "path line"), ("POST /run/{line}", "body /more")},
    ),
    "graphene": (
        {
            "schema.py": """
import os
import graphene
class Run(graphene.Mutation):
    def mutate(self, info, line):
        os.system(line)
class Query(graphene.ObjectType):
    def resolve_disk_usage(self, info, path):
        os.popen("du " + path)
class Mutation(graphene.ObjectType):
    run_it = Run.Field()
"""
        },
        {("POST #mutation.runIt", "argument line"), ("POST #query.diskUsage", "argument path")},
    ),
    "strawberry": (
        {
            "schema.py": """
import os
import strawberry
@strawberry.type
class Query:
    @strawberry.field
    def usage(self, info, path: str) -> str:
        return os.popen("du " + path).read()
"""
        },
        {("POST #query.usage", "argument path")},
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_are_followed_from_the_routes_of(name: str) -> None:
    files, wanted = PROGRAMS[name]
    assert commands(looked_at(files)) == wanted


def test_a_package_that_names_itself_is_one_program() -> None:
    files = {
        "__init__.py": "",
        "run.py": "import os\ndef run(line):\n    os.system('a ' + line)\n",
        "app.py": """
from flask import Flask, request
from shop.run import run
app = Flask(__name__)
@app.get("/run")
def handler():
    run(request.args["q"])
""",
    }
    assert commands(looked_at(files, "shop")) == {("GET /run", "query q")}
    assert commands(looked_at(files)) == set()


BODIES = {
    "allow list": ("if q not in ('a', 'b'):\n        abort(400)\n    os.system(q)", False),
    "allow list, not left": ("if q not in ('a', 'b'):\n        pass\n    os.system(q)", True),
    "number": ("int(q)\n    os.system(q)", False),
    "digits": ("if q.isdigit():\n        os.system(q)", False),
    "else of digits": ("if q.isdigit():\n        pass\n    else:\n        os.system(q)", True),
    "validated": ("validate_line(q)\n    os.system(q)", False),
    "validated in a thread": ("await asyncio.to_thread(validate_line, q)\n    os.system(q)", False),
    "sink in a thread": ("await asyncio.to_thread(os.system, q)", True),
    "escaped": ("os.system(escape_line(q))", False),
    "tuple": ("a, b = q, 'x'\n    os.system(b)", False),
    "other half of a tuple": ("a, b = q, 'x'\n    os.system(a)", True),
    "returned tuple": ("a, b = two(q)\n    os.system(b)", False),
    "first of a returned tuple": ("a, b = two(q)\n    os.system(a)", True),
    "index": ("for n, one in enumerate(q.split()):\n        os.system(f'{n}')", False),
    "member": ("for n, one in enumerate(q.split()):\n        os.system(one)", True),
    "list": ("parts = ['ls']\n    parts.append(q)\n    os.system(' '.join(parts))", True),
    "literal cases": ("match q:\n        case 'a' | 'b':\n            os.system(q)", False),
    "any case": ("match q:\n        case x:\n            os.system(x)", True),
    "conditional": ("os.system(q if q in ('a', 'b') else 'c')", False),
    "loop": ("line = ''\n    while more():\n        line += q\n    os.system(line)", True),
    "exception": ("try:\n        line = q\n    except ValueError:\n        line = 'a'\n    os.system(line)", True),
    "overwritten": ("q = 'a'\n    os.system(q)", False),
    "with": ("with open('a') as f:\n        os.system(q)", True),
    "lambda": ("run = lambda: os.system(q)", True),
    "function within": ("def run():\n        os.system(q)\n    run()", True),
    "recursion": ("again(q, 3)", True),
    "comprehension": ("[os.system(one) for one in q.split()]", True),
    "asserted": ("assert q in ('a', 'b')\n    os.system(q)", False),
    "walrus": ("if (line := q.strip()):\n        os.system(line)", True),
    "starred": ("first, *rest = q.split()\n    os.system(rest[0])", True),
    "pattern": ("if not re.fullmatch('[a-z]+', q):\n        return\n    os.system(q)", False),
    "class": ("Runner(q).run()", True),
    "method": ("Runner('a').go(q)", True),
    "mapping": ("options = {'line': q}\n    os.system(options['line'])", True),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_a_program_does_with_a_value(name: str) -> None:
    body, harmful = BODIES[name]
    text = f"""
import asyncio, os, re
from flask import Flask, abort, request
app = Flask(__name__)
def two(value):
    return value, 'x'
def again(value, n):
    if n:
        again(value, n - 1)
    else:
        os.system(value)
class Runner:
    def __init__(self, line):
        self.line = line
    def run(self):
        os.system(self.line)
    def go(self, line):
        os.system(line)
@app.get("/run")
async def handler():
    q = request.args["q"]
    {body}
"""
    assert bool(commands(looked_at({"app.py": text}))) is harmful


def test_circles_of_names_imports_and_classes_end() -> None:
    files = {
        "a.py": "from b import x as y\nclass A(A): pass\nq = q\nr = s\ns = r\ndef f(): return f()\n",
        "b.py": "from a import y as x\nfrom a import *\n",
    }
    assert looked_at(files).findings == ()


def test_administrators_are_believed_to_mean_it() -> None:
    text = """
import requests
from fastapi import Depends, FastAPI
from users import get_admin_user
app = FastAPI()
@app.get("/fetch", dependencies=[Depends(get_admin_user)])
def fetch(url: str):
    return requests.get(url).text
"""
    found = looked_at({"app.py": text}).findings
    assert [(one.finding.rule, one.finding.severity.value) for one in found] == [("source-ssrf", "low")]


def test_secrets_are_never_shown() -> None:
    text = """
from flask import Flask
app = Flask(__name__)
app.config["SECRET_KEY"] = "kq8vh2mx93lq0p"
DATABASE = {"host": "db", "user": "a", "password": "hunter2hunter2"}
"""
    found = looked_at({"app.py": text}).findings
    assert {one.finding.rule for one in found} == {"source-hard-coded-secret"}
    assert len(found) == 2
    for one in found:
        shown = repr(one)
        assert "kq8vh2mx93lq0p" not in shown
        assert "hunter2hunter2" not in shown
