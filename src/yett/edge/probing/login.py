"""Gives identities their credentials: static ones, logins with extraction, client credentials; and again when they died.

A login goes where its owner wrote it: to the target, or to the one URL that is named. It must not know probes.
"""

from typing import Any

import msgspec

from yett.edge.probing.origin import client_context, origin_of
from yett.edge.probing.transport import Transport
from yett.formats.identities import Declared, Login
from yett.model.probe import Answer, Call
from yett.rules.probing.compare import values
from yett.rules.probing.identity import Headers, Identity
from yett.rules.probing.learning import own_values
from yett.rules.probing.success import failure


class LoginFailed(Exception):
    """An identity has no credential: why, without any secret."""


class Logins:
    """All identities of a run. verify: whether certificates of other login servers are verified."""

    def __init__(self, declared: tuple[Declared, ...], transport: Transport, verify: bool = True) -> None:
        self._declared = {one.name: one for one in declared}
        self._transport, self._verify = transport, verify

    def identities(self) -> list[Identity]:
        """All of them, with what is static of their credentials."""
        return [
            Identity(
                name=one.name,
                roles=one.roles,
                rank=one.rank,
                credential=one.headers,
                query=one.query,
                username=one.username,
                password=one.password,
                facts=dict(one.facts),
            )
            for one in self._declared.values()
        ]

    async def renew(self, name: str) -> Headers | None:
        """A new credential for that identity; None where there is no way to one. Raises LoginFailed."""
        one = self._declared.get(name)
        if one is None or one.login is None:
            return None
        headers, _, _ = await self._logged_in(one, one.login)
        return headers

    async def begin(self, identity: Identity) -> None:
        """Log an identity in for the first time, and learn what the answer tells to be its own. Raises LoginFailed."""
        one = self._declared[identity.name]
        if one.login is not None:
            identity.credential, query, answer = await self._logged_in(one, one.login)
            identity.learnt.update(own_values(answer))
            identity.query = (*one.query, *query)

    async def _logged_in(self, one: Declared, login: Login) -> tuple[Headers, Headers, Answer]:
        answer = await self._sent(one, login)
        wrong = failure(answer)
        if wrong and not (login.cookies and answer.status in (302, 303) and answer.field("set-cookie")):
            raise LoginFailed(f"{one.name}: {login.method} {login.url} did not log in: {wrong}{_said(answer)}")
        taken: dict[str, str] = {}
        for take in login.takes:
            found = extracted(answer, take.where, take.what)
            if not found:
                place = {"body": "the answer's body", "header": "its fields", "cookie": "its cookies"}[take.where]
                raise LoginFailed(
                    f"{one.name}: {login.method} {login.url} answered {answer.status}, but {take.what!r} is not in {place}"
                )
            taken[take.name] = found
        headers, query = list(one.headers), []
        for kind, name, template in login.sends:
            value = template
            for key, part in taken.items():
                value = value.replace("{" + key + "}", part)
            if kind == "query":
                query.append((name, value))
            else:
                headers.append(("Cookie", f"{name}={value}") if kind == "cookie" else (name, value))
        if login.cookies:
            cookies = _cookies(answer)
            if cookies:
                headers.append(("Cookie", "; ".join(cookies)))
            elif not login.takes:
                raise LoginFailed(f"{one.name}: {login.method} {login.url} answered {answer.status} and set no cookie")
        return tuple(headers), tuple(query), answer

    async def _sent(self, one: Declared, login: Login) -> Answer:
        call = Call(
            method=login.method,
            path=login.url if login.url.startswith("/") else "/",
            fields=login.fields,
            body=login.body.encode(),
            content_type=login.content_type,
            credential=one.headers if not login.sends else (),
        )
        if login.url.startswith("/"):
            return await self._transport.send(call)
        try:
            origin = origin_of(login.url)
        except ValueError as error:
            raise LoginFailed(f"{one.name}: {error}") from None
        other = Transport(origin, tls=client_context(self._verify) if origin.secure else None)
        try:
            path = "/" + login.url.partition("://")[2].partition("/")[2]
            return await other.send(msgspec.structs.replace(call, path=path))
        finally:
            other.close()


def extracted(answer: Answer, where: str, what: str) -> str:
    """A text out of an answer: by a JSON pointer (RFC 6901), by the name of a member anywhere, by header or cookie name."""
    if where == "header":
        return answer.field(what.lower())
    if where == "cookie":
        return next((one.partition("=")[2] for one in _cookies(answer) if one.partition("=")[0] == what), "")
    tree = answer.json()
    if not what.startswith("/"):
        found = values(tree).get(what, []) if tree is not None else []
        return str(found[0]) if found else ""
    return _text(_pointed(tree, what))


def _pointed(tree: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(tree, dict):
            tree = tree.get(key)
        elif isinstance(tree, list) and key.isdecimal() and int(key) < len(tree):
            tree = tree[int(key)]
        else:
            return None
    return tree


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _cookies(answer: Answer) -> list[str]:
    lines = [
        value.decode("latin-1").partition(";")[0].strip() for name, value in answer.fields if name.lower() == b"set-cookie"
    ]
    return [line for line in lines if "=" in line and not line.endswith("=")]


def _said(answer: Answer) -> str:
    """The message in an answer, short, so that its owner sees what is wrong."""
    found = values(answer.json()) if answer.body else {}
    text = next(
        (str(found[name][0]) for name in ("message", "detail", "error", "error_description", "msg") if name in found), ""
    )
    return f" ({text[:100]!r})" if text else ""
