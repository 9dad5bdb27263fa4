"""Path traversal: a value that leads out of the directory it was meant for, or names a file that nobody should ask for.

`../../etc/passwd`, `..%252f..%252f`, `....//`, `%c0%ae%c0%ae/`, `/proc/self/environ`, `C:\\Windows\\win.ini`, `php://filter/...`:
where a value becomes part of a file's name, it reads (or writes) elsewhere.

The rule looks for steps upwards in every spelling, two or more or with a telling end, and for well-known secret files and
stream wrappers. Relative links of one step in documents pass.

To fix: look files up by id; resolve the path and check that it is still below the directory.

What it does not protect against: files within the directory that should not be served; the path of the request itself is
normalised, and ambiguous ones are refused, in every mode.
"""

import re

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import NAMES, PARAMETERS, Found, Signature

RULE = AttackRule(
    id="path-traversal",
    title="Path traversal",
    severity=Severity.HIGH,
    owasp=("API8:2023", "API1:2023"),
    cwe=(22, 23, 36, 98),
    references=(
        "https://owasp.org/www-community/attacks/Path_Traversal",
        "https://capec.mitre.org/data/definitions/126.html",
    ),
    matches=(
        Payload("../../../../etc/passwd", "query file"),
        Payload("..%252f..%252f..%252fetc%252fpasswd", "query file"),
        Payload("....//....//etc/hosts"),
        Payload("..\\..\\..\\windows\\win.ini"),
        Payload("/etc/shadow", "form file"),
        Payload("..%c0%af..%c0%afetc/passwd", "query file"),
        Payload("php://filter/convert.base64-encode/resource=index.php", "query page"),
        Payload("/proc/self/environ", "query f"),
        Payload("C:\\boot.ini", "query f"),
        Payload("../../.env"),
        Payload("images/../../config.php\0.png", "form f"),
        Payload("..;/..;/manager/html", "query path"),
        Payload("/var/www/html/../../log/apache2/access.log"),
        Payload("../", "query dir"),
        Payload("%252e%252e%252f", "query dir"),
        Payload("...\\.\\...\\.\\", "query dir"),
        Payload("/usr/local/apache2/conf/httpd.conf", "query file"),
        Payload("%SYSTEMROOT%\\win.ini", "body /file"),
        Payload("/admin/..;/status", "query path"),
    ),
    passes=(
        Payload("see ../README.md and ./docs"),
        Payload("from .. import x; wait... what/ever"),
        Payload("the file /etc/hosts is read by the resolver, /etc/passwd too"),
        Payload("https://example.com/a/b/c.png"),
        Payload("1..2/3..4"),
        Payload("..."),
        Payload("and so on ......"),
        Payload("////"),
        Payload("/v1/config/server.json", "body /path"),
        Payload("/* ..... */"),
        Payload("C:\\Users\\anna\\Documents\\a.txt"),
        Payload("import x from '../../lib/x.js';\nexport default x;\n"),
    ),
)

_STEP = (
    rb"(?:\.{2,4}|\.\x00\.|\.;\.|\.\s\.|\.%2e|%2e\.)[\x00-\x20,]?(?:[/\\]+|%u\w{4}|%2%f"
    rb"|%[cef]\w(?:%\w\w){1,4}|;/|\x00?[/\\]|0x2f|0x5c|\|/|%5c|%2f|\x5c|:|\?/)"
)
_PLACES = PARAMETERS | NAMES | {Origin.COOKIE, Origin.HEADER, Origin.FILE_NAME}

