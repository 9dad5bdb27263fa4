"""What names of parameters, fields and paths mean to checks. Names are compared without case and punctuation.

It must not know any rule.
"""

import re
from functools import lru_cache

_CUT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")

CREDENTIALS = frozenset(
    (
        *(
            "password",
            "passwd",
            "pwd",
            "secret",
            "clientsecret",
            "token",
            "accesstoken",
            "refreshtoken",
            "idtoken",
            "authtoken",
        ),
        *("apikey", "accesskey", "secretkey", "privatekey", "credential", "credentials", "sessionid", "jwt", "otp", "pin"),
    )
)
"""Names that hold credentials, in their plain form."""

URLS = frozenset(
    (
        *(
            "url",
            "uri",
            "callback",
            "callbackurl",
            "webhook",
            "webhookurl",
            "redirect",
            "redirecturl",
            "redirecturi",
            "returnurl",
        ),
        *(
            "returnto",
            "next",
            "target",
            "targeturl",
            "imageurl",
            "avatarurl",
            "feed",
            "feedurl",
            "host",
            "endpoint",
            "proxy",
            "link",
        ),
    )
)
"""Names of parameters that hold addresses a server may be made to call."""

PAGES = frozenset(
    (
        *(
            "limit",
            "page",
            "pagesize",
            "perpage",
            "size",
            "offset",
            "cursor",
            "after",
            "before",
            "first",
            "last",
            "top",
            "skip",
        ),
        *(
            "count",
            "max",
            "maxresults",
            "maxitems",
            "pagetoken",
            "nexttoken",
            "startingafter",
            "start",
            "rows",
            "take",
            "continue",
        ),
        *("marker", "continuationtoken", "pagenumber", "pageno", "results", "limits", "maxkeys", "nextpagetoken", "number"),
    )
)
"""Names of parameters that ask for a part of a list."""

SIZES = frozenset(
    (*("limit", "pagesize", "perpage", "size", "first", "top", "count", "max"), *("maxresults", "maxitems", "rows", "take"))
)
"""Names of parameters that say how much of a list is wanted."""

PRIVILEGES = frozenset(
    (
        *("role", "roles", "isadmin", "admin", "superuser", "issuperuser", "isstaff", "permissions", "permission", "scopes"),
        *("privileges", "accesslevel", "usertype", "accounttype", "verified", "isverified", "emailverified", "approved"),
        *("isapproved", "balance", "credit", "credits", "ownerid", "tenantid", "isactive", "kycstatus", "plan", "discount"),
    )
)
"""Names of properties that a caller should not set for itself (API3:2023, mass assignment)."""

FLOWS = frozenset(
    (
        *("login", "signin", "signup", "register", "password", "forgot", "reset", "otp", "verify", "checkout", "payment"),
        *("payments", "pay", "order", "orders", "purchase", "booking", "bookings", "reserve", "reservation", "transfer"),
        *("transfers", "withdraw", "redeem", "coupon", "coupons", "voucher", "referral", "invite", "invitation", "invitations"),
        *("vote", "review", "comment", "comments", "message", "messages", "sms", "export", "ticket", "tickets", "refund"),
    )
)
"""Words of paths whose automated use harms a business (API6:2023)."""

ADMIN = frozenset(
    ("admin", "admins", "administration", "administrator", "internal", "management", "manage", "root", "superuser")
)
"""Words of paths that are for administrators."""

DEBUGGING = (
    *(
        "/actuator",
        "/debug",
        "/phpinfo",
        "/.env",
        "/.git",
        "/server-status",
        "/server-info",
        "/console",
        "/h2-console",
        "/trace",
    ),
    *(
        "/heapdump",
        "/threaddump",
        "/swagger",
        "/swagger-ui",
        "/api-docs",
        "/openapi.json",
        "/graphiql",
        "/playground",
        "/metrics",
    ),
    *("/jolokia", "/elmah.axd", "/telescope", "/horizon", "/_profiler", "/__debug__", "/pprof"),
)
"""Beginnings of paths that help developers, and attackers."""


@lru_cache(maxsize=16_384)
def plain(name: str) -> str:
    """The form in which names are compared: "Page-Size" is "pagesize"."""
    return _CUT.sub("", name[:256]).lower()


@lru_cache(maxsize=16_384)
def words(name: str) -> tuple[str, ...]:
    """The words of a name or path: "userId" is ("user", "id")."""
    return tuple(part.lower() for part in _CUT.split(name[:1_024]) if part)


def is_id(name: str) -> bool:
    """Whether a parameter of this name identifies something."""
    found = words(name)
    return bool(found) and found[-1] in ("id", "ids", "no", "nr", "number")


def is_credential(name: str) -> bool:
    """Whether a parameter of this name holds a credential, by its whole or by its last words; not "page token"."""
    found = words(name)
    if plain(name) in CREDENTIALS:
        return True
    if "page" in found or "next" in found or "csrf" in found or "continuation" in found:
        return False
    return any("".join(found[-count:]) in CREDENTIALS - {"pin", "token"} for count in (1, 2) if len(found) > count)


def is_url(name: str) -> bool:
    """Whether a parameter of this name holds an address to call."""
    found = words(name)
    return plain(name) in URLS or (bool(found) and found[-1] in ("url", "uri"))


def is_flow(path: str) -> bool:
    """Whether a path is part of a business flow that is worth automating."""
    return not FLOWS.isdisjoint(part for segment in path.split("/")[1:] if "{" not in segment for part in words(segment))


def is_admin(path: str) -> bool:
    """Whether a path is for administrators, by a whole segment of it."""
    return any(not ADMIN.isdisjoint(words(segment)) for segment in path.split("/") if "{" not in segment)
