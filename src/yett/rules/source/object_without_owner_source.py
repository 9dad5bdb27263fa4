"""Broken object level authorization in source: an object is looked up by what the path says, whoever calls.

A handler that knows who calls, and takes the object that the path names without holding the two against each other, gives
every caller every object.

The rule looks at handlers that know the caller, by a guard or in their body, and look an object up in a store by a parameter
of the path; it tells those in which nothing else is asked of the store and nothing names an owner or the caller: no further
condition, no comparison, no call that is handed the caller.

Reading is of low severity, changing and deleting of medium. The confidence is low: whether objects have owners is not written
in the code, and shared objects are common. Hold it against a run of `yett probe URL` with two identities, which proves it.

To fix: put the owner into the lookup: `query.filter_by(id=order_id, owner_id=user.id)`.
"""

from collections.abc import Iterator

from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity
from yett.model.source import Snippet, SourceRule
from yett.rules.sourcing.program import Program, Spotted

RULE = SourceRule(
    id="source-object-without-owner",
    title="An object is looked up whoever calls",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    flaws=(
        Flaw.BOLA_READ,
        Flaw.BOLA_WRITE,
        Flaw.BOLA_DELETE,
    ),
    owasp=("API1:2023",),
    cwe=(
        639,
        285,
    ),
    references=(
        "https://cwe.mitre.org/data/definitions/639.html",
        "https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/",
    ),
    matches=(
        Snippet(
            """
from fastapi import Depends, FastAPI
from stores import Order, current_user, db

app = FastAPI()

@app.get("/orders/{order_id}")
def one(order_id: int, user=Depends(current_user)):
    return db.session.query(Order).filter_by(id=order_id).first()
""",
        ),
    ),
    passes=(
        Snippet(
            """
from fastapi import Depends, FastAPI
from stores import Order, current_user, db

app = FastAPI()

@app.get("/orders/{order_id}")
def one(order_id: int, user=Depends(current_user)):
    return db.session.query(Order).filter_by(id=order_id, owner_id=user.id).first()

@app.put("/orders/{order_id}")
def change(order_id: int, user=Depends(current_user)):
    order = db.session.query(Order).get(order_id)
    if order.owner_id != user.id:
        raise PermissionError
    return order
""",
        ),
    ),
)


def look(program: Program) -> Iterator[Spotted]:
    for one in program.lookups:
        flaw = Flaw.BOLA_DELETE if one.deletes else Flaw.BOLA_WRITE if one.writes else Flaw.BOLA_READ
        yield Spotted(
            place=one.place,
            subject=one.text,
            text=f"{one.route.operation} looks up an object by {one.parameter}, and nothing holds it against who calls",
            route=one.route,
            at=f"path {one.parameter}",
            flaw=flaw,
            severity=Severity.LOW if flaw is Flaw.BOLA_READ else Severity.MEDIUM,
            reasons=("whether these objects have owners is not visible in the code",),
            note="looked up by the path alone",
        )
