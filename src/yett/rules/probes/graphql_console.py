"""A console for GraphQL (GraphiQL, Playground and their like) is open to everybody, or opens itself to who changes a cookie.

Consoles complete names, show documentation and keep a history of queries: comfortable for developers and for whoever else
comes by. Some servers hide them behind a cookie that they set themselves; its value is the visitor's to choose. Found by
asking for pages at customary paths as a browser would, and by turning such a switch around.

Fix: no console in production; where one is needed, behind real authentication.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.formats.names import words
from yett.model.probe import ANONYMOUS, Answer, Call, Exchanged, Flaw, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.graphql import Endpoint, ask, asked, complaints
from yett.rules.probing.graphql_asking import REFERENCES, claim, endpoints
from yett.rules.probing.readers import get
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-console",
    title="A GraphQL console is open",
    severity=Severity.LOW,
    flaws=(Flaw.EXPOSED_DOCUMENTATION, Flaw.BROKEN_AUTHENTICATION),
    scope="target",
    requests=20,
    weight=3,
    owasp=("API8:2023",),
    cwe=(200, 565),
    references=REFERENCES,
)

_PATHS = ("/graphiql", "/playground", "/altair", "/graphql/console", "/voyager", "/explorer", "/graphql-playground", "/")
_MARKS = (
    *(b"graphiql.min.js", b"graphiql.js", b"graphiql.css", b"<title>graphiql", b"rendergraphiql", b"graphiql."),
    *(b"graphql-playground", b"graphql playground", b"embeddable-sandbox", b"apollo-server-landing-page", b"altair-graphql"),
    *(b"graphql-voyager", b'id="graphiql"', b"graphqlplayground", b"embeddedsandbox"),
)
"""What the pages of consoles hold, in lower case."""
_TURNED = {
    "disable": "enable", "disabled": "enabled", "off": "on", "false": "true", "no": "yes", "0": "1", "deny": "allow",
    "denied": "allowed", "user": "admin", "guest": "admin", "production": "development", "prod": "dev",
}  # fmt: skip
_BROWSER = (("Accept", "text/html"),)


def probe(target: Target) -> Probing:
    for endpoint in endpoints(target):
        for path in dict.fromkeys((endpoint.path, *endpoint.others, *_PATHS)):
            call = Call(method="GET", path=path, fields=_BROWSER)
            answer: Answer = yield Send(call)
            if answer.status == 200 and "html" in answer.field("content-type") and _is_console(answer):
                odd = yield from get(f"/{target.token(12)}", ANONYMOUS, "a path that nothing has", *_BROWSER)
                if _is_console(odd.answer):
                    continue  # that page is answered to everything
                yield claim(
                    endpoint,
                    Flaw.EXPOSED_DOCUMENTATION,
                    f"{path} shows a console for GraphQL to everybody.",
                    [Exchanged(call, answer, "the page of a console")],
                    [odd],
                    template=path,
                )
        for path in endpoint.others:
            yield from _switch(endpoint, path)


def _is_console(answer: Answer) -> bool:
    body = answer.body[:200_000].lower()
    return any(one in body for one in _MARKS)


def _switch(endpoint: Endpoint, path: str) -> Generator[Step, Any, None]:
    """An endpoint that refuses, and answers when a cookie says the opposite of what the server set."""
    plain = ask(path, "{ __typename }")
    refused: Answer = yield Send(plain)
    if isinstance(asked(refused).get("__typename"), str):
        return
    cookies: dict[str, str] = {}
    for page in ("/", path):
        answer: Answer = yield Send(Call(method="GET", path=page, fields=_BROWSER))
        for name, value in answer.fields:
            if name.lower() == b"set-cookie":
                key, _, text = value.decode("latin-1").partition(";")[0].partition("=")
                cookies[key.strip()] = text.strip()
    for key, text in list(cookies.items())[:5]:
        turned = _turn(text)
        if turned == text:
            continue
        control = msgspec.structs.replace(plain, fields=(("Cookie", f"{key}={text}"),))
        still: Answer = yield Send(control)
        call = msgspec.structs.replace(plain, fields=(("Cookie", f"{key}={turned}"),))
        opened: Answer = yield Send(call)
        if isinstance(asked(opened).get("__typename"), str) and not isinstance(asked(still).get("__typename"), str):
            said = next(iter(complaints(still)), "")
            yield claim(
                endpoint,
                Flaw.BROKEN_AUTHENTICATION,
                f'{path} refuses ("{said[:100]}") until the cookie {key} says "{turned}" instead of "{text}".',
                [Exchanged(call, opened, "with the cookie turned around")],
                [Exchanged(control, still, "with the cookie as the server sets it")],
                "the value of a cookie is the visitor's to choose",
                template=path,
                place=f"cookie {key}",
                severity=Severity.MEDIUM,
            )
            return


def _turn(text: str) -> str:
    """A value whose last word means no, meaning yes; the same where it has no such word."""
    said = words(text)
    found = next((word for word in reversed(said) if word in _TURNED), "")
    at = text.lower().rfind(found) if found else -1
    return text if at < 0 else text[:at] + _TURNED[found] + text[at + len(found) :]
