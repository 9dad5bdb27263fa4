"""API4, unrestricted resource consumption: pages and batches of any size, an expression that backtracks, codes sent without end."""

import time

from labs.house import Call, House, Refused, Reply, form

CODES, CODE_SECONDS = 5, 60.0


def build(house: House) -> None:
    look = house.style
    size = house.rng.choice(("limit", "size", "per_page", "pageSize"))
    house.variants["size"] = size
    sent: dict[str, list[float]] = {}

    def archive(call: Call) -> Reply:
        wanted = call.query.get(size, "20")
        if not wanted.isdecimal() or (house.fixed and not 0 < int(wanted) <= 100):
            raise Refused(400, f"{size} must be 1 to 100" if house.fixed else f"{size} must be a number")
        rows = (
            {"number": number, "line": f"entry number {number} of the archive"} for number in range(min(int(wanted), 50_000))
        )
        return Reply(look.list(list(rows)))

    def batch(call: Call) -> Reply:
        numbers = call.body["numbers"]
        return Reply(look.list([{"number": number, "line": f"entry number {number}"} for number in numbers[:20_000]]))

    def contact(call: Call) -> Reply:
        address = call.body["email"]
        if not house.fixed:
            _backtrack(address)
        if (
            address.count("@") != 1
            or "." not in address.partition("@")[2]
            or not address.replace("@", "").replace(".", "").isalnum()
        ):
            raise Refused(400, "this is no address")
        call.caller.record["contact"] = address
        return Reply(look.one({"email": address}))

    def code(call: Call) -> Reply:
        now = time.monotonic()
        recent = [at for at in sent.get(call.caller.name, []) if now - at < CODE_SECONDS]
        if house.fixed and len(recent) >= CODES:
            raise Refused(429, "too many codes", {"Retry-After": str(int(CODE_SECONDS))})
        sent[call.caller.name] = [*recent, now]
        return Reply({"message": "a code is on its way"}, 202)

    shape = {"number": {"type": "integer"}, "line": {"type": "string"}}
    top = {"minimum": 1, "maximum": 100} if house.fixed else {}
    house.route(
        "archive", "GET", house.path("archive"), archive, query={size: {"type": "integer"} | top}, answer=shape, many=True
    )
    numbers = {"type": "array", "items": {"type": "integer"}} | ({"maxItems": 50} if house.fixed else {})
    house.route(
        "batch", "POST", house.path("archive", "batch"), batch, body=form({"numbers": numbers}), answer=shape, many=True
    )
    email = {"type": "string", "maxLength": 200}
    house.route("contact", "PUT", house.path("me", "contact"), contact, body=form({"email": email}), answer={"email": email})
    phone = {"type": "string", "maxLength": 20}
    house.route("code", "POST", house.path("me", "codes"), code, body=form({"phone": phone}), status=202)


def _backtrack(text: str) -> None:
    """Takes as long as `^([a-z0-9]+[.-]?)+@…$` does where there is no match, without holding the interpreter; at most 3 s."""
    longest = max((len(run) for run in "".join(char if char.isalnum() else " " for char in text).split()), default=0)
    if "@" not in text or not text.partition("@")[2]:
        time.sleep(min(3.0, 1e-7 * 2 ** min(longest, 40)))
