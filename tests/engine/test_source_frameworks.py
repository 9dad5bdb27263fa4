"""Ways in which frameworks declare routes, each with a command that callers write, and how values go through less usual code."""

import pytest

from yett.engine.source.analysis import Analysis, analysed
from yett.formats.python_source.reading import read_module
from yett.rules.registry import source_rules


def looked_at(files: dict[str, str]) -> Analysis:
    return analysed([read_module(text.encode(), name) for name, text in files.items()], source_rules().values())


def commands(files: dict[str, str]) -> set[str]:
    found = looked_at(files)
    assert found.problems == ()
    return {one.finding.operation for one in found.findings if one.finding.rule == "source-command-injection"}


PROGRAMS: dict[str, tuple[dict[str, str], set[str]]] = {
    "aiohttp, a table and a view": (
        {
            "app.py": """
import os
from aiohttp import web
async def one(request):
    os.system(request.query["q"])
class Two(web.View):
    async def post(self):
        os.system((await self.request.json())["q"])
app = web.Application()
app.add_routes([web.get("/one/{x}", one), web.view("/two", Two)])
async def three(request):
    os.system(request.match_info["x"])
class Four(web.View):
    async def post(self):
        os.system(await self.request.text())
app.router.add_route("PUT", "/three/{x}", three)
app.router.add_route(method, "/nothing", one)
app.router.add_view("/four", Four)
"""
        },
        {"GET /one/{x}", "POST /two", "PUT /three/{x}", "POST /four"},
    ),
    "flask, by hand and in classes": (
        {
            "app.py": """
import os
from flask import Flask, Blueprint, request
from flask.views import MethodView
from flask_restful import Api, Resource
app = Flask(__name__)
part = Blueprint("part", __name__, url_prefix="/own")
def one():
    os.system(request.args["q"])
class Two(MethodView):
    decorators = [logged]
    def get(self, name):
        os.system(name)
    def put(self, name):
        os.system("ls")
class Three(Resource):
    method_decorators = [logged]
    def post(self):
        os.system(request.form["q"])
app.add_url_rule("/one", view_func=one, methods=["POST"])
app.add_url_rule("/unknown", view_func=missing)
app.add_url_rule(path(), view_func=one)
part.add_url_rule("/two/<name>", "two", Two.as_view("two"))
app.register_blueprint(part, url_prefix="/given")
Api(app).add_resource(Three, "/three", "/drei")
"""
        },
        {"POST /one", "GET /given/two/{name}", "POST /three"},
    ),
    "starlette and fastapi, by hand": (
        {
            "app.py": """
import os
from fastapi import FastAPI, APIRouter
from starlette.routing import Route
app = FastAPI()
inner = APIRouter(prefix="/inner")
async def one(request):
    os.system(request.query_params["q"])
def two(q: str):
    os.system(q)
class Three:
    @inner.get("/three")
    def three(q: str):
        os.system(q)
routes = [Route("/one", endpoint=one, methods=["PUT"])]
app.add_api_route("/two", two, methods=["GET"])
app.include_router(inner)
@app.api_route("/four", methods=["POST", "PUT"])
def four(q: str):
    os.system(q)
"""
        },
        {"PUT /one", "GET /two", "GET /inner/three", "POST /four"},
    ),
    "decorators of classes and of less common kinds": (
        {
            "app.py": """
import os
from flask import Flask, request
from flask_smorest import Blueprint
from flask.views import MethodView
app = Flask(__name__)
part = Blueprint("part", __name__, url_prefix="/own")
@part.route("/one")
class One(MethodView):
    decorators = [login_required]
    @part.response(200)
    def get(self):
        os.system(request.args["q"])
@app.route(rule="/two", methods=["POST", "PUT"])
def two():
    os.system(request.args["q"])
@app.route("/three/<path:name>/<int:n>")
@login_required
def three(name, n):
    os.system(name)
@app.route(path())
def unknown():
    os.system("ls")
@thing.get("no path")
def other():
    os.system("ls")
"""
        },
        {"GET /own/one", "POST /two", "GET /three/{name}/{n}"},
    ),
    "fastapi with guards and a socket": (
        {
            "app.py": """
import os
from typing import Annotated
from fastapi import FastAPI, APIRouter, Depends, Query, Body, WebSocket, Request
app = FastAPI(dependencies=[Depends(known)])
inner = APIRouter(prefix="/inner", dependencies=[Depends(known)])
class Deps:
    def __init__(self, q: str):
        self.q = q
    def __call__(self, q: str):
        return q
def given(q: Annotated[str, Query()]):
    return q
@inner.get("/one", dependencies=[Depends(known)])
def one(q: str = Depends(given)):
    os.system(q)
@inner.post("/two")
async def two(request: Request, q: str = Body(...)):
    os.system(q)
@inner.websocket("/three")
async def three(socket: WebSocket, q: str):
    os.system(q)
@inner.get("/four")
def four(q: str = Depends(Deps())):
    os.system(q)
app.include_router(inner, prefix="/v1", dependencies=[Depends(known)])
"""
        },
        {"GET /v1/inner/one", "POST /v1/inner/two", "WEBSOCKET /v1/inner/three", "GET /v1/inner/four"},
    ),
    "tornado, patterns that are put together": (
        {
            "app.py": """
import os
import tornado.web
NAME = ".+"
class Base(tornado.web.RequestHandler):
    pass
class One(Base):
    def get(self, name):
        os.system(name)
class Two(Base):
    def post(self):
        os.system(self.get_body_argument("q"))
class Three(Base):
    def get(self, name):
        os.system(name)
class Other:
    def get(self, name):
        os.system("ls")
handlers = [(r"/one/(%s)" % NAME, One), ("/other/(.*)", Other), (pattern(), One), ("/x", missing)]
application = tornado.web.Application(handlers + [("/two" + END, Two)])
more = [(PREFIX + "/three/(.*)", Three)]
"""
        },
        {"GET /one/{arg1}", "POST /two{arg1}", "GET {arg1}/three/{arg2}"},
    ),
    "django, lists, methods and sets": (
        {
            "shop/urls.py": """
from django.urls import path, re_path, include
from django.contrib.auth.decorators import login_required
from rest_framework.routers import DefaultRouter
from . import views
router = DefaultRouter()
router.register("things", views.Things)
router.register(name(), views.Things)
urlpatterns = [
    path("one/<int:pk>/", login_required(views.one)),
    re_path(r"^two/(?P<name>.+)$", views.two),
    path("api/", include(router.urls)),
    path("more/", include("shop.more")),
    path("tuple/", include(([path("x", views.one)], "ns"))),
    path(name(), views.one),
]
""",
            "shop/more.py": "from django.urls import path\nfrom . import views\nurlpatterns = [path('three', views.three), path('c', views.C.as_view())]\n",
            "shop/views.py": """
import os
from django.views.decorators.http import require_POST, require_http_methods
from django.views import View
from rest_framework import viewsets
from rest_framework.decorators import action, api_view
def one(request, pk):
    os.system(request.GET.get("q"))
def two(request, name):
    os.system(name)
@require_POST
def three(request):
    os.system(request.POST["q"])
class C(View):
    permission_classes = [Some]
    def put(self, request):
        os.system(request.body)
class Things(viewsets.ViewSet):
    def partial_update(self, request, pk):
        os.system(request.data["q"])
    @action(detail=True)
    def go(self, request, pk):
        os.system(pk)
    def helper(self, q):
        return q
""",
        },
        {"/one/{pk}/", "/two/{name}", "POST /more/three", "PUT /more/c", "PATCH /api/things/{pk}/", "/api/things/{pk}/go/"},
    ),
}


