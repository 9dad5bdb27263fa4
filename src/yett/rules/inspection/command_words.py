"""Patterns of command lines: separators and substitutions of shells, and programs behind them.

Programs that name themselves need nothing more; words of the language need an argument that only a command has. It must not know
rules, nor judge a match.
"""

import re

from yett.rules.inspection.programs import NAMED, WORDED
from yett.rules.inspection.signature import LINE_BREAK

ALWAYS = (
    rb"(?:whoami|ifconfig|ipconfig|uname|netstat|systeminfo|tasklist|traceroute|nslookup|hostname"
    rb"|lsb_release|printenv|getent|crontab|"
    rb"useradd|userdel|passwd|shutdown|reboot|killall|mkfifo|netcat|ncat|socat|telnet|tcpdump|wget|curl"
    rb"|phpinfo|chmod|chown|mysqldump|xterm|tftp|bitsadmin|certutil|"
    rb"wmic|schtasks|rundll32|regsvr32|mshta|cscript|wscript|powershell(?:\.exe)?|pwsh"
    rb"|cmd(?:\.exe)?\s*/[ck]|/?(?:usr/)?(?:s?bin|local/bin)/\w{2,12}|\.\./\.\./|busybox|lsof|dig\b|arp\b"
    rb"|nmap|sysinfo|regedit|netsh\s\w|reg\s+(?:add|query|delete)\b)"
)
WITH_ARGUMENT = (
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
BARE = (
    rb"(?:id|ls|dir|pwd|env|ps|uptime|cat|sh|bash|whoami|ipconfig|ifconfig|uname|netstat"
    rb"|reboot|hostname|ps\s+-?\w{1,4}|ls\s+-\w{1,5}|cat\s+\S+?|net\s+\w+|logname)"
)
END = rb"\s*(?:$|[;|&`)#'\"\n]|%0a|>|<|\\n|/n)"
SPLIT = rb"(?:^<|;|\|{1,2}|&{1,2}|`|\$\(|\n|\r|%0a|[<>]\()"
BREAK = rb"(?:<|[;|&`\r]|\$\(|" + LINE_BREAK + rb"|%0a|[<>]\()"


def any_of(names: frozenset[bytes]) -> bytes:
    return b"|".join(re.escape(name) for name in sorted(names, reverse=True))


BEGINS = rb"(?:;|\|{1,2}|&{1,2}|\$\(|[<>]\()[\s({'\"+]*(?:[\w.\-]{0,20}/){0,4}"
ENDS = rb"(?:[\s;|&`)'\"<]|/\w\b|$)"


CALLED = (
    rb"(?:"
    + any_of(NAMED | WORDED)
    + rb"|if|for|while|until|case|\[{1,2}|test|[\w\-]{1,24}\.(?:exe|bat|cmd|ps1))(?:\.exe)?(?:[\s;|&)<>#$`'\"]|$)"
)
SPELT = (
    rb"(?:^|[;|&(\n{/\s=])[\w.\-~?*/]{0,40}(?:\w(?:''|\"\"|\\+\w|\$[@*!1-9]\w|\$\{[@*\w]{0,4}\}|\^\w)|['\"]\w{1,8}['\"][\w/]|\\\w{1,4}['\"\\]"
    rb"|\$\{?ifs|\$'[\w\\])|\{[\w./\\'\"]{1,40},|[;|&(\n{]\s{0,4}/[\w?*]{1,8}/[\w?*/]{1,24}"
)
