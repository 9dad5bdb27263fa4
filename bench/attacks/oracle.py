"""libmodsecurity 3 with a directory of rules, as the measure of verdicts: which rules match, and whether it would deny.

It is the library of the PyPI wheel `libmodsecurity` (Apache-2.0), the one that nginx's module uses. Only tests and benches know
it. The settings around the rules are those of ModSecurity's recommended configuration, written here so that they are the same
wherever this runs.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
from libmodsecurity import ModSecurity, RulesSet, Transaction

from yett.model.exchange import Request, Response

# After https://github.com/owasp-modsecurity/ModSecurity/blob/v3/master/modsecurity.conf-recommended: body processors by media
# type, errors of the body's reading refused, responses of these types read.
_BASE = r"""
SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 1310720
SecRequestBodyLimitAction ProcessPartial
SecRequestBodyJsonDepthLimit 512
SecArgumentsLimit 1000
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml application/json
SecResponseBodyLimit 1048576
SecResponseBodyLimitAction ProcessPartial
SecAuditEngine Off
SecArgumentSeparator &
SecCookieFormat 0
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\+|/)|text/)xml" \
    "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/json" \
    "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "^application/[a-z0-9.-]+[+]json" \
    "id:200006,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
"""
STRICT = r"""
SecRule REQBODY_ERROR "!@eq 0" \
    "id:200002,phase:2,t:none,log,deny,status:400,msg:'Failed to parse request body.',logdata:'%{reqbody_error_msg}',severity:2"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" \
    "id:200003,phase:2,t:none,log,deny,status:400,msg:'Multipart request body failed strict validation.'"
"""
"""What the recommended configuration has beside the processors: bodies that cannot be read are refused."""
_ID = re.compile(r'\[id "(\d+)"\]')
_UNICODE = tuple(Path(one) for one in ("/etc/modsecurity/unicode.mapping", "/etc/nginx/unicode.mapping"))

_PARANOIA = (
    'SecAction "id:900000,phase:1,pass,t:none,nolog,setvar:tx.blocking_paranoia_level={level},'
    'setvar:tx.detection_paranoia_level={level},setvar:tx.paranoia_level={level}"\n'
    'SecAction "id:900110,phase:1,pass,t:none,nolog,setvar:tx.inbound_anomaly_score_threshold={inbound},'
    'setvar:tx.outbound_anomaly_score_threshold={outbound}"\n'
    'SecAction "id:900200,phase:1,nolog,pass,t:none,'
    "setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT PATCH DELETE'\"\n"
)


class Judgement(msgspec.Struct, frozen=True):
    """rules: ids that matched and log, without repetition, in order. lines: the log. denied: whether an answer other than the
    upstream's was asked for, and with which status. phase: of the denial (1 to 4), 0 for none."""

    rules: tuple[int, ...]
    denied: bool
    status: int = 0
    phase: int = 0
    lines: tuple[str, ...] = ()


class Oracle:
    """Rules loaded once; `judge` as often as wanted. Not for threads."""

    def __init__(self, rules: Sequence[Path], setup: Path | None = None, more: str = "") -> None:
        """Loads `setup` (crs-setup.conf), the text `more`, then the files in that order. Raises ValueError, with its words."""
        self._engine, self._rules = ModSecurity(), RulesSet()
        self._lines: list[str] = []
        self._engine.set_log_callback(self._lines.append)
        unicode_map = next((one for one in _UNICODE if one.exists()), None)
        self._load(_BASE + STRICT + (f"SecUnicodeMapFile {unicode_map} 20127\n" if unicode_map else ""))
        if setup is not None:
            self._load_file(setup)
        self._load(more)
        for path in rules:
            self._load_file(path)

    def _load(self, text: str) -> None:
        if text and self._rules.load(text) < 0:
            raise ValueError(self._rules.get_parser_error())

    def _load_file(self, path: Path) -> None:
        if self._rules.load_from_uri(str(path)) < 0:
            raise ValueError(f"{path}: {self._rules.get_parser_error()}")

    def judge(self, request: Request, response: Response | None = None) -> Judgement:
        """Run all phases, as far as an intervention lets them come."""
        self._lines.clear()
        transaction = Transaction(self._engine, self._rules)
        status, phase = self._run(transaction, request, response)
        transaction.process_logging()
        rules = dict.fromkeys(message.rule_id for message in transaction.get_rule_messages())
        return Judgement(tuple(rules), phase > 0, status, phase, tuple(self._lines))

    def _run(self, transaction: Transaction, request: Request, response: Response | None) -> tuple[int, int]:
        transaction.process_connection("127.0.0.1", 40000, "127.0.0.1", 80)
        transaction.process_uri(request.target, request.method, request.version)
        for name, value in request.fields:
            transaction.add_request_header(name, value)
        transaction.process_request_headers()
        if status := _intervention(transaction):
            return status, 1
        if request.body:
            transaction.append_request_body(request.body)
        transaction.process_request_body()
        if status := _intervention(transaction):
            return status, 2
        if response is None:
            return 0, 0
        for name, value in response.fields:
            transaction.add_response_header(name, value)
        transaction.process_response_headers(response.status, "HTTP/1.1")
        if status := _intervention(transaction):
            return status, 3
        if response.body:
            transaction.append_response_body(response.body)
        transaction.process_response_body()
        return (status, 4) if (status := _intervention(transaction)) else (0, 0)


def _intervention(transaction: Transaction) -> int:
    found = transaction.intervention()
    return (found.status or 403) if found is not None and found.disruptive else 0


def rule_files(directory: Path) -> list[Path]:
    """The rule files of a CRS directory, or of its `rules`, in the order in which they are to be loaded; without those on the
    reputation of addresses (CRS 3), for which the library would need databases."""
    inner = directory / "rules"
    found = sorted((inner if inner.is_dir() else directory).glob("*.conf"))
    return [path for path in found if not path.name.startswith("REQUEST-910")]


def crs(directory: Path, setup: Path | None = None, paranoia: int = 1, threshold: int = 5, outbound: int = 4) -> Oracle:
    """The Core Rule Set in `directory`, denying at these thresholds. `setup` is its crs-setup.conf, found by itself where it
    lies in `directory`. Raises ValueError."""
    return Oracle(rule_files(directory), setup or setup_file(directory), settings(paranoia, threshold, outbound))


def settings(paranoia: int = 1, threshold: int = 5, outbound: int = 4) -> str:
    """SecLang that sets level and thresholds, and allows the methods of APIs; for CRS 3.3 and 4."""
    return _PARANOIA.format(level=paranoia, inbound=threshold, outbound=outbound)


def setup_file(directory: Path) -> Path | None:
    names = ("crs-setup.conf", "crs-setup.conf.example", "../crs-setup.conf.example")
    return next((directory / name for name in names if (directory / name).exists()), None)


def logged(lines: Sequence[str]) -> frozenset[int]:
    """Ids of the rules in lines of the log."""
    return frozenset(int(found) for line in lines for found in _ID.findall(line))