DESCRIBED: dict[str, tuple[object, set[str]]] = {
    "with a base path": (
        {
            "basePath": "/v1/",
            "security": [{"key": []}],
            "paths": {
                "/a/{q}": {"get": {"operationId": "api.handler", "parameters": [{"name": "q", "in": "path"}]}},
                "/b": {"post": {"operationId": "handler", "x-openapi-router-controller": "api"}, "get": 3},
                "/c": 7,
            },
        },
        {"GET /v1/a/{q}"},
    ),
    "without what it names": ({"paths": {"/a": {"get": {"operationId": 3}, "post": {"operationId": "api.missing"}}}}, set()),
    "no mapping": ([1], set()),
    "no paths": ({"paths": [1]}, set()),
}


def test_names_that_modules_hand_on() -> None:
    files = {
        "shop/__init__.py": "from .tools import *\nfrom .tools import run as walk\n",
        "shop/tools.py": "import os\nfrom .deeper import *\nfrom library import *\nrun = os.system\nLINE = 'a ' + 'b'\n",
        "shop/deeper.py": "from os import popen\nOTHER = f'x {1}'\n",
        "shop/app.py": """
from flask import Flask, request
from shop import *
from shop import walk
from .. import nothing
import shop.tools as tools
import shop
app = Flask(__name__)
@app.get("/a")
def a():
    run(request.args["q"])
@app.get("/b")
def b():
    walk(request.args["q"])
@app.get("/c")
def c():
    tools.run(request.args["q"])
@app.get("/d")
def d():
    popen(tools.LINE + request.args["q"])
@app.get("/e")
def e():
    shop.walk(request.args["q"])
@app.get("/f")
def f():
    tools.nothing(request.args["q"])
    unheard_of(request.args["q"])
""",
    }
    assert commands(files) == {"GET /a", "GET /b", "GET /c", "GET /d", "GET /e"}


