"""GraphQL: fields of others, functions of administrators, documents of any size and depth, calls that other sites may make."""

import sqlite3
from typing import Any

from labs.graphql import Field, GraphError, Limits, Schema, execute, sdl
from labs.house import Call, House, Json, Reply, User, form

LOGIN = ("bearer", "opaque", "api-key")


def build(house: House) -> None:
    for key in ("list_items", "create_item", "read_item", "change_item", "delete_item", "offers", "offer", "me"):
        house.routes[key].declared = False  # served as fields of the graph; REST of it is not told of
    schema = _schema(house)
    limits = Limits(introspection=False, suggests=False, depth=10, aliases=60) if house.fixed else Limits()
    path = house.path("graphql") if house.rng.random() < 0.7 else house.path("query")
    house.graphql, house.sdl = path, sdl(schema)

    def one(document: Any, call: Call, kinds: tuple[str, ...]) -> Json:
        if not isinstance(document, dict):
            return {"errors": [{"message": "Must provide query string."}]}
        asked = document.get("query"), document.get("variables"), document.get("operationName")
        return execute(schema, *asked, call.user, limits, kinds)

    def post(call: Call) -> Reply:
        if isinstance(call.body, list):
            if house.fixed and len(call.body) > 5:
                return Reply({"errors": [{"message": "This batch is too long."}]}, 400)
            return Reply([one(document, call, ("query", "mutation")) for document in call.body[:200]])
        return Reply(one(call.body, call, ("query", "mutation")))

    def get(call: Call) -> Reply:
        return Reply(one(call.query, call, ("query", "mutation")))

    document = form({"query": {"type": "string"}, "variables": {"type": "object"}}, "variables")
    house.route("graphql", "POST", path, post, body=document, secured=False, checks=False, declared=False)
    if not house.fixed:
        house.route("graphql_get", "GET", path, get, secured=False, declared=False)


def _schema(house: House) -> Schema:
    look = house.style
    noun, plural = look.case(look.noun), look.case(look.plural)
    kind = noun.capitalize()
    key_type = "Int" if look.ids == "integer" else "String"

    def logged_in(caller: Any) -> User:
        if caller is None:
            raise GraphError("log in first")
        assert isinstance(caller, User)
        return caller

    def held(args: Json, caller: Any, key: str) -> Json:
        record = house.objects.get(str(args[look.key]))
        user = logged_in(caller)
        if record is None or (house.fixed and record["owner"] != user.name):
            raise GraphError(f"{key}: there is none")
        return record

    def change(_: Any, args: Json, caller: Any) -> Json:
        record = held(args, caller, "change")
        record[look.secret] = args[look.secret]
        return record

    def delete(_: Any, args: Json, caller: Any) -> bool:
        del house.objects[str(held(args, caller, "delete")[look.key])]
        return True

    def create(_: Any, args: Json, caller: Any) -> Json:
        return house.add_object(logged_in(caller).name, args[look.title], args[look.secret])

    def mine(user: Any, _: Json, caller: Any) -> list[Json]:
        name = user["name"] if isinstance(user, dict) and "name" in user else logged_in(caller).name
        if house.fixed and name != logged_in(caller).name:
            return []
        return [one for one in house.objects.values() if one["owner"] == name]

    def users(_: Any, __: Json, caller: Any) -> list[Json]:
        logged_in(caller)
        return [user.record for user in house.users.values()]

    def private(field: str) -> Any:
        def resolve(record: Json, _: Json, caller: Any) -> Any:
            if house.fixed and (caller is None or record["name"] != caller.name):
                raise GraphError(f"{field} is private")
            return record[field]

        return resolve

    def remove(_: Any, args: Json, caller: Any) -> bool:
        if house.fixed and logged_in(caller).role != "admin":
            raise GraphError("this is not for you")
        name = args["name"]
        if name in look.people or name not in house.users:
            raise GraphError("there is none")
        del house.users[name]
        return True

    account = {
        "name": Field("String!"), "role": Field("String!"), "email": Field("String", {}, private("email")),
        plural: Field(f"[{kind}!]!", {}, mine),
    }  # fmt: skip
    if not house.fixed:
        account["password"] = Field("String")
    owner = Field("User!", {}, lambda record, _, __: house.users[record["owner"]].record)
    item = {look.key: Field(f"{key_type}!"), look.title: Field("String!"), look.secret: Field("String"), "owner": owner}
    ids, texts = {look.key: f"{key_type}!"}, {look.title: "String!", look.secret: "String!"}
    return {
        "Query": {
            "me": Field("User", {}, lambda _, __, caller: logged_in(caller).record),
            "users": Field("[User!]!", {}, users),
            noun: Field(kind, ids, lambda _, args, caller: held(args, caller, noun)),
            plural: Field(f"[{kind}!]!", {}, lambda _, args, caller: mine({}, args, caller)),
            "offers": Field("[Offer!]!", {"title": "String"}, _offers(house)),
        },
        "Mutation": {
            f"create{kind}": Field(kind, texts, create),
            f"update{kind}": Field(kind, ids | {look.secret: "String!"}, change),
            f"delete{kind}": Field("Boolean", ids, delete),
            "deleteUser": Field("Boolean", {"name": "String!"}, remove),
        },
        "User": account,
        kind: item,
        "Offer": {"title": Field("String!"), "price": Field("Int!")},
    }


def _offers(house: House) -> Any:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE TABLE offers (title TEXT, price INTEGER, hidden INTEGER)")
    database.executemany("INSERT INTO offers VALUES (?, ?, ?)", [("basic", 5, 0), ("plus", 10, 0), ("family", 15, 1)])

    query = "SELECT title, price FROM offers WHERE hidden = 0 AND title LIKE"

    def resolve(_: Any, args: Json, __: Any) -> list[Json]:
        title = args.get("title") or ""
        with house.lock:
            try:
                if house.fixed:
                    rows = database.execute(f"{query} ?", (f"%{title}%",)).fetchall()
                else:
                    rows = database.execute(f"{query} '%{title}%'").fetchall()
            except sqlite3.Error as error:
                raise GraphError(f"(sqlite3.{type(error).__name__}) {error}") from None
        return [{"title": title, "price": price} for title, price in rows]

    return resolve
