"""What a probe does and says: steps that it yields, answers that it receives, claims that it makes. Values only.

A probe is one file in `yett.rules.probes` (third parties: entry point group "yett.probes"): docstring (its manual page), RULE, and

    def probe(target: Target, operation: Operation) -> Probing: ...      # RULE.scope is "operation": once for each operation
    def probe(target: Target) -> Probing: ...                            # RULE.scope is "target": once

a generator that yields steps and receives what happened (see `Step`), without any I/O, clock or randomness of its own. Who sends,
counts, waits and stops is none of its business. It must not know how anything is sent.
"""

from collections.abc import Generator
from enum import StrEnum
from typing import Any, Literal

import msgspec

from yett.model.exchange import Fields
from yett.model.rule import Confidence, Severity

ANONYMOUS = ""
"""The identity that sends no credential."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, without an origin: a probe cannot name another one than the target's.

    path: as sent, percent-encoded, with "/" at the beginning. query: decoded pairs; they are encoded when sent. fields: further
    header fields. body: as sent; `content_type` names its type, "" for none. identity: whose credentials are added, ANONYMOUS for
    none. credential: replaces the credential of the identity where a probe tries one of its own: (header name, value) pairs.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str = ""
    identity: str = ANONYMOUS
    credential: tuple[tuple[str, str], ...] | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. status: 0 where nothing did; `failure` then says why. fields: as received. body: decoded, and cut off at the
    transport's limit (`truncated`). seconds: from the last octet sent to the end of the head."""

    status: int = 0
    fields: Fields = ()
    body: bytes = b""
    truncated: bool = False
    seconds: float = 0.0
    failure: str = ""

    def field(self, name: str) -> str:
        """The first field of that name, in lower case; "" where there is none."""
        wanted = name.encode("latin-1")
        return next((value.decode("latin-1") for key, value in self.fields if key.lower() == wanted), "")

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None


class Send(msgspec.Struct, frozen=True):
    """One call; an `Answer` comes back."""

    call: Call


class Burst(msgspec.Struct, frozen=True):
    """Several calls, `at_once` or one after the other as fast as the target answers; a tuple of `Answer` comes back, in order."""

    calls: tuple[Call, ...]
    at_once: bool = False


class Raw(msgspec.Struct, frozen=True):
    """Octets as they are, on a connection of their own; `{host}` in them becomes the target's. A tuple of all answers comes."""

    octets: bytes
    seconds: float = 5.0


class Tls(msgspec.Struct, frozen=True):
    """One handshake with that highest and lowest version ("TLSv1", "TLSv1.2" …); a `Handshake` comes back."""

    version: str


class Handshake(msgspec.Struct, frozen=True, kw_only=True):
    """accepted: whether the target speaks that version. certificate: problems of the certificate, in words; expires: seconds since
    the Unix epoch, 0 where unknown. failure: why there was none at all, "" for a plain refusal."""

    accepted: bool
    cipher: str = ""
    certificate: tuple[str, ...] = ()
    expires: float = 0.0
    failure: str = ""


class Listen(msgspec.Struct, frozen=True):
    """Asks for an address that only the target would call; its URL comes back, "" where there is no listener."""


class Heard(msgspec.Struct, frozen=True):
    """Whether the listener heard of that URL within so many seconds; the requests come back as a tuple of texts, masked."""

    url: str
    seconds: float = 3.0


class Sleep(msgspec.Struct, frozen=True):
    """Nothing for so many seconds; None comes back."""

    seconds: float


