"""API3, broken object property level authorization: fields that nobody may set are set, and answers tell more than they should."""

import hashlib

from labs.house import Call, House, Reply, User


def build(house: House) -> None:
    look = house.style
    flag = house.rng.choice(("verified", "approved", "is_premium"))
    house.variants["flag"] = look.case(flag)
    for record in house.objects.values():
        record[look.case(flag)] = False
    house.shape[look.case(flag)] = {"type": "boolean"}
    plain, plain_public, change, add = house.registered, house.public, house.routes["change_item"], house.add_object

    def added(owner: str, title: str, secret: str, **more: object) -> dict[str, object]:
        return add(owner, title, secret, **({look.case(flag): False} | more))

    house.add_object = added  # type: ignore[method-assign]

    def registered(user: User, body: dict[str, object]) -> None:
        plain(user, body)
        if isinstance(body.get("role"), str):
            user.record["role"] = body["role"]

    def public(user: User) -> dict[str, object]:
        digest = hashlib.sha256(user.record["password"].encode()).hexdigest()
        return plain_public(user) | {look.case("password_hash"): digest}

    def changed(call: Call) -> Reply:
        record = house.owned("change_item", call, house.parameter)
        record.update(call.body)
        return Reply(look.one(record))

    if not house.fixed:
        house.registered = registered  # type: ignore[method-assign]
        house.public = public  # type: ignore[method-assign]
        house.replace("change_item", changed)
    assert change.body is not None
