"""Who calls in a probe: the identities file (YAML), and authentication files of Web Fuzzing Commons (WFC). Nothing is sent
here.

`${NAME}` in any text is taken from the environment, `${NAME:-text}` with a default. Source of the second format: WFC
authentication 0.2 (github.com/WebFuzzing/Commons, src/main/resources/wfc/schemas/auth.yaml). It must not know how anything
is sent.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from yett.formats.document import Document, step
from yett.model.mistake import Mistake, PolicyErrors

MOST = 100
"""Identities in a file."""
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEYS = frozenset(
    ("role", "roles", "headers", "query", "cookies", "basic", "bearer", "username", "password", "owns", "login", "oauth2")
)
_LOGIN = frozenset(("method", "path", "url", "json", "form", "headers", "extract", "send"))
_OAUTH = frozenset(("token_url", "client_id", "client_secret", "scope", "audience", "style"))


class Take(msgspec.Struct, frozen=True):
    """Something taken out of the answer to a login. where: "body" (`what` is a JSON pointer, or the name of a member anywhere),
    "header" or "cookie"."""

    name: str
    where: str
    what: str


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """How an identity gets a credential. url: a path of the target, or a whole URL. sends: (header | query | cookie, name,
    template), in whose template {token} and other names that were taken stand. cookies: all that the answer sets are sent
    back."""

    method: str = "POST"
    url: str
    content_type: str = ""
    body: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    takes: tuple[Take, ...] = ()
    sends: tuple[tuple[str, str, str], ...] = ()
    cookies: bool = False

    def __repr__(self) -> str:
        return f"Login({self.method} {self.url})"


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """One identity as its owner wrote it. rank: of its role, from 0. headers, query: sent as they are. facts: what names its
    own."""

    name: str
    roles: tuple[str, ...] = ()
    rank: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    username: str = ""
    password: str = ""
    facts: dict[str, str] = {}
    login: Login | None = None

    def __repr__(self) -> str:
        return f"Declared({self.name!r})"


def read_identities(document: Document, environment: Mapping[str, str]) -> tuple[Declared, ...]:
    """All identities of a file, in its order. Raises PolicyErrors with every mistake."""
    reader = _Reader(document, environment)
    tree = document.tree
    if isinstance(tree, dict) and "auth" in tree and "identities" not in tree:
        found = list(reader.wfc(tree))
    elif isinstance(tree, dict) and isinstance(tree.get("identities"), dict | list):
        found = list(reader.own(tree))
    else:
        reader.wrong("", "no identities here", "write `identities:` with a mapping of names, or a WFC file with `auth:`")
        found = []
    names = [one.name for one in found]
    for name in {one for one in names if names.count(one) > 1}:
        reader.wrong("", f"the identity {name!r} stands twice")
    if reader.mistakes:
        raise PolicyErrors(reader.mistakes)
    return tuple(found)


class _Reader:
    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self._document, self._environment = document, environment
        self.mistakes: list[Mistake] = []

    def wrong(self, pointer: str, message: str, hint: str = "") -> None:
        self.mistakes.append(self._document.mistake(pointer, message, hint))

    # Our own format

    def own(self, tree: dict[str, Any]) -> Iterator[Declared]:
        self._only(tree, frozenset(("identities", "roles")), "")
        roles = [str(one) for one in tree["roles"]] if isinstance(tree.get("roles"), list) else []
        listed = tree["identities"]
        pairs = (
            [(str(name), one, f"/identities{step(str(name))}") for name, one in listed.items()]
            if isinstance(listed, dict)
            else [
                (str(one.get("name", "")) if isinstance(one, dict) else "", one, f"/identities/{index}")
                for index, one in enumerate(listed)
            ]
        )
        if len(pairs) > MOST:
            self.wrong("/identities", f"more than {MOST} identities")
        for name, one, pointer in pairs[:MOST]:
            if not name or not isinstance(one, dict):
                self.wrong(pointer, "an identity needs a name and a mapping", "identities: {alice: {headers: {...}}}")
                continue
            declared = self._identity(name, {key: value for key, value in one.items() if key != "name"}, pointer, roles)
            yield declared

    def _identity(self, name: str, said: dict[str, Any], pointer: str, order: list[str]) -> Declared:
        self._only(said, _KEYS, pointer)
        roles = said.get("roles", said.get("role", []))
        roles = [str(one) for one in roles] if isinstance(roles, list) else [str(roles)]
        for role in roles:
            if order and role not in order:
                self.wrong(f"{pointer}/role", f"the role {role!r} is not in `roles`", f"known: {', '.join(order)}")
        headers = self._pairs(said, "headers", pointer)
        cookies = self._pairs(said, "cookies", pointer)
        if cookies:
            headers.append(("Cookie", "; ".join(f"{key}={value}" for key, value in cookies)))
        if "bearer" in said:
            headers.append(("Authorization", f"Bearer {self._text(said['bearer'], pointer + '/bearer')}"))
        user, password = (self._text(said.get(key, ""), f"{pointer}/{key}") for key in ("username", "password"))
        if isinstance(said.get("basic"), dict):
            user = self._text(said["basic"].get("username", user), f"{pointer}/basic/username")
            password = self._text(said["basic"].get("password", password), f"{pointer}/basic/password")
            headers.append(("Authorization", basic(user, password)))
        facts = dict(self._pairs(said, "owns", pointer))
        login = self._login(said, pointer, user, password)
        return Declared(
            name=name,
            roles=tuple(roles),
            rank=max((order.index(role) for role in roles if role in order), default=0),
            headers=tuple(headers),
            query=tuple(self._pairs(said, "query", pointer)),
            username=user,
            password=password,
            facts={"username": user, **facts} if user and "username" not in facts else facts,
            login=login,
        )

    def _login(self, said: dict[str, Any], pointer: str, user: str, password: str) -> Login | None:
        if isinstance(said.get("oauth2"), dict):
            return self._oauth(said["oauth2"], f"{pointer}/oauth2")
        one = said.get("login")
        if one is None:
            return None
        pointer += "/login"
        if not isinstance(one, dict) or not isinstance(one.get("path", one.get("url")), str):
            self.wrong(pointer, "a login needs a path", "login: {path: /login, json: {...}, extract: {token: /token}}")
            return None
        self._only(one, _LOGIN, pointer)
        known = {"username": user, "password": password}
        kind, body = "", ""
        if "json" in one:
            kind, body = "application/json", json.dumps(self._tree(one["json"], f"{pointer}/json", known))
        elif isinstance(one.get("form"), dict):
            kind, body = "application/x-www-form-urlencoded", _form(self._tree(one["form"], f"{pointer}/form", known))
        extract = one.get("extract")
        takes = tuple(self._takes(extract, f"{pointer}/extract")) if isinstance(extract, dict) else ()
        sends = tuple(("header", *pair) for pair in self._pairs(one, "send", pointer))
        if takes and not sends:
            sends = (("header", "Authorization", f"Bearer {{{takes[0].name}}}"),)
        return Login(
            method=str(one.get("method", "POST")).upper(),
            url=self._text(one.get("path", one.get("url")), f"{pointer}/path"),
            content_type=kind,
            body=body,
            fields=tuple(self._pairs(one, "headers", pointer)),
            takes=takes,
            sends=sends,
            cookies=not takes,
        )

    def _takes(self, extract: dict[str, Any], pointer: str) -> Iterator[Take]:
        for name, where in extract.items():
            text = self._text(where, f"{pointer}{step(name)}")
            kind, _, rest = text.partition(" ")
            if kind in ("header", "cookie") and rest:
                yield Take(name, kind, rest.strip())
            elif text:
                yield Take(name, "body", text)
            else:
                self.wrong(f"{pointer}{step(name)}", "nothing is named", "a JSON pointer, `header NAME` or `cookie NAME`")

    def _oauth(self, said: dict[str, Any], pointer: str) -> Login | None:
        """OAuth 2.0 client credentials (RFC 6749, 4.4); the client authenticates in the body, or by Basic with `style:
        basic`."""
        self._only(said, _OAUTH, pointer)
        url, client, secret = (
            self._text(said.get(key, ""), f"{pointer}/{key}") for key in ("token_url", "client_id", "client_secret")
        )
        if not url or not client:
            self.wrong(pointer, "client credentials need token_url and client_id")
            return None
        form = {"grant_type": "client_credentials"}
        form |= {key: self._text(said[key], f"{pointer}/{key}") for key in ("scope", "audience") if key in said}
        fields: tuple[tuple[str, str], ...] = ()
        if said.get("style") == "basic":
            fields = (("Authorization", basic(client, secret)),)
        else:
            form |= {"client_id": client, "client_secret": secret}
        return Login(
            url=url,
            content_type="application/x-www-form-urlencoded",
            body=_form(form),
            fields=fields,
            takes=(Take("token", "body", "/access_token"),),
            sends=(("header", "Authorization", "Bearer {token}"),),
        )

    # Web Fuzzing Commons

    def wfc(self, tree: dict[str, Any]) -> Iterator[Declared]:
        template = tree.get("authTemplate")
        base = template if isinstance(template, dict) else {}
        listed = tree["auth"] if isinstance(tree["auth"], list) else []
        if not listed:
            self.wrong("/auth", "`auth` is no list of users")
        for index, one in enumerate(listed[:MOST]):
            pointer = f"/auth/{index}"
            if not isinstance(one, dict) or not one.get("name"):
                self.wrong(pointer, "a user needs a name")
                continue
            yield self._wfc_user(_over(base, one), pointer)

    def _wfc_user(self, said: dict[str, Any], pointer: str) -> Declared:
        fixed = said.get("fixedHeaders")
        headers = [
            (str(one["name"]), self._text(one.get("value", ""), f"{pointer}/fixedHeaders/{index}"))
            for index, one in enumerate(fixed if isinstance(fixed, list) else ())
            if isinstance(one, dict) and one.get("name")
        ]
        login, pair = None, ("", "")
        endpoint = said.get("loginEndpointAuth")
        if isinstance(endpoint, dict):
            login, pair = self._wfc_login(endpoint, f"{pointer}/loginEndpointAuth")
        facts = {"username": pair[0]} if pair[0] else {}
        return Declared(
            name=str(said["name"]), headers=tuple(headers), username=pair[0], password=pair[1], facts=facts, login=login
        )

    def _wfc_login(self, said: dict[str, Any], pointer: str) -> tuple[Login | None, tuple[str, str]]:
        url = said.get("endpoint") or said.get("externalEndpointURL")
        if not isinstance(url, str):
            self.wrong(pointer, "a login needs endpoint or externalEndpointURL")
            return None, ("", "")
        kind, pair = str(said.get("contentType", "application/json")), ("", "")
        body = self._text(said.get("payloadRaw", ""), f"{pointer}/payloadRaw")
        given = said.get("payloadUserPwd")
        if isinstance(given, dict):
            user, password = (
                self._text(given.get(key, ""), f"{pointer}/payloadUserPwd/{key}") for key in ("username", "password")
            )
            pair = (user, password)
            names = (str(given.get("usernameField", "username")), str(given.get("passwordField", "password")))
            tree = dict(zip(names, pair, strict=True))
            body = _form(tree) if "form" in kind else json.dumps(tree)
        headers = said.get("headers")
        fields = tuple((str(one.get("name")), str(one.get("value"))) for one in (headers or ()) if isinstance(one, dict))
        takes, sends = self._wfc_token(said.get("token"), f"{pointer}/token")
        login = Login(
            method=str(said.get("verb", "POST")).upper(),
            url=url,
            content_type=kind,
            body=body,
            fields=fields,
            takes=takes,
            sends=sends,
            cookies=said.get("expectCookies") is True or not takes,
        )
        return login, pair

    def _wfc_token(self, said: Any, pointer: str) -> tuple[tuple[Take, ...], tuple[tuple[str, str, str], ...]]:
        if not isinstance(said, dict):
            return (), ()
        selector = said.get("extractSelector", said.get("extractFromField"))
        if not isinstance(selector, str):
            self.wrong(pointer, "a token needs extractSelector")
            return (), ()
        where = {"body": "body", "header": "header"}.get(str(said.get("extractFrom", "body")), "body")
        template = said.get("sendTemplate")
        if not isinstance(template, str):
            template = f"{said.get('headerPrefix', '')}{{token}}"
        sends = (
            str(said.get("sendIn", "header")),
            str(said.get("sendName", said.get("httpHeaderName", "Authorization"))),
            template,
        )
        return (Take("token", where, selector),), (sends,)

    # Parts

    def _only(self, said: dict[str, Any], known: frozenset[str], pointer: str) -> None:
        for key in said:
            if key not in known:
                self.wrong(f"{pointer}{step(str(key))}#", f"{key!r} is not known here", f"known: {', '.join(sorted(known))}")

    def _pairs(self, said: dict[str, Any], key: str, pointer: str) -> list[tuple[str, str]]:
        part = said.get(key)
        if part is None:
            return []
        if not isinstance(part, dict):
            self.wrong(f"{pointer}/{key}", f"{key} is no mapping of names to texts")
            return []
        found = [(str(name), self._text(value, f"{pointer}/{key}{step(str(name))}")) for name, value in part.items()]
        for name, value in found:
            if any(one in "\r\n\0" for one in name + value):
                self.wrong(f"{pointer}/{key}{step(name)}", "a line end cannot be sent")
        return found

    def _tree(self, value: Any, pointer: str, known: Mapping[str, str]) -> Any:
        if isinstance(value, dict):
            return {str(name): self._tree(part, f"{pointer}{step(str(name))}", known) for name, part in value.items()}
        if isinstance(value, list):
            return [self._tree(part, f"{pointer}/{index}", known) for index, part in enumerate(value)]
        if isinstance(value, str):
            text = self._text(value, pointer)
            for name, part in known.items():
                text = text.replace("{" + name + "}", part)
            return text
        return value

    def _text(self, value: Any, pointer: str) -> str:
        """A text with its variables replaced; numbers and booleans as JSON would write them."""
        if not isinstance(value, str):
            if isinstance(value, dict | list) or value is None:
                self.wrong(pointer, "a text is wanted here")
                return ""
            return json.dumps(value)
        out, rest = "", value
        while "${" in rest:
            before, _, rest = rest.partition("${")
            name, end, rest = rest.partition("}")
            name, dash, otherwise = name.partition(":-")
            if not end or (name not in self._environment and not dash):
                self.wrong(pointer, f"the environment has no {name}", f"export {name}=…")
                return ""
            out += before + self._environment.get(name, otherwise)
        return out + rest


def basic(username: str, password: str) -> str:
    """The value of an Authorization field (RFC 7617, 2)."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def _form(tree: Mapping[str, Any]) -> str:
    """application/x-www-form-urlencoded (WHATWG URL, 5.2)."""
    return "&".join(f"{_quoted(str(name))}={_quoted(str(value))}" for name, value in tree.items())


def _quoted(text: str) -> str:
    return "".join(chr(octet) if octet in _UNRESERVED else f"%{octet:02X}" for octet in text.encode())


def _over(base: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    """A user over the template of all users, member by member."""
    made = dict(base)
    for key, value in one.items():
        known = made.get(key)
        made[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return made
