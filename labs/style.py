"""How one lab looks, drawn from a seed: words, ids, envelopes, authentication. It must not know what is wrong with a lab."""

import random
from typing import Any, NamedTuple

HELD_OUT = 1000
"""Seeds from here on are kept for measuring; they draw from words of their own."""

NOUNS = (
    ("note", "notes"), ("invoice", "invoices"), ("ticket", "tickets"), ("parcel", "parcels"), ("booking", "bookings"),
    ("recipe", "recipes"), ("report", "reports"), ("vehicle", "vehicles"),
)  # fmt: skip
HELD_NOUNS = (
    ("prescription", "prescriptions"), ("lease", "leases"), ("statement", "statements"), ("playlist", "playlists"),
    ("shipment", "shipments"), ("policy", "policies"), ("appointment", "appointments"), ("garment", "garments"),
)  # fmt: skip
TITLES = ("title", "name", "label", "subject")
HELD_TITLES = ("heading", "caption", "summary", "designation")
SECRETS = ("secret", "content", "remarks", "address")
HELD_SECRETS = ("details", "memo", "instructions", "text")
PEOPLE = ("alice", "bob", "carol", "root")
HELD_PEOPLE = ("mina", "oskar", "petra", "warden")


class Style(NamedTuple):
    """noun, plural: of the resource that users own. title, secret: its fields, the second one private. ids: "integer", "uuid",
    "code" or "named" (the client chooses it: it is the title). key: the field of the id. single, many, failing: envelopes of one
    object, of a list, of an error. soft: whether a failed login answers 200. login: how a caller proves who it is, "bearer",
    "opaque", "api-key", "cookie" or "basic". foreign: the status for what belongs to somebody else. created: what a creation
    answers with. listing: "own" or "summary" (everybody sees what there is, not what is in it). people: two users, a third one
    whom no identity belongs to, and an administrator."""

    seed: int
    noun: str
    plural: str
    title: str
    secret: str
    ids: str
    key: str
    camel: bool
    base: str
    single: str
    many: str
    failing: str
    soft: bool
    login: str
    account: str
    token: str
    foreign: int
    created: str
    listing: str
    change: str
    version: str
    schemas: bool
    examples: bool
    operation_ids: bool
    people: tuple[str, ...]

    def case(self, name: str) -> str:
        """A snake_case name as this API writes it."""
        first, *rest = name.split("_")
        return first + "".join(word.capitalize() for word in rest) if self.camel else name

    def one(self, value: Any) -> Any:
        """One object in its envelope."""
        if self.single == "noun":
            return {"status": "success", self.case(self.noun): value}
        return value if self.single == "bare" else {self.single: value}

    def list(self, values: list[Any]) -> Any:
        """Several objects in theirs."""
        if self.many == "noun":
            return {self.case(self.plural): values}
        if self.many == "page":
            return {"items": values, "total": len(values)}
        return values if self.many == "bare" else {self.many: values}

    def error(self, status: int, text: str) -> Any:
        if self.failing == "problem":
            return {"type": "about:blank", "title": text, "status": status}
        if self.failing == "fail":
            return {"status": "fail", "message": text}
        return {self.failing: text}


def style(seed: int, *, login: tuple[str, ...] = ()) -> Style:
    """The style of a seed. login: the ways to log in that a lab can do with; all by default."""
    rng = random.Random(seed)
    held = seed >= HELD_OUT
    noun, plural = rng.choice(HELD_NOUNS if held else NOUNS)
    title, secret = rng.choice(HELD_TITLES if held else TITLES), rng.choice(HELD_SECRETS if held else SECRETS)
    ids = rng.choice(("integer", "uuid", "code", "named"))
    camel = rng.random() < 0.5
    keys = {"named": title, "code": rng.choice(("code", "reference"))}
    fallback = rng.choice(("id", "id", "uuid" if ids == "uuid" else "number", f"{noun}Id" if camel else f"{noun}_id"))
    people = list(HELD_PEOPLE if held else PEOPLE)
    return Style(
        seed=seed, noun=noun, plural=plural, title=title, secret=secret, ids=ids, key=keys.get(ids, fallback), camel=camel,
        base=rng.choice(("", "/api", "/api/v1", "/v2", "/rest")),
        single=rng.choice(("bare", "bare", "data", "result", "noun")),
        many=rng.choice(("bare", "page", "data", "noun")),
        failing=rng.choice(("error", "detail", "problem", "fail")),
        soft=rng.random() < 0.25,
        login=rng.choice(login or ("bearer", "bearer", "opaque", "api-key", "cookie", "basic")),
        account=rng.choice(("username", "login", "email")),
        token=rng.choice(("token", "access_token", "auth_token")),
        foreign=rng.choice((403, 404)),
        created=rng.choice(("object", "object", "id", "location")) if ids != "named" else rng.choice(("object", "message")),
        listing=rng.choice(("own", "summary")),
        change=rng.choice(("PUT", "PATCH")),
        version=rng.choice(("3.0.3", "3.1.0")),
        schemas=rng.random() < 0.7,
        examples=rng.random() < 0.5,
        operation_ids=rng.random() < 0.7,
        people=tuple(people),
    )  # fmt: skip
