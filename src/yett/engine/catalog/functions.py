"""What an operation is for in the business: login, payment, export … told by its name, by its shape, and by its place.

A word says it ("/login"), or the shape does: a request with a password, an answer with an access token. Each function that is told
has its reason. It must not know how shapes are learnt.
"""

from collections.abc import Collection, Iterator

import msgspec

from yett.engine.catalog.templates import PARAMETER, segments
from yett.formats.names import words
from yett.model.catalog import Reason

WRITES = frozenset(("POST", "PUT", "PATCH", "DELETE"))


class _Function(msgspec.Struct, frozen=True, kw_only=True):
    """names: phrases of words one after the other, in a segment of the path or the name of the operation. methods: none for all.
    last: the phrase must be in the last segment that is not a parameter. request, response: names of fields of which one must be
    there, each alternative a set of names that must all be there."""

    names: frozenset[str]
    methods: frozenset[str] = frozenset()
    last: bool = False
    request: tuple[frozenset[str], ...] = ()
    response: tuple[frozenset[str], ...] = ()


def _words(text: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in text.split(","))


def _sets(*texts: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(text.split()) for text in texts)


FUNCTIONS: dict[str, _Function] = {
    "login": _Function(
        names=_words("login, log in, signin, sign in, authenticate, sessions, session, auth login, oauth authorize"),
        methods=WRITES,
        last=True,
        request=_sets("username password", "email password", "user password", "login password", "phone password"),
    ),
    "logout": _Function(names=_words("logout, log out, signout, sign out, revoke"), last=True),
    "signup": _Function(
        names=_words("signup, sign up, register, registration, registrations, enroll, onboarding"), methods=WRITES, last=True
    ),
    "token": _Function(
        names=_words("token, tokens, oauth token, refresh token, jwt"),
        methods=frozenset(("POST",)),
        last=True,
        request=_sets("grant_type", "refresh_token"),
        response=_sets("access_token", "accesstoken", "id_token", "refresh_token"),
    ),
    "password": _Function(
        names=_words(
            "password, passwords, reset password, forgot password, password reset, change password, recover, recovery"
        ),
        methods=WRITES,
        request=_sets("new_password", "newpassword", "old_password password", "password_confirmation"),
    ),
    "mfa": _Function(
        names=_words("mfa, 2fa, totp, otp, two factor, verify otp, passkey, webauthn"),
        request=_sets("otp", "totp", "mfa_code", "one_time_code"),
    ),
    "payment": _Function(
        names=_words(
            "payment, payments, pay, charge, charges, checkout, refund, refunds, payout, payouts, transfer, transfers,"
            " invoice, invoices, billing, subscription, subscriptions, wallet, withdraw, deposit"
        ),
        request=_sets("card_number", "cardnumber cvv", "iban amount", "amount currency"),
    ),
    "order": _Function(names=_words("order, orders, cart, carts, basket, booking, bookings, reservation, reservations")),
    "voucher": _Function(names=_words("coupon, coupons, voucher, vouchers, promo, promotion, discount, gift card, redeem")),
    "export": _Function(
        names=_words("export, exports, download, downloads, dump, report, reports, backup, backups, csv, archive"), last=True
    ),
    "upload": _Function(
        names=_words("upload, uploads, import, imports, attachment, attachments, file, files, avatar, media"),
        methods=frozenset(("POST", "PUT", "PATCH")),
    ),
    "admin": _Function(
        names=_words("admin, admins, administration, internal, manage, management, sudo, superuser, backoffice, console, root")
    ),
    "users": _Function(
        names=_words("user, users, account, accounts, profile, profiles, me, customer, customers, member, members")
    ),
    "permissions": _Function(
        names=_words("role, roles, permission, permissions, grant, grants, acl, policy, policies, scope, scopes, impersonate")
    ),
    "credentials": _Function(
        names=_words(
            "api key, api keys, apikey, apikeys, keys, secret, secrets, credential, credentials, certificate, certificates"
        )
    ),
    "search": _Function(names=_words("search, query, find, lookup, autocomplete, suggest, suggestions"), last=True),
    "messaging": _Function(
        names=_words(
            "message, messages, sms, email, emails, mail, notify, notification, notifications, invite, invitation, invitations"
        ),
        methods=WRITES,
    ),
    "webhook": _Function(names=_words("webhook, webhooks, hook, hooks, callback, callbacks")),
    "configuration": _Function(
        names=_words("config, configuration, setting, settings, feature flags, flags, env, preferences"),
    ),
    "operations": _Function(
        names=_words(
            "health, healthz, ready, readyz, live, livez, ping, metrics, status, actuator, debug, pprof, version, heartbeat"
        )
    ),
    "documentation": _Function(
        names=_words("swagger, openapi, api docs, docs, redoc, graphiql, playground, swagger ui, wsdl"),
        methods=frozenset(("GET",)),
    ),
}
"""Every function that is told, by the words and field names of usual APIs."""

LONGEST_PHRASE = 3


def functions(
    method: str, template: str, named: str = "", request: Collection[str] = (), response: Collection[str] = ()
) -> dict[str, Reason]:
    """The functions of one operation, by name, with why. request, response: names of fields of the bodies, as written."""
    asked, answered = _fields(request), _fields(response)
    literal = [phrase for phrase in (_phrases(segment) for segment in (*segments(template), named)) if phrase]
    found: dict[str, Reason] = {}
    for name, function in FUNCTIONS.items():
        if function.methods and method not in function.methods:
            continue
        text = next(_told(function, literal, asked, answered), "")
        if text:
            found[name] = Reason(about=f"function:{name}", text=text)
    return found


def _told(function: _Function, literal: list[frozenset[str]], asked: frozenset[str], answered: frozenset[str]) -> Iterator[str]:
    for phrases in literal[-1:] if function.last else reversed(literal):
        for phrase in sorted(phrases & function.names):
            yield f"the path or name says {phrase!r}"
    for what, fields, wanted in (("request", asked, function.request), ("answer", answered, function.response)):
        for names in wanted:
            if names <= fields:
                yield f"the {what} has {' and '.join(repr(name) for name in sorted(names))}"


def _phrases(segment: str) -> frozenset[str]:
    """Up to three words that follow each other in a segment, parameters left out; "user" and "users" of `users`."""
    found = words(PARAMETER.sub(" ", segment))
    if found and len(found) >= 2 and found[0].isdigit():  # "2fa"
        found = (found[0] + found[1], *found[2:])
    return frozenset(
        " ".join(found[start : start + length])
        for length in range(1, LONGEST_PHRASE + 1)
        for start in range(len(found) - length + 1)
    )


def _fields(names: Collection[str]) -> frozenset[str]:
    """Names in lower case, and in the other common way of writing: "newPassword" is "new_password" and "newpassword"."""
    found: set[str] = set()
    for name in names:
        parts = words(name)
        found.update((name.lower(), "_".join(parts), "".join(parts)))
    return frozenset(found)
