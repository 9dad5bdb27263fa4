"""Runs Schemathesis as a library against the target, and gives what failed in our terms. An extra: `pip install yett[fuzz]`.

Only three of its checks count: server errors, statuses and answers that the description does not know. What it accepts of wrong
inputs is too often right to be reported. Redirects are not followed, the document refers to nothing outside, cookies are not kept.
It must not know what becomes of failures.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from yett.engine.probing.conformance import Failed
from yett.model.probe import Answer, Call, Exchanged

OLDEST = "4.32"
"""The version whose interface is used."""
_EXAMPLES = 30
_BODY = 65_536
_KINDS = {"ServerError": "server-error", "UndefinedStatusCode": "status", "JsonSchemaError": "schema"}


class Unavailable(RuntimeError):
    """Schemathesis is not installed, too old, or does not take the document. The message says what to do."""


class Fuzzing(msgspec.Struct, frozen=True, kw_only=True):
    """origin: "http://host:port". seconds: for all of it. rate: requests a second. headers: of the identity that calls."""

    origin: str
    document: dict[str, Any]
    seconds: float
    rate: float = 50.0
    seed: int = 1
    timeout: float = 10.0
    headers: Mapping[str, str] = {}
    verify: bool = True


def available() -> bool:
    """Whether Schemathesis is installed."""
    return importlib.util.find_spec("schemathesis") is not None


def fuzz(wanted: Fuzzing, stopped: Callable[[], bool] = lambda: False) -> Iterator[Failed]:
    """What fails, as it is found. Blocks: run it in a thread. stopped: asked between operations. Raises Unavailable."""
    stream = _begun(wanted)
    for event in stream:
        recorder = getattr(event, "recorder", None)
        if recorder is not None:
            yield from failures(recorder, wanted.origin, frozenset(wanted.headers))
        if stopped():
            stream.stop()
            return


def _begun(wanted: Fuzzing) -> Any:
    if not available():
        raise Unavailable("Schemathesis is not installed: pip install 'yett[fuzz]'")
    try:
        schemathesis = importlib.import_module("schemathesis")
        configuration = importlib.import_module("schemathesis.config").SchemathesisConfig
        engine = importlib.import_module("schemathesis.engine")
        schema = schemathesis.openapi.from_dict(wanted.document, config=configuration.from_dict(settings(wanted)))
        return engine.from_schema(schema).execute()
    except (ImportError, AttributeError) as error:
        raise Unavailable(f"this Schemathesis is not {OLDEST} or newer: {error}") from error
    except Exception as error:  # whatever it finds wrong with a document of ours ends only the fuzzing
        raise Unavailable(f"Schemathesis does not take the description: {type(error).__name__}: {error}") from error


def settings(wanted: Fuzzing) -> dict[str, Any]:
    """Its configuration, as it would stand in its file."""
    return {
        "base-url": wanted.origin,
        "max-time": max(1, int(wanted.seconds)),
        "seed": wanted.seed,
        "rate-limit": f"{max(1, int(wanted.rate))}/s",
        "request-timeout": wanted.timeout,
        "max-redirects": 0,
        "tls-verify": wanted.verify,
        "continue-on-failure": True,
        "headers": dict(wanted.headers),
        "generation": {"max-examples": _EXAMPLES, "deterministic": True, "mode": "positive"},
        "phases": {"stateful": {"enabled": False}},
        "cache": {"enabled": False},
    }


def failures(recorder: Any, origin: str, secret: frozenset[str]) -> Iterator[Failed]:
    """What failed in one scenario. secret: header fields that are the identity's, and left out of what is shown."""
    for case, checks in list(recorder.checks.items()):
        for check in checks:
            failure = check.failure_info.failure if check.failure_info is not None else None
            kind = _KINDS.get(type(failure).__name__, "")
            sent = recorder.interactions.get(case)
            if kind and sent is not None and sent.response is not None and not _told_already(kind, sent.response):
                yield _failed(failure, kind, sent, origin, secret)


def _told_already(kind: str, response: Any) -> bool:
    """A server error is told as such, not for the description that does not declare it."""
    return kind == "status" and int(response.status_code) >= 500


def _failed(failure: Any, kind: str, sent: Any, origin: str, secret: frozenset[str]) -> Failed:
    status = int(sent.response.status_code)
    message = str(failure.message).partition("\n")[0]
    cause = {"status": f"status {status}", "server-error": f"status {status}"}.get(kind, f"schema: {message}")
    said = {"status": f"It answers {status}, which the description does not declare.", "server-error": f"It answers {status}."}
    request, response = sent.request, sent.response
    path, _, _ = str(request.uri).removeprefix(origin).partition("#")
    headers = [(str(name), _first(value)) for name, value in request.headers.items()]
    kept = (
        "host",
        "content-length",
        "connection",
        "accept-encoding",
        "user-agent",
        "content-type",
        "accept",
        "x-schemathesis-testcaseid",
    )
    call = Call(
        method=request.method,
        path=path if path.startswith("/") else "/" + path,
        fields=tuple(one for one in headers if one[0].lower() not in kept and one[0] not in secret),
        body=bytes(request.body or b"")[:_BODY],
        content_type=next((value for name, value in headers if name.lower() == "content-type"), ""),
    )
    answer = Answer(
        status=status,
        fields=tuple((str(name).encode(), _first(value).encode()) for name, value in response.headers.items()),
        body=bytes(response.content or b"")[:_BODY],
        truncated=len(response.content or b"") > _BODY,
        seconds=float(getattr(response, "elapsed", 0.0) or 0.0),
    )
    text = said.get(kind, f"The answer is not of the declared form: {message}")
    return Failed(operation=str(failure.operation), kind=kind, cause=cause, message=text, step=Exchanged(call, answer, text))


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list | tuple) and value else value)