class Exchanged(msgspec.Struct, frozen=True):
    """One step of a proof: what was sent and what came back; `note` says what it shows, in a few words. times: how often it was
    sent in a row, of which this is the last answer."""

    call: Call
    answer: Answer
    note: str = ""
    times: int = 1


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """How a program that repeats a proof tells that the hole is there: by the last step, and by what `kind` says of it.

    shown: it has the same status and shows what it showed. apart: it is answered otherwise than the first step of the control.
    slower: it takes half of `amount` seconds longer than that one, each the shortest of `times`. called: the listener, whose
    address in this run `names` holds, is called. many: the longest list in the answer has more than `amount` items. lacking: the
    fields that `names` lists are not all there. unlimited: it is served `times` times, one right after the other, and no answer
    speaks of a limit. together: of `times` sent at the same moment at least `amount` succeed. grown: the number under `names` in
    the last answer differs from the one in the answer before by at least `amount`. octets: `names` holds them as they are sent;
    the status is the same. tls: a handshake with the version in `names` succeeds, or one that verifies fails where there is none.
    expired: the token that it carries has expired for `amount` seconds, and opens all the same. never: no program can repeat it,
    and `names` says why.
    """

    kind: Literal[
        "shown",
        "apart",
        "slower",
        "called",
        "many",
        "lacking",
        "unlimited",
        "together",
        "grown",
        "octets",
        "tls",
        "expired",
        "never",
    ] = "shown"
    amount: float = 0.0
    times: int = 1
    names: tuple[str, ...] = ()


