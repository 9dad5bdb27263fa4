"""Scanners: programs that look for holes and say who they are.

sqlmap, Nikto, Nuclei and their kin name themselves in User-Agent unless told otherwise. Whoever scans an API without an
appointment should be noticed.

To allow an agreed test: an exception for the place `header User-Agent`, or `rules: {scanner: false}`.

What it does not protect against: scanners that do not say so.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import Found, Signature

RULE = AttackRule(
    id="scanner",
    title="Vulnerability scanner",
    severity=Severity.LOW,
    owasp=("API8:2023",),
    cwe=(200,),
    references=("https://capec.mitre.org/data/definitions/310.html",),
    matches=(
        Payload("sqlmap/1.8.2#stable (https://sqlmap.org)", "header User-Agent"),
        Payload("Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)", "header User-Agent"),
        Payload("Nuclei - Open-source project (github.com/projectdiscovery/nuclei)", "header User-Agent"),
    ),
    passes=(
        Payload("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "header User-Agent"),
        Payload("python-requests/2.32.0", "header User-Agent"),
        Payload("curl/8.5.0", "header User-Agent"),
        Payload("sqlmap is a tool"),
    ),
)


def _is_agent(found: Found) -> bool:
    return found.value.name == b"user-agent"


SIGNATURES = (
    Signature(
        id="agent",
        pattern=rb"\bsqlmap/|\bNikto/|\bNuclei\b[ /-]|\bAcunetix\b|\bNetsparker\b|\bNessus\b|\bOpenVAS\b|\bw3af\b"
        rb"|\bWPScan\b|\bDirBuster\b|\bgobuster/|\bferoxbuster/|\bffuf\b|\bFuzz Faster U Fool|\bwfuzz/"
        rb"|\bArachni/|\bhavij\b|\bmasscan/|\bzgrab\b|\bNmap Scripting Engine\b|\bjaeles\b|\bxray\b/"
        rb"|\bAppScan\b|\bBurpSuite\b|\bcommix/|\bdirsearch\b|\bskipfish\b|\bwhatweb/|\bmetasploit\b"
        rb"|\bOWASP[ _]ZAP\b|\bjbrofuzz\b|\bparos\b/|\bwebinspect\b|\bqualys\b.{0,10}was\b|\btplmap\b"
        rb"|\bnoSQLmap\b|\bkiterunner\b",
        reason="a scanner that says so",
        where=frozenset({Origin.HEADER}),
        confirm=_is_agent,
    ),
)
