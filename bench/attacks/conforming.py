"""Yett's engine for rules as the Core Rule Set's tests are run against it: behind a tolerant server, or its own front."""

from pathlib import Path

from attacks import reception
from attacks.engines import SETTINGS, Seen, behind_server
from yett.engine.recorded import RecordedView
from yett.formats.http1 import Refused, parse_request
from yett.formats.seclang import read_seclang
from yett.model.exchange import Exchange, Request, Response
from yett.model.policy import Bounds
from yett.rules.seclang import run
from yett.rules.seclang.compile import compile_rules
from yett.rules.seclang.transaction import Transaction
from yett.store.rule_directory import read_rule_directory


class YettEngine:
    """Yett's engine for rules behind the same tolerant server, so that every test's request reaches the rules.

    settings: SecLang that is read after crs-setup.conf; setup: that file, where it is not in the directory.
    """

    def __init__(self, directory: Path, settings: str = SETTINGS, setup: Path | None = None) -> None:
        read = read_rule_directory(directory, setup)
        prepared, *rest = read.order
        order = (prepared, "settings.conf", *rest) if "setup" in prepared else ("settings.conf", *read.order)
        self.program = compile_rules(read_seclang({**read.files, "settings.conf": settings.encode()}, order))

    def see(self, wire: bytes) -> Seen:
        return behind_server(self.judge, wire)

    def judge(self, request: Request, response: Response | None = None) -> Seen:
        """response: what the backend of the tests answers, unless given."""
        transaction = self.transaction(request, response or reception.answer(request))
        status = transaction.refusal.status if transaction.refusal is not None else transaction.status
        lines = tuple(
            f'[id "{hit.rule.id}"] [msg "{_printable(hit.message)}"] [data "{_printable(hit.data)}"]'
            for hit in transaction.hits
        )
        return Seen(status, frozenset(hit.rule.id for hit in transaction.hits), lines)

    def transaction(self, request: Request, response: Response | None = None) -> Transaction:
        """All phases, as far as a refusal lets them come."""
        line = b"%b %b HTTP/%b" % (request.method.encode(), request.target, request.version.encode())
        transaction = Transaction.of_request(line, request.fields, request.body)
        run.begin(self.program, transaction)
        run.request(self.program, transaction)
        if response is not None and transaction.refusal is None:
            transaction.answer(response.status, response.fields)
            transaction.response_body = response.body if _is_text(response) else b""
            run.response(self.program, transaction)
        run.finish(self.program, transaction)
        return transaction


def _is_text(response: Response) -> bool:
    """SecResponseBodyMimeType, as the tests' servers have it."""
    kinds = [value.partition(b";")[0].strip().lower() for name, value in response.fields if name.lower() == b"content-type"]
    return any(kind in (b"text/plain", b"text/html", b"text/xml", b"application/json") for kind in kinds)


def _printable(text: bytes) -> str:
    r"""On one line, other octets as \x0a, as logs have it."""
    return "".join(chr(octet) if 32 <= octet < 127 else f"\\x{octet:02x}" for octet in text)


class GatewayEngine(YettEngine):
    """The same behind Yett's own front, which refuses requests without one clear reading before any rule sees them."""

    def see(self, wire: bytes) -> Seen:
        head = wire.partition(b"\r\n\r\n")[0]
        bounds = Bounds()
        try:
            parse_request(head, bounds.fields, bounds.target_length)
            request = reception.receive(wire)
            RecordedView(Exchange(id="1", source="conformance", started=0.0, request=request), bounds)
        except Refused as refused:
            return Seen(refused.status, refused=refused.reason)
        except reception.NoAnswer as error:
            return Seen(0, refused=str(error))
        except reception.Malformed as error:
            return Seen(error.status, refused=str(error))
        return self.judge(request)