class Forged(msgspec.Struct, frozen=True, kw_only=True):
    """A token (JWT) that a probe made of another one, and how it is made again: reports hold this, never the token.

    text: the token. identity: whose token it was made of; original: that token. header: the whole new header. claims: those that
    differ. how: what stands for a signature: "empty", the original's ("kept"), that with every octet turned over ("turned"), an
    HMAC with `key` ("hmac"), or one of the published RSA key ("rsa"). secret: whether `key` is the target's own, which no report
    holds.
    """

    text: str
    identity: str
    original: str
    header: dict[str, Any]
    claims: dict[str, Any]
    how: Literal["empty", "kept", "turned", "hmac", "rsa"]
    key: bytes = b""
    secret: bool = False

    def __repr__(self) -> str:
        return f"Forged({self.identity!r}, {self.how!r})"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A hole, with its proof. None comes back.

    flaw: of the closed list `Flaw`. place: what is attacked, "query q", "body /role", "path userId", "header X"; "" for the
    operation as a whole. method, template: of the operation, where it is another than the one that the probe was given. identities:
    who took part. text: what is wrong here, in one or two sentences. reasons: why it is as severe as it is. proof: the fewest steps
    that show it; control: what shows that it is no accident (the same by somebody who may, or with a harmless value).
    shows: texts in the body or the fields of the last answer that are gone once it is fixed, such as the name of a member or a
    text that was sent; for repeating the proof. sign: how else a repetition tells. forged: tokens that the steps carry.
    uncontrolled: why there is no control, where `control` is empty; a claim has one of the two.
    cause: what explains it, where that may be one thing for many operations, such as a debug mode; claims of one rule with the same
    flaw and cause become one finding that names all their operations. "" where it stands alone.
    """

    flaw: "Flaw"
    place: str = ""
    method: str = ""
    template: str = ""
    identities: tuple[str, ...] = ()
    text: str
    reasons: tuple[str, ...] = ()
    proof: tuple[Exchanged, ...]
    control: tuple[Exchanged, ...] = ()
    shows: tuple[str, ...] = ()
    sign: Sign = Sign()
    forged: tuple[Forged, ...] = ()
    uncontrolled: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None
    cause: str = ""


class Skipped(msgspec.Struct, frozen=True):
    """Something that was not tried, and why; listed with the results. None comes back."""

    why: str
    place: str = ""


class Made(msgspec.Struct, frozen=True):
    """The probe made or changed something. undo: the calls that take it back, in order; the driver sends them at the end, and
    lists what has no way back. None comes back."""

    what: str
    undo: tuple[Call, ...] = ()


Step = Send | Burst | Raw | Tls | Listen | Heard | Sleep | Claim | Skipped | Made
Result = Answer | tuple[Answer, ...] | Handshake | str | tuple[str, ...] | None
Probing = Generator[Step, Any, None]
"""What a probe is while it runs: it yields a `Step` and receives the `Result` that belongs to it."""


class Flaw(StrEnum):
    """The closed list of what is claimed: the `class` of a finding."""

    BOLA_READ = "bola-read"
    BOLA_WRITE = "bola-write"
    BOLA_DELETE = "bola-delete"
    BFLA = "bfla"
    ANONYMOUS_ACCESS = "anonymous-access"
    MASS_ASSIGNMENT = "mass-assignment"
    EXCESSIVE_DATA = "excessive-data"
    BROKEN_AUTHENTICATION = "broken-authentication"
    JWT_UNVERIFIED = "jwt-unverified"
    JWT_WEAK_KEY = "jwt-weak-secret"
    JWT_CLAIMS_UNCHECKED = "jwt-claims-unchecked"
    USER_ENUMERATION = "user-enumeration"
    UNLIMITED_GUESSING = "unlimited-guessing"
    CREDENTIAL_CHANGE = "weak-password-change"
    CREDENTIALS_IN_URL = "credentials-in-url"
    SESSION_SURVIVES_LOGOUT = "session-survives-logout"
    SQL_INJECTION = "sql-injection"
    NOSQL_INJECTION = "nosql-injection"
    COMMAND_INJECTION = "command-injection"
    TEMPLATE_INJECTION = "template-injection"
    LDAP_INJECTION = "ldap-injection"
    XPATH_INJECTION = "xpath-injection"
    HEADER_INJECTION = "header-injection"
    LOG_INJECTION = "log-injection"
    PATH_TRAVERSAL = "path-traversal"
    XXE = "xxe"
    CROSS_SITE_SCRIPTING = "cross-site-scripting"
    SSRF = "ssrf"
    UNBOUNDED_RESOURCE = "unbounded-resource"
    MISSING_RATE_LIMIT = "missing-rate-limit"
    REGEX_DENIAL_OF_SERVICE = "regex-denial-of-service"
    CORS = "cors"
    VERBOSE_ERROR = "verbose-error"
    EXPOSED_DEBUG = "exposed-debug"
    EXPOSED_DOCUMENTATION = "exposed-documentation"
    MISSING_SECURITY_FIELD = "missing-security-field"
    WEAK_TLS = "weak-tls"
    CACHEABLE_PRIVATE = "cacheable-private"
    HEADER_OVERRIDE = "header-override"
    AMBIGUOUS_FRAMING = "ambiguous-framing"
    UNEXPECTED_METHOD = "unexpected-method"
    UNDECLARED_OPERATION = "undeclared-operation"
    OLD_VERSION = "old-version"
    BUSINESS_FLOW = "business-flow"
    RACE = "race"
    GRAPHQL_INTROSPECTION = "graphql-introspection"
    GRAPHQL_SUGGESTIONS = "graphql-suggestions"
    GRAPHQL_BATCHING = "graphql-batching"
    GRAPHQL_ALIASES = "graphql-aliases"
    GRAPHQL_DEPTH = "graphql-depth"
    GRAPHQL_DUPLICATION = "graphql-duplication"
    GRAPHQL_DIRECTIVES = "graphql-directives"
    GRAPHQL_CYCLES = "graphql-circular-fragments"
    GRAPHQL_CSRF = "graphql-csrf"
    GRAPHQL_FIELD_ACCESS = "graphql-field-access"
    CONTRACT_VIOLATION = "contract-violation"
    SERVER_ERROR = "server-error"
    CODE_INJECTION = "code-injection"
    OPEN_REDIRECT = "open-redirect"
    UNSAFE_DESERIALISATION = "unsafe-deserialisation"
    HARD_CODED_SECRET = "hard-coded-secret"  # noqa: S105  # the name of a class
    WEAK_HASH = "weak-password-hash"


class ProbeRule(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of a probe, for humans, reports and the driver.

    flaws: what it may claim. scope: whether it runs once for each operation or once for the target. requests: the most that one
    run of it sends. destructive: it changes or deletes what the run did not make; only with --destructive. weight: which probes
    have their turn first where the budget is short; 0 first.
    """

    id: str
    title: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    flaws: tuple[Flaw, ...]
    scope: Literal["operation", "target"] = "operation"
    requests: int
    destructive: bool = False
    weight: int = 5
    owasp: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