@pytest.mark.parametrize("name", DESCRIBED)
def test_routes_of_a_description(name: str) -> None:
    tree, expected = DESCRIBED[name]
    module = read_module(b"import os\ndef handler(q):\n    os.system(q)\n", "api.py")
    found = analysed([module], source_rules().values(), described={"openapi.yaml": tree})
    assert {one.finding.operation for one in found.findings if one.finding.operation} == expected


@pytest.mark.parametrize("name", PROGRAMS)
def test_routes_are_known(name: str) -> None:
    files, expected = PROGRAMS[name]
    found = commands(files)
    assert found == expected


CODE = {
    "os.system('%(a)s %(b)s' % {'a': 'x', 'b': q})": True,
    "os.system('%d' % (q,))": False,
    "os.system('%5.2f %% %-3s' % (1, q))": True,
    "os.system('{0!r:>4} {'.format(q))": True,
    "os.system({k: q for k in 'ab'}['a'])": True,
    "os.system([q for k in 'ab' if k][0])": True,
    "os.system(f'{q!r:>{WIDTH}} {{}}')": True,
    "os.system('a' 'b' f'{q}')": True,
    "os.system(THING[q, 1:2])": False,
    "os.system((await q).x)": True,
    "os.system(UNKNOWN % q)": True,
    "os.system('{0} {name}'.format('a', name=q))": True,
    "os.system(q or 'ls')": True,
    "os.system(' '.join(q))": True,
    "os.system(q.encode().decode())": True,
    "os.system('ls' if q.isdigit() else q)": True,
    "os.system(q if q.isdigit() else 'ls')": False,
    "os.system(getattr(q, 'x'))": True,
    "os.system(json.loads(q)['a'])": True,
    "os.system(NAMES[q])": False,
    "os.system(str(len(q)))": False,
    "os.system(q[0:3])": True,
    "os.system(not q)": False,
    "a = b = q; os.system(b)": True,
    "a = {}; a['x'] = q; os.system(a['x'])": True,
    "a = {}; a['x'] = q; os.system(a['y'])": True,
    "a = []; a.append(q); os.system(a[0])": True,
    "for a in q: os.system(a)": True,
    "for k, v in request.args.items(): os.system(v)": True,
    "while True:\n        if q == 'a':\n            break\n        os.system(q)": True,
    "try:\n        int(q)\n    except ValueError:\n        return\n    os.system(q)": False,
    "try:\n        pass\n    finally:\n        os.system(q)": True,
    "try:\n        a = 1\n    except E as e:\n        a = 2\n    else:\n        os.system(q)": True,
    "match q:\n        case 'a':\n            pass\n        case _ if q:\n            os.system(q)": True,
    "with opened(q) as (a, b):\n        os.system(q)": True,
    "def inner(x):\n        os.system(x)\n    inner(q)": True,
    "def inner():\n        yield q\n    os.system(next(inner()))": False,
    "os.system(request.headers['X'])": True,
    "os.system(request.cookies.get('c', 'd'))": True,
    "os.system(request.files['f'].filename)": True,
    "os.system(request.args.get('n', type=int))": False,
    "os.system(request.environ['REMOTE_ADDR'])": False,
    "os.system(many(q))": True,
    "os.system(many(*q))": True,
    "os.system(named(b=q))": True,
    "os.system(named(**q))": True,
    "os.system(Thing.made(q))": True,
    "os.system(Thing.plain(q))": True,
    "os.system(Thing().shown)": True,
    "item = Thing(x=q); os.system(item.x)": True,
    "asyncio.get_event_loop().run_in_executor(None, os.system, q)": True,
    "x: str\n    del x\n    global y\n    os.system(q)": True,
    "x, *y = q, 'a', 'b'\n    os.system(x)": True,
    "a = 'x'\n    a += q\n    os.system(a)": True,
    "a = {**request.args}\n    os.system(a['x'])": True,
    "os.system({'a': q, **{}}['a'])": True,
    "os.system((lambda x: x)(q))": False,
    "if q.startswith('a') and not q == 'b':\n        os.system(q)": True,
    "if not (q != 'b' or other):\n        os.system(q)": False,
    "if 'b' == q:\n        os.system(q)": False,
    "if isinstance(q, int):\n        os.system(q)": False,
    "os.system(open(q).read())": False,
}


@pytest.mark.parametrize("code", CODE)
def test_values_go_through(code: str) -> None:
    text = f"""
import asyncio, json, os
from flask import Flask, request
app = Flask(__name__)
def many(*values):
    return values[0]
def named(a='x', b='y', **more):
    return a + b
class Thing:
    def __init__(self, x=''):
        pass
    @classmethod
    def made(cls, x):
        return x
    @staticmethod
    def plain(x):
        return x
    @property
    def shown(self):
        return request.args['z']
@app.get("/a")
def handler():
    q = request.args["q"]
    {code}
"""
    assert bool(commands({"app.py": text})) is CODE[code]
