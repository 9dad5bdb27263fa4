"""Fields that hold nothing sensitive and look as if they did: ids, numbers, tokens of pages, digests, codes of goods, times.

Names and makers are drawn at random from a seed. Every finding in them is false.
"""

import base64
import random
import string
import uuid
from collections.abc import Callable, Iterator

Make = Callable[[random.Random], str | int | float]


def _digits(count: int) -> Make:
    return lambda chance: "".join(chance.choices(string.digits, k=count))


def _text(alphabet: str, low: int, high: int) -> Make:
    return lambda chance: "".join(chance.choices(alphabet, k=chance.randint(low, high)))


def _ean(count: int) -> Make:
    def make(chance: random.Random) -> str:
        head = [chance.randrange(10) for _ in range(count - 1)]
        total = sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(head)))
        return "".join(map(str, head)) + str(-total % 10)

    return make


def _luhn_of(prefix: str, count: int) -> Make:
    """Numbers with a right Luhn digit that no card network issues."""

    def make(chance: random.Random) -> str:
        head = prefix + "".join(chance.choices(string.digits, k=count - 1 - len(prefix)))
        total = sum(
            sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(head))
        )
        return head + str(-total % 10)

    return make


def _prose(chance: random.Random) -> str:
    words = [
        "the",
        "order",
        "was",
        "sent",
        "to",
        "a",
        "store",
        "and",
        "arrives",
        "on",
        "monday",
        "with",
        "12",
        "boxes",
        "of",
        "paper",
        "version",
        "4.2",
        "see",
        "ticket",
    ]
    return " ".join(chance.choices(words, k=chance.randint(4, 40))) + f" {chance.randrange(10**10)}"


_HEX, _BASE62 = "0123456789abcdef", string.ascii_letters + string.digits

