"""API6, unrestricted access to sensitive business flows: refunds by negative amounts, coupons used twice, races, steps left out."""

import time

from labs.house import Call, Handler, House, Refused, Reply, User, form

START = 100.0
BONUS = 25.0


def build(house: House) -> None:
    look = house.style
    money = house.rng.choice(("balance", "credit", "points"))
    house.variants["money"] = money
    codes = ["WELCOME25", "SPRING25"]
    used: set[tuple[str, str]] = set()
    orders: dict[int, dict[str, object]] = {}

    def wallet(user: User) -> Reply:
        return Reply(look.one({money: user.record.get("money", START), "coupons": codes}))

    def redeem(call: Call) -> Reply:
        caller, code = call.caller, call.body["coupon"]
        if code not in codes:
            raise Refused(404, "there is no such coupon")
        if house.fixed:
            with house.lock:
                return _redeem(caller, code, 0.0)
        return _redeem(caller, code, 0.02)

    def _redeem(caller: User, code: str, pause: float) -> Reply:
        if (caller.name, code) in used and (house.fixed or house.variants["coupon"] == "race"):
            raise Refused(409, "this coupon was used")
        held = caller.record.get("money", START)
        time.sleep(pause)
        used.add((caller.name, code))
        caller.record["money"] = float(caller.record.get("money") or held) + BONUS
        return wallet(caller)

    def send(call: Call) -> Reply:
        caller, amount = call.caller, call.body["amount"]
        other = house.users.get(call.body["to"])
        if other is None or other.name == caller.name:
            raise Refused(404, "there is no such user")
        with house.lock:
            if (house.fixed and amount <= 0) or caller.record.get("money", START) < amount:
                raise Refused(400, "this amount cannot be sent")
            caller.record["money"] = caller.record.get("money", START) - amount
            other.record["money"] = other.record.get("money", START) + amount
        return wallet(caller)

    def order(call: Call) -> Reply:
        if house.fixed and not 0 < call.body["quantity"] <= 100:
            raise Refused(422, "quantity must be 1 to 100")
        number = len(orders) + 1
        total = 5 * call.body["quantity"]
        wanted = {name: call.body[name] for name in ("sku", "quantity")}
        orders[number] = wanted | {"number": number, "owner": call.caller.name, "status": "new", "total": total}
        return Reply(look.one(orders[number]), 201)

    def mine(call: Call) -> dict[str, object]:
        found = orders.get(int(call.ids["number"])) if call.ids["number"].isdecimal() else None
        if found is None or found["owner"] != call.caller.name:
            raise Refused(404, "not found")
        return found

    def step(before: str, after: str, strict: bool) -> Handler:
        def take(call: Call) -> Reply:
            found = mine(call)
            if strict and found["status"] != before:
                raise Refused(409, f"this order is {found['status']}")
            found["status"] = after
            return Reply(look.one(found))

        return take

    def cancel(call: Call) -> Reply:
        del orders[int(str(mine(call)["number"]))]
        return Reply(None, 204)

    house.variants["coupon"] = house.rng.choice(("race", "replay"))
    text, whole = {"type": "string", "maxLength": 40}, {"type": "integer"}
    purse = {money: {"type": "number"}, "coupons": {"type": "array", "items": text}}
    bill = {"number": whole, "owner": text, "status": text, "total": {"type": "number"}, "sku": text, "quantity": whole}
    house.route("wallet", "GET", house.path("wallet"), lambda call: wallet(call.caller), answer=purse)
    house.route("redeem", "POST", house.path("wallet", "redeem"), redeem, body=form({"coupon": text}), answer=purse)
    transfer = form({"to": text, "amount": {"type": "number"}})
    house.route("send", "POST", house.path("wallet", "transfer"), send, body=transfer, answer=purse)
    sku = {"type": "string", "enum": ["P1", "P2", "P3"]}
    top = {"minimum": 1, "maximum": 100} if house.fixed else {}
    wanted = form({"sku": sku, "quantity": whole | top})
    house.route("order", "POST", house.path("orders"), order, body=wanted, answer=bill, status=201)
    ids = {"number": whole}
    one = house.path("orders", "{number}")
    house.route("see_order", "GET", one, lambda call: Reply(look.one(mine(call))), ids=ids, answer=bill)
    house.route("pay", "POST", f"{one}/pay", step("new", "paid", True), ids=ids, answer=bill)
    house.route("ship", "POST", f"{one}/ship", step("paid", "shipped", house.fixed), ids=ids, answer=bill)
    house.route("cancel", "DELETE", one, cancel, ids=ids, status=204)
