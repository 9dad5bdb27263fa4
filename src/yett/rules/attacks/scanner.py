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
    references=(
        "https://capec.mitre.org/data/definitions/310.html",
        "https://blackarch.org/tools.html",
        "https://rules.emergingthreats.net/open/",
    ),
    matches=(
        Payload("sqlmap/1.8.2#stable (https://sqlmap.org)", "header User-Agent"),
        Payload("Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)", "header User-Agent"),
        Payload("Nuclei - Open-source project (github.com/projectdiscovery/nuclei)", "header User-Agent"),
        Payload("Mozilla/5.0 (compatible; wapiti; +https://wapiti-scanner.github.io)", "header User-Agent"),
        Payload("Mozilla/5.0 (X11; Linux x86_64) a1b2c3.oast.site", "header User-Agent"),
        Payload("my-sqli-checker/0.1", "header User-Agent"),
        Payload("Acme Web Scanner 3", "header User-Agent"),
        Payload("cmseek/1.1", "header User-Agent"),
        Payload("Mozilla/4.0 (Hydra)", "header User-Agent"),
        Payload("Acme SQL Injector 2", "header User-Agent"),
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
        Payload("HydraPlayer/2.0 (Medusa 3)", "header User-Agent"),
        Payload("ContentGrabber/4 (Linux)", "header User-Agent"),
    ),
)


def _is_agent(found: Found) -> bool:
    return found.value.name == b"user-agent"


_TOOLS = b"""
0d1n abdullkarem acunetix adminpagefinder ajpfuzzer albatar apachetomcatscanner appscan appspider aquatone arachni
asp-audit atscan autogetcolumn bbqsql bbscan betabot bfac blisqy boofuzz brutexss bsqlbf bsqlinjector burpsuite c5scan
caido cangibrina cansina cariddi chroot-apache0day cisco-torch cloudsploit cmseek cmsfuzz cmsmap cmsscan cmsscanner
commix core-project corscanner crackmapexec crackql crimscanner crlf-injector crlfuzz csrftester dalfox darkjumper
datacha0s davscan davtest dawnscanner dirb dirble dirbuster dirbuster-ng dirhunt dirmap dirscraper dirsearch dirstalk
dontgo403 dorkbot dorknet dotdotpwn droopescan drupalscan drupwn eyewitness fdsploit feroxbuster ffuf fgscanner fhscan
filebuster fimap fortiscan foundstone friendly-scanner fscan fuxploider gauntlt get-minimal gethsploit ghauri
git-dumper glpwnme goatzapszu gobuster golismero gootkit gospider graphqlmap graphw00f grendel-scan h2csmuggler
hakrawler havij hexometer hikpwn hsecscan http-fuzz http2smugl httppwnly httprecon httprint httprobe injectus inspath
inspathx inurlbr invicti ironwasp jaeles jboss-autopwn jbrofuzz jexboss jok3r jomplug jooforce joomlascan joomlavs
joomscan jsql juumla kadimus kiterunner kube-hunter kubesploit kubolt lfi-exploiter lfi-scanner lfi-sploiter lfifreak
lfimap lfisuite libwhisker locasploit log4j-scan lorsrf lulzbuster magescan masscan metasploit metoscan mongoaudit
mooscan morfeus morxtraversal msmailprobe muieblackcat multiinjector mysqlator mysqloit n-stalker n-stealth naabu
nessus netexec netsparker nettacker nikto nmap nmbscan noseyparker nosqli nosqlmap ntlmrecon nuclei okadminfinder
onionscan openvas openvasvt owtf padbuster pangolin parampampam paramspider paros pavuk phpsploit plcscan plecost
powerfuzzer ppfuzz ppmap proxenet pwndora rapidscan ratproxy rengine restler-fuzzer riwifshell rustbuster rustscan
rww-attack s3scanner sawef scanqli secscan sfuzz shortfuzzy shortscan sipvicious sitadel sivus skipfish smplshllctrlr
sn1per snallygaster spike-fuzzer spipscan springenwerk sqid sqlbrute sqlivulscan sqlix sqlmap sqlninja sqlsus sslscan2
ssrf-sheriff ssrfmap stompy struts-pwn strutscan sundayddr tachyon-scanner themole tidos-framework tinja toata tplmap
trufflehog tsunamisecurityscanner typo3scan uil2pn uniofuzz uniscan uppwn v3n0m vbscan vega visql voiper vulmap vulnx
w13scan w3af w3af.org w9scan wafninja wafpass wafw00f wafwoof wapiti wascan watchfire webborer webcruiser webinspect
webkiller webpwn webpwn3r webscarab websecurify webshag webslayer webxploiter weevely weirdaal wfuzz whatwaf whatweb
whcc whitewidow witool wordpresscan wpforce wpintel wpprobe wprecon wpscan wpseku ws-attacker wsfuzzer
xmlrpc-bruteforcer xpire-crossdomain-scanner xray xspear xspider xsrfprobe xss-freak xsscon xsscrapy xsser xssless
xsspider xsspy xsss xssscan xsssniper xsstracer xsstrike xssya xwaf xxxpwn yaaf yakit yawast ysoserial zaproxy zgrab
zgrab2 zmeu zoomeye
""".split()
"""Programs that look for holes, by the names that they are published under; many are from BlackArch's lists of tools (web
applications, scanners, fuzzers) and from the messages of the SCAN rules of Emerging Threats, without what is a word as well."""
_WORDS = rb"(?:absinthe|grabber|hydra|medusa)"
"""Such names that are words: they count where nothing else is said."""

_NAMES = b"|".join(re.escape(name) for name in sorted(_TOOLS, reverse=True))

SIGNATURES = (
    Signature(
        id="agent",
        pattern=rb"(?:^|[\s(;,/+_])(?:"
        + _NAMES
        + rb")(?:$|[\s/;:,)_-]|\d)|\bNmap Scripting Engine\b|\bFuzz Faster U Fool\b|\bOWASP[ _]ZAP\b|\bqualys\b.{0,10}was\b"
        rb"|(?:^|[\s(;,])[\w.\-]{0,20}(?:sqli|xss|lfi|ssrf|csrf|fuzz|pwn|exploit|vuln|pentest|bruteforce|injector)[\w.\-]{0,16}(?:/[v\d]|$|[\s;,)])"
        rb"|\b(?:web|port|vuln\w*|security|url|dir|ssl|bug|hole|site|host|cgi|subdomain)[ _-]?scan(?:ner)?\b"
        rb"|\b(?:sql|code|command|xpath)[ _-]?(?:power[ _-]?)?inject(?:ion|or)\b"
        rb"|\bsecurity[ _-]?(?:analy[sz]er|audit(?:or)?|test(?:er|ing)?)\b"
        rb"|^(?:mozilla/[45]\.0+ \()?" + _WORDS + rb"(?:\)|/[\d.]+)?$"
        rb"|\bgithub\.com/projectdiscovery/|\b\w{3,80}\.nasl\b|\b(?:vulnerability|security|web)[ -]?scanner\b|\bopenvas-?vt\b",
        reason="a scanner that says so",
        needle=rb"nmap|fuzz|owasp|qualys|sqli|xss|lfi|ssrf|csrf|pwn|exploit|vuln|pentest|bruteforce|inject|scan|projectdiscovery|\.nasl"
        rb"|openvas|security[ _-]?(?:anal|audit|test)|absinthe|grabber|hydra|medusa|" + _NAMES,
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
