"""Scanners: programs that look for holes and say who they are.

sqlmap, Nikto, Nuclei and their kin name themselves in User-Agent unless told otherwise, say there what they are for, or put
the address of a service there that tells them who called it. Whoever scans an API without an appointment should be noticed.

To allow an agreed test: an exception for the place `header User-Agent`, or `rules: {scanner: false}`.

What it does not protect against: scanners that do not say so.
"""

import re

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
        Payload("Mozilla/5.0 (compatible; wapiti; +https://wapiti-scanner.github.io)", "header User-Agent"),
        Payload("Mozilla/5.0 (X11; Linux x86_64) a1b2c3.oast.site", "header User-Agent"),
        Payload("my-sqli-checker/0.1", "header User-Agent"),
        Payload("Acme Web Scanner 3", "header User-Agent"),
    ),
    passes=(
        Payload("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "header User-Agent"),
        Payload("python-requests/2.32.0", "header User-Agent"),
        Payload("curl/8.5.0", "header User-Agent"),
        Payload("sqlmap is a tool"),
        Payload("python-httpx/0.28.1", "header User-Agent"),
        Payload("QRScanner/4.1 (iPhone; iOS 18.1)", "header User-Agent"),
        Payload("DocScan 2.2 rv:7 (Android)", "header User-Agent"),
        Payload("Resource-Sync/1.0 (force)", "header User-Agent"),
        Payload("VegaPlayer/2.1 (Android 15; Pixel 9)", "header User-Agent"),
        Payload("PhotonOS-updater/3.0", "header User-Agent"),
    ),
)


def _is_agent(found: Found) -> bool:
    return found.value.name == b"user-agent"


_TOOLS = b"""
acunetix appscan appspider aquatone arachni betabot bfac burpsuite caido cariddi cmsmap commix crlfuzz dalfox dirb
dirbuster dirhunt dirmap dirsearch dotdotpwn droopescan eyewitness feroxbuster ffuf fimap gauntlt ghauri gobuster
golismero gospider grendel-scan hakrawler havij hexometer httprobe invicti ironwasp jaeles jbrofuzz joomlavs joomscan
jsql kiterunner lfimap lfisuite libwhisker masscan metasploit morfeus muieblackcat n-stalker n-stealth nessus netsparker
nettacker nikto nmap noseyparker nosqli nosqlmap nuclei openvas openvasvt padbuster pangolin paros plecost ratproxy
rengine rustbuster rustscan s3scanner sfuzz shortscan skipfish sn1per snallygaster sqid sqlmap sqlninja sqlsus ssrfmap
struts-pwn tinja tplmap trufflehog tsunamisecurityscanner uniscan vega w3af w3af.org w9scan wafw00f wapiti webcruiser
webinspect webpwn webscarab websecurify webshag webslayer wfuzz whatweb wpprobe wprecon wpscan xray xspear xsser
xsstrike yakit zaproxy zgrab zgrab2 zmeu zoomeye
""".split()
"""Programs that look for holes, by the names that they are published under."""

_NAMES = b"|".join(re.escape(name) for name in sorted(_TOOLS, reverse=True))

SIGNATURES = (
    Signature(
        id="agent",
        pattern=rb"(?:^|[\s(;,/+_])(?:"
        + _NAMES
        + rb")(?:$|[\s/;:,)_-]|\d)|\bNmap Scripting Engine\b|\bFuzz Faster U Fool\b|\bOWASP[ _]ZAP\b|\bqualys\b.{0,10}was\b"
        rb"|(?:^|[\s(;,])[\w.\-]{0,20}(?:sqli|xss|lfi|ssrf|csrf|fuzz|pwn|exploit|vuln|pentest|bruteforce|injector)[\w.\-]{0,16}(?:/[v\d]|$|[\s;,)])"
        rb"|\b(?:web|port|vuln\w*|security|url|dir|ssl|bug|hole|site|host|cgi|subdomain)[ _-]?scan(?:ner)?\b"
        rb"|\bgithub\.com/projectdiscovery/|\b\w{3,80}\.nasl\b|\b(?:vulnerability|security|web)[ -]?scanner\b|\bopenvas-?vt\b",
        reason="a scanner that says so",
        where=frozenset({Origin.HEADER}),
        confirm=_is_agent,
    ),
    Signature(
        id="calls-back",
        pattern=rb"\.(?:interact\.sh|oast\.(?:pro|live|site|online|fun|me)|burpcollaborator\.net|oastify\.com|dnslog\.(?:cn|link)|ceye\.io"
        rb"|interactsh\.com|bxss\.me|r87\.me|canarytokens\.com|xss\.ht)\b",
        reason="the address of a service that tells a tester who called it",
        where=frozenset({Origin.HEADER}),
        confirm=lambda found: (
            found.value.name in (b"user-agent", b"referer", b"x-forwarded-for", b"from", b"via", b"forwarded")
        ),
    ),
)