_SECRETS = (
    rb"(?:etc[/\\]+(?:\./)?(?:[a-z][\w.\-]{2,30}|passwd|shadow|group|gshadow|hosts|hostname|issue|motd"
    rb"|crontab|sudoers|fstab"
    rb"|mtab|profile|resolv\.conf|inetd\.conf|network/|networks|ssh/|apache2?/|httpd/|nginx/|mysql/|my\.cnf"
    rb"|php\d?|init\.d|security|ldap|samba|vsftpd|proftpd|logrotate|redhat-release|\w{1,20}-release|lilo"
    rb"|wu-ftpd|master\.passwd|bash\.bashrc|environment|kubernetes/)"
    rb"|proc[/\\]+(?:self|version|cmdline|cpuinfo|meminfo|mounts|net|sched_debug|\d{1,7})|(?:windows|winnt"
    rb"|win)[/\\]+(?:win\.ini|system\.ini|system32|repair|php\.ini|debug|panther|my\.ini|explorer|iis|temp)"
    rb"|boot\.ini|inetpub[/\\]|autoexec\.bat|ntldr|pagefile\.sys|var[/\\]+(?:log|run/secrets|lib/|www|mail"
    rb"|spool|adm|cpanel|local)[/\\]"
    rb"|root[/\\]+\.|home[/\\]+\w{1,32}[/\\]+\.|\.ssh[/\\]|\.aws[/\\]|\.git[/\\](?:config|HEAD|index)"
    rb"|\.env\b|\.htpasswd|\.htaccess|\.bash_history|\.mysql_history|\.npmrc|id_rsa|web-inf[/\\]"
    rb"|meta-inf[/\\]|web\.config|wp-config\.php|config\.php|database\.yml|settings\.py"
    rb"|usr[/\\]+local[/\\]+\w|usr[/\\]+(?:etc|lib|share|bin|sbin)[/\\]|opt[/\\]+\w+[/\\]|private[/\\]etc"
    rb"|dev[/\\]+(?:fd|null|random|stdin|tty)|program files|documents and settings|users[/\\]+administrator"
    rb"|xampp|sysroot|apache\d?[/\\](?:conf|logs)|passwd\b|shadow\b|logs?[/\\](?:access|error)|(?:access"
    rb"|error)[_.]log)"
)


def _alone(found: Found) -> bool:
    """Whether the value is a path, and not a text that has one in it, or the address of the page before."""
    if found.value.name == b"referer":
        return False
    text = found.text.strip()
    if len(text) > 4_096 or b"\n" in text:
        return False
    spaces = min(text.count(b" "), found.value.text.count(b" "))  # a control character may have become one
    return spaces <= 2 + text.count(b"\\")


def _absolute(found: Found) -> bool:
    text = found.text.strip(b" \t\r\n'\"").lower()
    if text.startswith((b"/usr/", b"/opt/")) or b":/" in text[3:]:
        return False
    if found.value.origin in (Origin.HEADER, Origin.HEADER_NAME):
        return False
    return len(text) <= 256 and b" " not in text and found.start <= 60


