"""Malicious uploads: files that a server would run, or names that put them where it does.

`shell.php.jpg`, `a.php%00.png`, `.htaccess` and `../../x.jsp` aim at servers that run files by their names; a picture with
`<?php` in it aims at those that include what was uploaded. Web shells are uploads, too.

The rule looks at names of uploaded files (extensions that servers run, double ones, control characters, server configuration)
and at their content: code of PHP, JSP, ASP and web shells, markup with scripts in SVG, test files of virus scanners.

To fix: store uploads under names of your own, outside of what is served, with a content type of your own; re-encode pictures.

What it does not protect against: malware; pictures that exploit their decoder; archives.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.signature import Found, Signature

RULE = AttackRule(
    id="malicious-upload",
    title="Malicious upload",
    severity=Severity.HIGH,
    owasp=("API8:2023",),
    cwe=(434, 646),
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html",
        "https://owasp.org/www-community/vulnerabilities/Unrestricted_File_Upload",
    ),
    matches=(
        Payload("x", "file shell.php"),
        Payload("x", "file a.php.jpg"),
        Payload("x", "file a.jsp;.png"),
        Payload("x", "file .htaccess"),
        Payload("x", "file ../../a.txt"),
        Payload("GIF89a;<?php system($_GET['c']); ?>", "file a.gif"),
        Payload('<%@ page import="java.io.*" %><% Runtime.getRuntime().exec(request.getParameter("c")); %>', "file a.txt"),
        Payload("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "file a.svg"),
    ),
    passes=(
        Payload("plain text", "file report.2024.final.pdf"),
        Payload("GIF89a picture", "file php-logo.gif"),
        Payload("a,b\n1,2\n", "file data.csv"),
        Payload("<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'/></svg>", "file a.svg"),
        Payload("how to run <?xml version='1.0'?>", "file a.txt"),
    ),
)

_RUN = (
    rb"(?:php[2-8]?|phps|pht|phtml?|phar|pgif|shtml?|jspx?|jsw|jsv|jspf|jhtml|wss|action|asp|aspx|ashx|asmx"
    rb"|asa|asax|ascx|cer|cdx|config|cfml?|cfc|dbm|pl|cgi|pm|do|exe|dll|com|bat|cmd|vbs|vbe|ps1|hta|scr|jar"
    rb"|war|swf|htaccess|htpasswd|user\.ini)"
)
_DATA = rb"(?:jpe?g|png|gif|webp|bmp|pdf|txt|docx?|xlsx?|csv|zip|svg|mp[34]|json|xml)"

SIGNATURES = (
    Signature(
        id="name",
        pattern=rb"\.(?:php[2-8]?|phps|pht|phtml?|phar|pgif|shtml|jspx?|jsw|jsv|jspf|jhtml|asp|aspx|ashx|asmx|asa|asax"
        rb"|ascx|cer|cdx|cfml?|cfc|hta|vbs|vbe|cgi|htaccess|htpasswd|user\.ini|war)[\s.\x00:%;/\\$]*$"
        rb"|^\.?(?:htaccess|htpasswd|user\.ini|web\.config|\.bashrc|authorized_keys)$",
        reason="a name of a file that servers run or obey",
        where=frozenset({Origin.FILE_NAME}),
    ),
    Signature(
        id="double-extension",
        pattern=rb"\."
        + _RUN
        + rb"(?:\x00|%00|%0[ad]|%20|[;:/\\\s.]|\.\.)+\.?"
        + _DATA
        + rb"\b|\."
        + _RUN
        + rb"\."
        + _DATA
        + rb"$|\."
        + _DATA
        + rb"\.(?:php[2-8]?|phtml|phar|jspx?|aspx?|asa|cer|exe|bat|cmd|hta|vbs|ps1|cgi|pl)$|::\$(?:DATA|INDEX_ALLOCATION)",
        reason="a name with two extensions, one of which servers run",
        where=frozenset({Origin.FILE_NAME}),
        confirm=lambda found: (
            not found.text.lower().endswith(
                (
                    b".pl.txt",
                    b".pm.txt",
                    b".do.pdf",
                    b".com.pdf",
                    b".com.png",
                    b".com.jpg",
                    b".com.txt",
                    b".com.json",
                    b".com.csv",
                    b".com.svg",
                )
            )
        ),
    ),
    Signature(
        id="path-in-name",
        pattern=rb"\.\.[/\\]|^[/\\]|^[a-z]:[/\\]|[\x00-\x08\x0a-\x1f]|[|`]|\$\(|;\s*\w+|<\w",
        reason="a name of a file that is a path or a command",
        needle=rb"\.\.[/\\]|^[/\\]|^[a-z]:[/\\]|[\x00-\x08\x0a-\x1f]|[|`]|\$\(|;\s*\w|<\w",
        where=frozenset({Origin.FILE_NAME}),
        confirm=lambda found: not _is_old_browser(found),
    ),
    Signature(
        id="server-code",
        pattern=rb"<\?php\b|<\?=\s*[`$\w(]|<\?\s*(?:system|eval|passthru|exec|\$_|echo|include|if|@)"
        rb"|<script\s+language\s*=\s*[\"']?(?:php|vbscript|jscript)[\"']?(?:\s+runat)?|<%@?\s*(?:page|language"
        rb"|import|webhandler|webservice)\b[^%]*%>|<%[^%]*(?:Runtime\.getRuntime|request\.getParameter"
        rb"|ProcessBuilder|Server\.CreateObject|eval\s+request|WScript\.Shell|Process\.Start)|<jsp:(?:scriptlet"
        rb"|declaration|expression|useBean)|<cfexecute\b|#!/usr/bin/(?:perl|python"
        rb"|env)[^\n]{0,40}\n.{0,400}Content-type",
        reason="code that servers run",
        where=frozenset({Origin.UPLOAD}),
        confirm=lambda found: not _is_source(found),
    ),
    Signature(
        id="web-shell",
        pattern=rb"\b(?:c99shell|r57shell|b374k|weevely|FilesMan|WSO\s+\d\.\d|China\s*Chopper|antSword|behinder|p0wny"
        rb"|php-reverse-shell|Laudanum|GIFAR|pentestmonkey)|\beval\s*\(\s*(?:base64_decode|gzinflate|str_rot13"
        rb"|gzuncompress)\s*\(|\b(?:system|exec|passthru|shell_exec|eval|assert)\s*\(\s*\$_(?:GET|POST|REQUEST"
        rb"|COOKIE|SERVER)",
        reason="a web shell",
        where=frozenset({Origin.UPLOAD, Origin.PART, Origin.TEXT, Origin.FORM, Origin.JSON}),
        confirm=lambda found: found.value.origin in (Origin.UPLOAD,) or len(found.text) <= 65_536,
    ),
    Signature(
        id="active-picture",
        pattern=rb"<svg\b.*?(?:<script\b|[\s/\"']on\w{3,20}\s*=|javascript:|<foreignObject\b|<!ENTITY)"
        rb"|X5O!P%@AP\[4\\PZX54\(P\^\)7CC\)7\}\$EICAR|(?:push graphic-context|viewbox 0 0).*?(?:url\(|https?://"
        rb"|ephemeral:|label:@|msl:)|%!PS.*%pipe%|\bcmd\|'\s*/c",
        reason="a picture or document that runs something",
        where=frozenset({Origin.UPLOAD}),
    ),
)


def _is_old_browser(found: Found) -> bool:
    """Old browsers send the path on the caller's own disk."""
    text = found.text
    return text[1:3] == b":\\" and b".." not in text and not any(mark in text for mark in (b"|", b"`", b"$(", b";", b"<"))


def _is_source(found: Found) -> bool:
    """A picture or a text has no reason to; archives and programs may have anything in them."""
    head = found.text[:4]
    return head in (b"PK\x03\x04", b"\x7fELF") or head[:2] in (b"MZ", b"\x1f\x8b") or head[:3] == b"BZh"