NUMBERS: dict[str, tuple[tuple[str, ...], Make]] = {
    f"digits-{count}": (
        ("id", "orderId", "reference", "sequence", "transaction_id", "code", "number", "value", "key"),
        _digits(count),
    )
    for count in (6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
}
LOOKALIKES: dict[str, tuple[tuple[str, ...], Make]] = {
    "snowflake": (("id", "message_id", "tweetId"), lambda chance: (1_600_000_000_000 + chance.randrange(10**11)) << 22),
    "integer-16": (("id", "offset", "hash"), lambda chance: chance.randrange(4 * 10**15, 6 * 10**15)),
    "milliseconds": (("created", "timestamp", "updated_at"), lambda chance: 1_700_000_000_000 + chance.randrange(10**10)),
    "microseconds": (("ts", "time"), lambda chance: 1_700_000_000_000_000 + chance.randrange(10**13)),
    "ean-13": (("ean", "gtin", "barcode"), _ean(13)),
    "ean-8": (("ean", "gtin"), _ean(8)),
    "gtin-14": (("gtin", "packageId"), _ean(14)),
    "luhn-17": (("serial", "tracking"), _luhn_of("1", 17)),
    "luhn-16": (("reference", "invoiceNumber"), _luhn_of("9", 16)),
    "usps": (("trackingNumber", "tracking_code"), lambda chance: "94" + _digits(20)(chance)),
    "ups": (("trackingNumber",), lambda chance: "1Z" + "".join(chance.choices(string.ascii_uppercase + string.digits, k=16))),
    "uuid": (("id", "requestId", "correlation_id"), lambda chance: str(uuid.UUID(int=chance.getrandbits(128), version=4))),
    "ulid": (("id", "eventId"), _text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 26, 26)),
    "object-id": (("_id", "parent"), _text(_HEX, 24, 24)),
    "md5": (("etag", "checksum", "hash"), _text(_HEX, 32, 32)),
    "sha1": (("commit", "sha", "revision"), _text(_HEX, 40, 40)),
    "sha256": (("digest", "sha256", "contentHash"), _text(_HEX, 64, 64)),
    "page": (("nextPageToken", "page_token", "continuationToken", "next_token", "cursor", "syncToken"), _text(_BASE62, 20, 60)),
    "idempotency": (("idempotencyKey", "clientToken", "csrf_token", "versionToken"), _text(_BASE62, 24, 40)),
    "public-key": (("publicKey", "site_key", "publishableKey"), _text(_BASE62, 32, 60)),
    "database-key": (("primaryKey", "partition_key", "cacheKey", "sortKey", "translationKey"), _text(_BASE62, 12, 30)),
    "base64": (
        ("content", "image", "payload"),
        lambda chance: base64.b64encode(chance.randbytes(chance.randint(30, 90))).decode(),
    ),
    "slug": (("slug", "path"), lambda chance: "-".join(_text(string.ascii_lowercase, 3, 9)(chance) for _ in range(4))),
    "version": (("version", "apiVersion"), lambda chance: ".".join(str(chance.randrange(40)) for _ in range(3))),
    "build": (("build", "fileVersion"), lambda chance: f"10.0.{chance.randrange(10000, 30000)}.{chance.randrange(300, 5000)}"),
    "instant": (
        ("created", "updatedAt"),
        lambda chance: f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T10:00:00Z",
    ),
    "day": (("date", "startDate"), lambda chance: f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"),
    "price": (("price", "amount", "total"), lambda chance: round(chance.random() * 1000, 2)),
    "measure": (("width", "score", "weight"), lambda chance: chance.random() * 100),
    "ratio": (("range", "scale"), lambda chance: f"{chance.random():.2f},{chance.random():.2f}"),
    "colour": (("color", "background"), lambda chance: "#" + _text(_HEX, 6, 6)(chance)),
    "sku": (("sku", "partNumber"), lambda chance: _text(string.ascii_uppercase, 2, 4)(chance) + "-" + _digits(6)(chance)),
    "part": (("sku", "model"), lambda chance: _text(string.ascii_uppercase, 2, 2)(chance) + _digits(8)(chance)),
    "grouped": (
        ("licenceCode", "voucher"),
        lambda chance: "-".join(_text(string.ascii_uppercase + string.digits, 4, 4)(chance) for _ in range(4)),
    ),
    "grouped-digits": (("voucher", "couponCode"), lambda chance: "-".join(_digits(4)(chance) for _ in range(3))),
    "url": (
        ("url", "href"),
        lambda chance: f"https://api.example.org/v1/{_text(string.ascii_lowercase, 3, 8)(chance)}?page={chance.randrange(99)}",
    ),
    "mention": (
        ("package", "image"),
        lambda chance: f"{_text(string.ascii_lowercase, 3, 8)(chance)}@{chance.randrange(9)}.{chance.randrange(9)}.1",
    ),
    "file": (("file", "fileName"), lambda chance: f"{_text(string.ascii_lowercase, 3, 8)(chance)}@2x.png"),
    "prose": (("description", "comment", "note", "summary"), _prose),
    "company": (
        ("name", "companyName", "productName"),
        lambda chance: _text(string.ascii_lowercase, 4, 9)(chance).title() + " Ltd",
    ),
    "switch": (("emailVerified", "hasPassword", "phoneEnabled"), lambda chance: chance.choice(("yes", "no", "on", "off"))),
    "kind": (
        ("tokenType", "passwordPolicy", "cardType", "addressType", "phone_type"),
        lambda chance: chance.choice(("a", "basic", "home", "main")),
    ),
    "count": (("emailCount", "tokens_used", "password_length", "pin_attempts"), lambda chance: chance.randrange(200)),
    "words-of-secrets": (
        ("secretName", "tokenName", "keyVaultName"),
        lambda chance: _text(string.ascii_lowercase, 5, 12)(chance),
    ),
    "trace": (("traceparent",), lambda chance: f"00-{_text(_HEX, 32, 32)(chance)}-{_text(_HEX, 16, 16)(chance)}-01"),
    "arn": (
        ("arn", "resource"),
        lambda chance: f"arn:aws:iam::{_digits(12)(chance)}:role/{_text(string.ascii_lowercase, 4, 9)(chance)}",
    ),
}


def fields(seed: int, repeat: int, count: int) -> Iterator[tuple[str, str, list[str | int | float]]]:
    """(kind, name, values): every name of every kind `repeat` times, with 1 to `count` different values."""
    chance = random.Random(seed)
    for kind, (names, make) in (NUMBERS | LOOKALIKES).items():
        for name in names:
            for _ in range(repeat):
                yield kind, name, [make(chance) for _ in range(chance.randint(1, count))]