SIGNATURES = (
    Signature(
        id="steps",
        pattern=rb"(?:" + _STEP + rb"){2,}",
        reason="steps out of a directory",
        where=_PLACES,
        confirm=lambda found: _alone(found) and not _is_link(found),
    ),
    Signature(
        id="step-to-secret",
        pattern=_STEP + rb"[^\s]*?" + _SECRETS,
        reason="a step out of a directory, towards a well-known file",
        needle=rb"\.{2}[\x00-\x20]?(?:[/\\;|:%?]|\x00|0x)|\.(?:\x00|;|\s)\.|\.%2e|%2e\.",
        where=_PLACES,
        confirm=_alone,
    ),
    Signature(
        id="secret-file",
        pattern=rb"(?:^[\s'\"]*|[=:|;])(?:file:)?[/\\]{0,3}(?:[a-z]:[/\\]+|[/\\]+|\./|%\w+%[/\\]|~/|\.\./"
        rb"|[?*.]{0,3}/)(?:[\w.\-]{1,40}[/\\]+){0,3}" + _SECRETS,
        reason="a well-known file that is no caller's business",
        needle=rb"[/\\~.]" + _SECRETS,
        where=_PLACES - {Origin.HEADER, Origin.URL},
        confirm=_absolute,
    ),
    Signature(
        id="secret-name",
        pattern=rb"^[\s'\"/\\]*(?:etc/(?:passwd|shadow|group)|boot\.ini|win\.ini|\.htpasswd|\.htaccess|\.env"
        rb"|\.git/(?:config|HEAD)|\.ssh/\S+?|\.aws/credentials|web-inf/web\.xml|wp-config\.php"
        rb"|web\.config)\x00?",
        reason="a well-known file that is no caller's business",
        where=_PLACES - {Origin.HEADER, Origin.JSON_NAME, Origin.URL},
        confirm=lambda found: len(found.text.strip()) <= found.end - found.start + 12,
    ),
    Signature(
        id="wrapper",
        pattern=rb"\b(?:php://(?:filter|input|fd|memory|temp|output)|zlib://|bzip2://|phar://|expect://|zip://|ogg://"
        rb"|glob://|data://text/plain|data:text/plain[;,].*?<\?|data:;base64,PD9)|\bconvert\.(?:base64|iconv"
        rb"|quoted-printable)[\w.\-]{0,20}/resource=",
        reason="a stream wrapper of PHP",
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 65_536 and found.start <= 200,
    ),
    Signature(
        id="cut-name",
        pattern=rb"\.(?:php\d?|jsp|aspx?|cgi|pl|conf|cnf|ini|passwd|xml|bak|inc|log|html?)(?:\x00|%00|\?{2,}|#\x00)"
        rb"|(?:^|[/\\=])(?:\.\.?[/\\]){0,3}(?:etc[/\\]passwd|boot\.ini)\x00",
        reason="a name that ends before its end",
        where=_PLACES - {Origin.HEADER},
        confirm=lambda found: len(found.text) <= 512 and _has_nul(found),
    ),
    Signature(
        id="disguised-step",
        pattern=rb"(?:\.{2}%00|%00\.{2}|\.%00\.)[/\\]|(?:%uff0e|%c0%2e|%e0%40%ae|%c0%ae|0x2e|%f0%80%80%ae"
        rb"|%f8%80%80%80%ae|\xc0\x2e|\xe0\x40\xae|\xe0\x80\xae|\xc0\xae|\xfe){2}(?:[/\\]|%|0x|\xc0|\xe0)"
        rb"|\.\.(?:%c0%|%c1%|%e0%|%u221[56]|%uef[cf]|%bg%|%255c|%252f|%%32|%%35|\xc0|\xe0|0x[25][cf]|%f[08]%)"
        rb"|\.{2,3}[/\\]{1,2}\.{2,3}[/\\]{1,2}|%2e%2e(?:/|\\|%)|/\.{2}/[^\s]{0,20}/\.{2}(?:/|$)|\\\\\.\.\\\\"
        rb"|\.\x5c\./|^/?\.\.?/\.\.?/\.\./|\.\?/\.\?/|(?:\.[/\\]\.{1,2}[/\\]){2,}|(?:\.{0,3}/?\.0x2f){2,}"
        rb"|(?:\.{3}/\.[/\\%]?){2,20}|^\.\.\\[\w.]|^(?:\.\\){4,40}|0x2e\.?\x00?/",
        reason="a step out of a directory, spelt to deceive",
        where=_PLACES,
        confirm=lambda found: _alone(found) and not _is_link(found),
    ),
    Signature(
        id="spelt-steps",
        pattern=rb"\.{2,4}[\x00-\x20]?(?:%|0x|[\xc0-\xfe])|%u(?:ff0e|002e)|%(?:25){0,4}(?:c0|e0)[%.]|\xc0[\x2e\x4e\x6e\xae\xee\xfe%]"
        rb"|\xe0[\x40\x80]\xae|\xf0\x80\x80\xae|0x2e|%(?:25|%32){0,4}2e|%%32|\.%(?:25)*2|(?:\.[/\\]){4}|\.\\/|\./\.%",
        reason="steps out of a directory, encoded to deceive",
        where=_PLACES - {Origin.HEADER},
        whole=True,
        confirm=lambda found: _alone(found) and _steps(found),
    ),
    Signature(
        id="encoded-step",
        pattern=rb"(?:%(?:25|%32){0,4}(?:2e|%32%65)|%%32%65|%c0[%.][\w%]{0,2}|%e0%40%ae|%uff0e){2}(?:[/\\]|%)|\.\.%(?:25){0,4}(?:2f|5c)"
        rb"|[\xc0\xc1][\x2e\x4e\x6e\xae\xee\xfe][\xc0\xc1][\x2e\x4e\x6e\xae\xee\xfe][/\\\xc0\xc1\xe0]"
        rb"|\.\.(?:%[\w.]{1,2}){1,8}\.\.|\.\.(?:[\xc0\xc1\xe0\xf0\xf8\xfc][\x00-\xff]{1,5}){1,2}\.\.",
        reason="a step out of a directory, encoded to deceive",
        needle=rb"%(?:25|%32){0,4}2e|%c0|%e0%40|%uff0e|%%32|\.\.%|[\xc0\xc1][\x2e\x4e\x6e\xae\xee\xfe][\xc0\xc1]"
        rb"|\.\.[\xc0\xc1\xe0\xf0\xf8\xfc]",
        where=_PLACES - {Origin.HEADER},
        confirm=_alone,
    ),
    Signature(
        id="only-steps",
        pattern=rb"^[\s'\"]*(?:[/\\]?\.\.[/\\]+(?:\.\.)?|[/\\]\.\.)[\s'\"]*$|^[\s'\"]*[./\\]{5,80}[\s'\"]*$|(?:^|/)\.\.;/|\.{4}(?://|\\{2}|\\/)"
        rb"|(?:\.{1,4}[/\\]{1,4}){6}|(?:\.{1,4}\\{1,4}/){2}",
        reason="a step out of a directory",
        where=_PLACES - {Origin.HEADER},
        confirm=lambda found: _alone(found) and _is_step(found),
    ),
    Signature(
        id="configuration",
        pattern=rb"^[\s'\"]*(?:[a-z]:)?[/\\~][^\s\"'<>?*|]{0,120}[/\\](?:(?:httpd|apache2?|nginx|php\d?|my|vsftpd|proftpd|pure-ftpd|lighttpd"
        rb"|smb|sshd?_config|named|snmpd?|postgresql|pg_hba|grub|menu|lilo|sudoers|resolv|nsswitch|ldap|krb5|redis|mongod?"
        rb"|tomcat-users|server|context|web|global|machine)[\w\-]{0,16}\.(?:conf|cnf|cfg|ini|lst|config|xml)"
        rb"|ntuser\.dat|(?:sam|system|security)(?:\.(?:log|sav|old))?|(?:access|error|ssl_request)[_.]log)(?:\x00|%00)?[\s'\"]*$"
        rb"|^[\s'\"]*[/\\](?:boot[/\\]grub|System/Library|Volumes/\w|WINDOWS[/\\]|WINNT[/\\]|Program Files[/\\]\w|inetpub[/\\])"
        rb"|^[\s'\"]*%(?:systemroot|windir|systemdrive|programfiles|userprofile|appdata|comspec)%(?:[/\\]|$)",
        reason="a configuration file of a server",
        where=frozenset(
            {Origin.QUERY, Origin.FORM, Origin.JSON, Origin.PART, Origin.XML, Origin.COOKIE, Origin.PATH, Origin.FILE_NAME}
        ),
        confirm=lambda found: len(found.text) <= 256 and b"\n" not in found.text and b"://" not in found.text,
    ),
    Signature(
        id="share-by-address",
        pattern=rb"^[\s'\"]*\\\\(?:\d{1,3}\.){3}\d{1,3}\\\w",
        reason="a file by an address of Windows",
        where=PARAMETERS,
        confirm=lambda found: len(found.text) <= 300 and b" " not in found.text.strip(),
    ),
    Signature(
        id="share",
        pattern=rb"^\\\\[\w.\-]{1,80}\\\w{1,40}\$?|^//\?/|^\\\\\?\\|^file:/{2,3}",
        reason="a file by an address of Windows or of a scheme",
        where=frozenset({Origin.QUERY, Origin.FORM, Origin.COOKIE}),
        confirm=lambda found: len(found.text) <= 300 and b" " not in found.text,
    ),
)


