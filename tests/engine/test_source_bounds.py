"""Programs that are written to take long: each is read in time that grows with its size, and what is in it is still found."""

import time

import pytest

from yett.engine.source.analysis import Analysis, analysed
from yett.formats.python_source.reading import read_module
from yett.rules.registry import source_rules


def looked_at(files: dict[str, str]) -> Analysis:
    return analysed([read_module(text.encode(), name) for name, text in files.items()], source_rules().values())


FLASK = "import subprocess\nfrom flask import Flask, request\napp = Flask(__name__)\n"
HANDLER = "@app.get('/a')\ndef handler():\n    q = request.args['q']\n"
SINK = "    subprocess.run(q, shell=True)\n"


def django() -> dict[str, str]:
    head = "from django.urls import path, include\nimport views\n"
    lists = "urlpatterns = [" + ", ".join(f"path('a{n}/', include('m{{}}'))" for n in range(20)) + "]\n"
    files = {f"m{n}.py": head + lists.replace("{}", str(n + 1)) for n in range(6)}
    files["m6.py"] = head + "urlpatterns = [path('x', views.view)]\n"
    files["views.py"] = "import os\ndef view(request):\n    os.system(request.GET['q'])\n"
    return files


def registered() -> dict[str, str]:
    many = 150
    made = "".join(f"r{n} = routers.DefaultRouter()\nr{n}.register('a{n}', v.V)\n" for n in range(many))
    listed = ", ".join(f"path('p{n}/', include(r{n}.urls))" for n in range(many))
    views = "import os\nfrom rest_framework import viewsets\nclass V(viewsets.ViewSet):\n    def list(self, request):\n"
    views += "        os.system(request.GET['q'])\n" + "".join(f"def f{n}():\n    g({n})\n" for n in range(500))
    head = "from django.urls import path, include\nfrom rest_framework import routers\nimport v\n"
    return {"urls.py": f"{head}{made}urlpatterns = [{listed}]\n", "v.py": views}


def calling_each_other() -> dict[str, str]:
    steps = (3, 7, 1, 11, 5, 17)
    calls = ("; ".join(f"k{(n * step + step) % 400}()" for step in steps) for n in range(400))
    functions = "".join(f"def k{n}():\n    {line}\n" for n, line in enumerate(calls))
    routes = "".join(f"@app.get('/r{n}')\ndef r{n}():\n    return k{n}()\n" for n in range(400))
    return {"app.py": FLASK + functions + routes + HANDLER + SINK}


def routers() -> dict[str, str]:
    made = "".join(f"r{n} = APIRouter()\n" for n in range(30))
    included = "".join(
        f"r{n + 1}.include_router(r{n}, prefix='/a')\nr{n + 1}.include_router(r{n}, prefix='/b')\n" for n in range(29)
    )
    routes = "".join(f"@r0.get('/x{n}')\ndef x{n}(q: str):\n    os.system(q)\n" for n in range(50))
    head = "import os\nfrom fastapi import FastAPI, APIRouter\napp = FastAPI()\n"
    return {"app.py": f"{head}{made}{included}app.include_router(r29)\nr5.include_router(r5)\nr3.include_router(r7)\n{routes}"}


def checks_that_call_each_other() -> dict[str, str]:
    checks = "".join(f"def check{n}(x):\n    return check{(n * 3) % 500}(x) and check{(n + 1) % 500}(x)\n" for n in range(500))
    return {"app.py": FLASK + checks + HANDLER + "".join(f"    check{n}(r)\n" for n in range(500)) + SINK}


def members_in_a_row() -> dict[str, str]:
    methods = "".join(f"    def m{n}(self):\n        self.a{n + 1} = self.a{n}\n" for n in range(300))
    kept = "class C:\n    def keep(self):\n        self.a0 = request.args['r']\n" + methods
    return {
        "app.py": FLASK + kept + HANDLER + "    c = C()\n    c.keep()\n" + "".join(f"    c.m{n}()\n" for n in range(300)) + SINK
    }


def calls_in_a_row() -> dict[str, str]:
    chain = "".join(f"def f{n}(x):\n    return f{n + 1}(x)\n" for n in range(500))
    return {"app.py": FLASK + chain + f"def f500(x):\n    subprocess.run(x, shell=True)\n{HANDLER}    f0(q)\n"}


def mutations() -> dict[str, str]:
    made = "".join(
        f"class M{n}(graphene.Mutation):\n    def mutate(self, info, q):\n        os.system(q)\n"
        f"class A{n}(graphene.ObjectType):\n    do_{n} = M{n}.Field()\n"
        for n in range(400)
    )
    return {"app.py": "import os\nimport graphene\n" + made}


def many_methods_of_one_name() -> dict[str, str]:
    classes = "".join(f"class C{n}:\n    def is_allowed(self, x):\n        return True\n" for n in range(500))
    return {"app.py": FLASK + classes + HANDLER + "    C3().is_allowed(q)\n" + SINK}


@pytest.mark.parametrize(
    "program",
    [
        django,
        registered,
        calling_each_other,
        routers,
        checks_that_call_each_other,
        members_in_a_row,
        calls_in_a_row,
        mutations,
        many_methods_of_one_name,
    ],
)
def test_time_is_bounded(program: object) -> None:
    assert callable(program)
    began = time.process_time()
    found = looked_at(program())
    assert "source-command-injection" in {one.finding.rule for one in found.findings}
    assert time.process_time() - began < 8
