"""Missing authorization in source: one route without a guard beside routes that have one.

Who may call is decided for each route, by a decorator, a dependency or a line in the handler; the one that was forgotten looks
like the others. An API whose routes are all open is not what this rule is about: there, somebody decided.

The rule compares the routes of one router, blueprint, module or view module: where most look at who calls (by a guard, a
dependency, a hook, a permission class, or by reading credentials in the handler) and one that reads or writes objects does
not, that one is told. Where the router has too few routes, those of the whole program are compared. Logins, registrations,
health checks, documentation, callbacks of other services and static files are left out by what they are called.

Writing routes are graver than reading ones. The confidence is medium: some open routes are meant to be.

To fix: put the guard on the router, so that nothing has to be remembered, and take it away where a route is for everybody.
"""

from collections.abc import Iterator

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.program import Program, Route, Spotted
from yett.rules.sourcing.words import parts, words

RULE = SourceRule(
    id="source-missing-authorization",
    title="A route without authorization beside guarded ones",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    flaws=(Flaw.ANONYMOUS_ACCESS,),
    owasp=(
        "API5:2023",
        "API2:2023",
    ),
    cwe=(
        862,
        306,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/862.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html",
    ),
    matches=(
        Snippet(
            """
from fastapi import APIRouter, Depends, FastAPI
from stores import current_user, db

app = FastAPI()
router = APIRouter(prefix="/orders")

@router.get("/", dependencies=[Depends(current_user)])
def listed():
    return db.query("orders").all()

@router.get("/{order_id}")
def one(order_id: int, user=Depends(current_user)):
    return db.query("orders").filter(order_id, user.id).first()

@router.post("/{order_id}/cancel", dependencies=[Depends(current_user)])
def cancel(order_id: int):
    return db.query("orders").get(order_id)

@router.delete("/{order_id}")
def remove(order_id: int):
    db.session.delete(db.query("orders").get(order_id))
    db.session.commit()

app.include_router(router)
""",
        ),
    ),
    passes=(
        Snippet(
            """
from fastapi import APIRouter, Depends, FastAPI
from stores import current_user, db

app = FastAPI()
router = APIRouter(prefix="/orders", dependencies=[Depends(current_user)])

@router.get("/")
def listed():
    return db.query("orders").all()

@router.delete("/{order_id}")
def remove(order_id: int):
    db.session.delete(db.query("orders").get(order_id))

@app.post("/login")
def login(name: str, password: str):
    return db.query("users").filter(name, password).first()

app.include_router(router)
""",
        ),
        Snippet(
            """
from flask import Flask
from stores import db

app = Flask(__name__)

@app.get("/books")
def listed():
    return str(db.session.query("books").all())

@app.get("/authors")
def authors():
    return str(db.session.query("authors").all())
""",
        ),
    ),
)

_OPEN = words(
    "login logout signin signup signout register registration auth oauth oauth2 token tokens authorize callback sso saml "
    "oidc refresh password reset forgot verify confirm activate invite health healthz healthcheck ping ready readiness "
    "live liveness status version info metrics docs doc openapi swagger redoc schema static assets favicon robots index "
    "home root webhook webhooks public jwks well known csrf session sessions unsubscribe heartbeat alive config csp "
    "report logo about terms privacy setup introspect guest captcha challenge join accept language locale i18n banner"
)
FEW = 3
"""Routes of a group from which on it is compared by itself."""
MANY, NEARLY = 4, 0.8
"""Others that are guarded, and their share, from which on an open route that only reads is of medium severity."""
SHARE = 0.5
"""Share of the others that must be guarded."""


def look(program: Program) -> Iterator[Spotted]:
    groups: dict[str, list[Route]] = {}
    routes = list({(one.handler, one.method): one for one in program.routes}.values())
    for one in routes:
        groups.setdefault(one.group, []).append(one)
    for one in routes:
        if _guarded(one) or _open(one) or not (one.reads or one.writes):
            continue
        near = [other for other in groups[one.group] if other is not one]
        where = "of the same router"
        if len(near) + 1 < FEW:
            near, where = [other for other in routes if other is not one], "of the program"
        counted = [other for other in near if not _open(other)]
        guarded = [other for other in counted if _guarded(other)]
        if len(guarded) >= 2 and len(guarded) > SHARE * len(counted):
            yield _spotted(one, len(guarded), len(counted), where)


def _guarded(one: Route) -> bool:
    return bool(one.guards) or one.knows


def _open(one: Route) -> bool:
    """Whether what a route is called says that anybody may."""
    named = parts(one.template.replace("/", "_").replace("{", "_").replace("}", "_"))
    return bool((named | parts(one.handler.rpartition(":")[2])) & _OPEN) or one.method in ("OPTIONS", "HEAD", "TRACE")


def _spotted(one: Route, guarded: int, counted: int, where: str) -> Spotted:
    writes = one.writes and one.method not in ("GET",)
    what = "writes" if writes else "reads"
    return Spotted(
        place=one.place,
        subject=one.operation,
        text=f"Nothing looks at who calls {one.operation}, which {what} objects of a store",
        route=one,
        severity=Severity.HIGH
        if writes
        else Severity.MEDIUM
        if guarded >= MANY and guarded >= NEARLY * counted
        else Severity.LOW,
        reasons=(f"{guarded} of {counted} other routes {where} look at who calls",),
        note="no guard, and no look at credentials",
    )