_DOT = re.compile(
    rb"%(?:25|%32){0,4}(?:2e|%32%65)|%%32%65|(?:%c0|\xc0)(?:%(?:ae|2e|6e|fe|4e|ee)|[\x2e\x4e\x6e\xae\xee\xfe])"
    rb"|(?:%e0|\xe0)(?:%[48]0|[\x40\x80])(?:%ae|\xae)|%u(?:ff0e|002e)|\\u(?:ff0e|002e)|0x2e|\xef\xbc\x8e|(?:%f0|\xf0)(?:(?:%80|\x80){2})(?:%ae|\xae)",
    re.I,
)
_SLASH = re.compile(
    rb"(?:%u[0-9a-f]{4}|\\u[0-9a-f]{4}|%{1,3}[0-9a-z]{1,2}(?:%[0-9a-z]{1,2})*|0x[25][fc]|[\xc0-\xfe](?:%[0-9a-z]{1,2}|[\x00-\x2d\x30-\xff])?|\\|[\x00-\x20])",
    re.I,
)
_STEPS = re.compile(
    rb"(?:^|[^.])\.{2,4}(?:/+(?:\./+)*\.{2,4})+|(?:\./+){6}|\.{2,4}/+(?:etc|proc|win|boot\.ini|var/|passwd)", re.I
)


def _steps(found: Found) -> bool:
    """With one spelling of dot and of slash for all, the beginning of the value steps out of its directory."""
    text = found.value.text[:400]
    return _STEPS.search(_SLASH.sub(b"/", _DOT.sub(b".", text))) is not None


def _is_step(found: Found) -> bool:
    """There are two dots in a row, or dots and slashes in turn; no line of an ellipsis, a comment or an address."""
    piece = found.text[found.start : found.end]
    return b".." in piece or (b"." in piece and piece.count(b"/") + piece.count(b"\\") > 3 and b"//" not in piece.strip(b"/"))


def _has_nul(found: Found) -> bool:
    """The NUL is in what was received, also where it was taken off for the match."""
    return b"\x00" in found.value.text or b"%00" in found.value.text


def _is_link(found: Found) -> bool:
    """Relative imports and links of source files and pages: `../../lib/x.js`."""
    before = found.text[max(0, found.start - 200) : found.start]
    return any(mark in before for mark in (b"import ", b"from ", b"require(", b"](", b"href=", b"src=", b"include "))
