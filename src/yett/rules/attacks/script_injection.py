"""Script injection (XSS): a value that becomes a script in somebody's browser.

What one caller stores, another one's browser shows. A value with a script element, an event handler, a javascript: address or a
piece that breaks out of an attribute or a string runs there with the victim's rights.

The rule looks for markup that runs code, not for markup: emphasised text, links, pictures and lists pass.

To fix: encode values for the place where they are shown; clean stored HTML with a library that knows an allow list; send a
Content-Security-Policy. A field that takes whole web pages by design deserves an exception for its operation and place.

What it does not protect against: scripts that are put together in the browser from harmless values, and gadgets of frameworks.
"""

import re
from binascii import a2b_base64

from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.javascript import calls
from yett.rules.inspection.signature import Found, Signature
from yett.rules.inspection.xss import xss

RULE = AttackRule(
    id="script-injection",
    title="Script injection (XSS)",
    severity=Severity.HIGH,
    owasp=("API8:2023", "API10:2023"),
    cwe=(79, 80, 83, 87),
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
        "https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-attributes",
    ),
    matches=(
        Payload("<script>alert(1)</script>"),
        Payload('"><img src=x onerror=alert(1)>', "query q"),
        Payload("<svg/onload=alert(1)>"),
        Payload("javascript:alert(document.cookie)", "query next"),
        Payload("<a href='jav&#x09;ascript:alert(1)'>x</a>"),
        Payload("';alert(1);//", "query q"),
        Payload('" autofocus onfocus="alert(1)', "form name"),
        Payload("<iframe srcdoc='<script>alert(1)</script>'>"),
        Payload('<object data="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="></object>'),
        Payload("<IMG SRC=x OnErRoR = confirm`1`>", "header Referer"),
        Payload("';self['con'+'firm'](document['coo'+'kie']);//", "query q"),
        Payload("';top['\\\\143\\\\157\\\\156\\\\146\\\\151\\\\162\\\\155'](1);//", "query q"),
        Payload("[3].some(prompt)", "form q"),
        Payload("confirm.apply(this, [7])"),
        Payload("this[(![]+[])[+!![]]+(![]+[])[!+[]+!![]]](+[])", "query q"),
        Payload('" o<i>nclick=con<i>firm(5)//', "query q"),
        Payload('{{q.sub.call.call({}["x"])}}', "form q"),
    ),
    passes=(
        Payload("if a < b and c > d: run()"),
        Payload('<p>Hello <b>world</b>, see <a href="https://example.com/?on=1">this</a></p>'),
        Payload("the script was written in JavaScript: it is short"),
        Payload("JavaScript: the basics of a language", "query q"),
        Payload("on error = retry; on load = nothing"),
        Payload('<td style="text-align: center">5</td>'),
        Payload("const style = kind === 'plain' ? bold : none"),
        Payload("<!-- since version 2, see the `first` paragraph -->"),
        Payload('<ul><li><a href="https://example.com/" class="type">&#x3C;Object></a></li></ul>'),
        Payload("List<String> onClick = new ArrayList<>();"),
        Payload("I <3 you, alert me (1) when ready"),
        Payload("<?xml version='1.0'?>\n<methodCall><methodName>list</methodName></methodCall>", "body text/xml"),
        Payload('<Change xmlns="http://s3.example.com/doc/2006-03-01/"><Comment>by hand</Comment></Change>'),
        Payload("warning (alert) and error (fatal)"),
        Payload("a" + "<b>b</b>" * 3 + "c<i>d</i>"),
        Payload("const url = base + '/' + name + \"/\" + id;"),
        Payload("role=alert; level=3"),
        Payload("[[[[[[[[[[[[1]]]]]]]]]]]]"),
        Payload("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"),
        Payload("Hello {{ customer.name }}, your order {{order.id}} was sent"),
    ),
)

GAP = rb"[\s\x00\x0b/]"
EVENT = (
    rb"on(?:abort|activate|after\w{3,12}|animation\w{3,12}|auxclick|before\w{3,18}|begin|blur|bounce|cancel"
    rb"|canplay\w{0,8}|cellchange|change|click|close"
    rb"|content\w{3,24}|contextmenu|controlselect|copy|cuechange|cut|data\w{3,18}|dblclick|deactivate"
    rb"|drag\w{0,6}|drop|durationchange|emptied|end|ended|error\w{0,6}"
    rb"|filterchange|finish|focus\w{0,3}|formdata|formchange|forminput|fullscreen\w{3,8}|gesture\w{3,8}"
    rb"|gotpointercapture|hashchange|help|input|invalid|key(?:down|press|up)|layoutcomplete"
    rb"|load\w{0,9}|losecapture|lostpointercapture|media\w{3,12}|message\w{0,6}|mouse(?:down|enter|leave"
    rb"|move|out|over|up|wheel)|move\w{0,5}|mozfullscreen\w{0,8}|offline|online|outofsync|page(?:hide|show"
    rb"|reveal|swap)"
    rb"|paste|pause|play\w{0,4}|pointer\w{2,12}|popstate|progress|propertychange|ratechange"
    rb"|readystatechange|redo|repeat|reset|resize\w{0,5}|resume|reverse|row\w{3,12}"
    rb"|scroll\w{0,14}|search|securitypolicyviolation|seek\w{0,4}|select\w{0,7}|show|slotchange|stalled"
    rb"|start|stop|storage|submit|suspend|syncrestored"
    rb"|time\w{3,6}|toggle|touch\w{2,7}|trackchange|transition\w{2,7}|undo|unhandledrejection|unload"
    rb"|urlflip|volumechange|waiting|web\w{4,24}|wheel)"
)
SCRIPT = rb"j[\s\x00]*a[\s\x00]*v[\s\x00]*a[\s\x00]*s[\s\x00]*c[\s\x00]*r[\s\x00]*i[\s\x00]*p[\s\x00]*t[\s\x00]*:"
CALLS = (
    rb"(?:alert|confirm|prompt|eval|fetch|import|print|setTimeout|setInterval|Function|execScript|open"
    rb"|write|writeln|atob|location|document|window|top|self|parent|frames|this|globalThis"
    rb"|String\.fromCharCode|XMLHttpRequest)"
)


_ESCAPED = re.compile(rb"['\"](?:\\[0-7]{2,3}|\\x[0-9a-f]{2}|<)")


_TITLE = re.compile(rb"[ ]\w[\w ,!?-]{0,200}")


def _is_address(found: Found) -> bool:
    """javascript: at the beginning of a value or of an attribute; "javascript:void(0)" and ";" are common and harmless, and so is
    a title ("JavaScript: the basics"), which has a space and then words only."""
    if _TITLE.fullmatch(found.text, found.end):
        return False
    rest = found.text[found.end : found.end + 16].strip().lower()
    if rest[:1] in (b"'", b'"') and _ESCAPED.match(rest):
        return True
    return bool(rest) and not rest.startswith(
        (b"void(0)", b"void 0", b";", b"'", b'"', b"history.", b"window.print", b"//"[:0] or b"\x00")
    )


_STYLED = re.compile(
    rb"\bstyle\s{0,3}=\s{0,3}(?:\"[\w\s:;#.,%!\-]{0,400}\"|'[\w\s:;#.,%!\-]{0,400}'|\w{1,40}\s{0,3}={2,3})", re.IGNORECASE
)
_W3C = rb"(?!https?://www\.w3\.org/(?!2001/xmlschema|2003/05/soap))"
_NAMESPACE = re.compile(
    rb"\A\s{0,20}<\?xml\s[^<>]{0,200}\?>|\sxmlns(?::[\w.\-]{1,40})?\s{0,3}=\s{0,3}(?:\""
    + _W3C
    + rb"[^\"<>]{0,200}\"|'"
    + _W3C
    + rb"[^'<>]{0,200}')",
    re.IGNORECASE,
)
"""How documents of XML begin. Namespaces of the W3C are left: among them are those in which elements run or load something."""
_OF_XML = re.compile(rb"\A\s{0,20}<(?:\?xml\s|[\w:.\-]{1,80}\s[^<>]{0,200}\bxmlns\b)", re.IGNORECASE)
_COMMENT = re.compile(rb"</?comment>", re.IGNORECASE)
"""A usual element of XML; in HTML old browsers took what it holds for a remark."""
_REMARK = re.compile(rb"<!--[^<>\[`]*`[^<>\[]*-->")


def _is_script(found: Found) -> bool:
    """The value makes script of itself. Colours and measures of a style do not, nor do complete comments, nor how a document of
    XML begins, nor `<` that was written as an entity within markup: a browser shows that."""
    text, raw = found.text, found.value.text
    if text is not raw and len(raw) <= 4_096 and b"<" in raw and b"&" in raw and b"%" not in raw and b"\\" not in raw:
        text = raw
    if _OF_XML.match(text) and b"schemalocation" not in text.lower():  # a reader that obeys it fetches what it names
        text = _COMMENT.sub(b" ", _NAMESPACE.sub(b" ", text))
    return xss(_REMARK.sub(b" ", _STYLED.sub(b"class", text)))


SIGNATURES = (
    Signature(
        id="spelt-script",
        pattern=rb"\\[0-3]?[0-7]{1,2}\\[0-7]|['\"`]\s*(?:\+|\.concat\s*\()\s*['\"`]|/\s*\.\s*source\b|\[\s*['\"`]\w{1,30}['\"`]\s*\]\s*[(`\[.?]"
        rb"|\b(?:alert|confirm|prompt|eval|function|settimeout|setinterval|(?:set|apply|construct)\.call|(?:call|apply)\.call)(?:\s*\))*\s*"
        rb"(?:\?\.|\.\s*(?:call|apply|bind)|`|[,;)}])|\(\s*(?:alert|confirm|prompt)\s*\)|\(\s*(?:[^()\s]{0,20},\s*)?(?:alert|confirm|prompt|eval)\s*[,)]"
        rb"|\.\s*constructor\s*[(`]\s*['\"`]|\bonerror\s*=\s*(?:alert|confirm|prompt|eval)\b|\bcreateelement\s*\(\s*['\"`](?:script|iframe|img)|toString\(\s*3\d"
        rb"|\b(?:settimeout|setinterval|eval|function)\s*\(\s*['\"`]|\blocation\s*=\s*['\"`]|[\[\]()!+{}]{24}"
        rb"|^[\s;,+!~\-]{0,4}\(?(?:alert|confirm|prompt)\)?\(",
        reason="a script that hides what it calls",
        whole=True,
        confirm=lambda found: (
            len(found.text) <= 600 and found.text.count(b"\n") <= 3 and not _is_prose(found) and calls(found.text)
        ),
    ),
    Signature(
        id="torn-apart",
        pattern=rb"[a-z]<[^<>\s]{0,12}>[a-z]",
        reason="markup that appears when tags are taken out",
        whole=True,
        confirm=lambda found: len(found.text) <= 600 and _appears(found.text),
    ),
    Signature(
        id="script-element",
        pattern=rb"<[\s\x00]*/?[\s\x00]*(?:\w{1,10}:)?s[\s\x00]*c[\s\x00]*r[\s\x00]*i[\s\x00]*p[\s\x00]*t\b[^a-z0-9]",
        reason="a script element",
    ),
    Signature(
        id="event-handler",
        pattern=rb"<[a-z!?/][^>]*?[\s\x00\x0b\x0c/\"'`:+]on[a-z]{3,30}[\s\x00\x0b\x0c]*=[\s\x00]*[^\s>]",
        reason="an element with an event handler",
    ),
    Signature(
        id="handler-after-quote",
        pattern=rb"(?:^|[\"'`>;\s])[\s\x00/]*"
        + EVENT
        + rb"[\s\x00]*=[\s\x00]*[\"'`]?[^\"'\s>]*?(?:"
        + CALLS
        + rb"|\w{1,40})[\s\x00]*\??[(`\[.&\\]",
        reason="an event handler for an attribute that was broken out of",
        needle=rb"(?:^|[\"\'`>;\s/\x00])on[a-z]{3,30}[\s\x00]*=[\s\x00]*[\"\'`]?[^\"\'\s>]*[(`\[.&\\?]",
        confirm=lambda found: found.start <= 100,
    ),
    Signature(
        id="script-address",
        pattern=rb"(?:^[\s\x00-\x1f]*|[=\"'`(,>]|url[\s\x00]*\([\s\x00'\"]*)(?:&colon;|[\s\x00-\x1f])*(?:"
        + SCRIPT
        + rb"|v[\s\x00]*b[\s\x00]*s[\s\x00]*c[\s\x00]*r[\s\x00]*i[\s\x00]*p[\s\x00]*t[\s\x00]*:|livescript:"
        rb"|mocha:|jar:https?:)",
        reason="an address that is a script",
        needle=rb"j[\s\x00]*a[\s\x00]*v[\s\x00]*a[\s\x00]*s[\s\x00]*c[\s\x00]*r[\s\x00]*i[\s\x00]*p[\s\x00]*t[\s\x00]*:"
        rb"|v[\s\x00]*b[\s\x00]*s[\s\x00]*c[\s\x00]*r[\s\x00]*i[\s\x00]*p[\s\x00]*t[\s\x00]*:|livescript:"
        rb"|mocha:|jar:https?:",
        confirm=_is_address,
    ),
    Signature(
        id="data-address",
        pattern=rb"(?:^[\s]*|[=\"'(,])[\s]*data:[\s]*(?:text/html|text/xml|application/xhtml\+xml|application/xml"
        rb"|image/svg\+xml|text/javascript|application/(?:x-)?javascript)[^\"'\s]*,[^\"'>\s]*?(?:<|%3c|PH|PD"
        rb"|script|on\w+=)",
        reason="an address that holds a document with scripts",
    ),
    Signature(
        id="packed-document",
        pattern=rb"(?:^[\s]*|[=\"'(,])[\s]*data:[\s]*(?:text/html|text/xml|application/xhtml\+xml|application/xml|image/svg\+xml)?[^\"'\s,]*;base64,"
        rb"[a-z0-9+/=%]{12,}",
        needle=rb"data:[^\"'\s,]*;base64,[a-z0-9+/=%]{12}",
        reason="an address that holds a document with scripts",
        span=4_000,
        confirm=lambda found: _packed(found),
    ),
    Signature(
        id="active-element",
        pattern=rb"<[\s\x00/]*(?:iframe|frame|embed|object|applet|meta|base|link|form|isindex|xml|import|bgsound|layer"
        rb"|ilayer|svg|math|animate|set|use|template|portal|x|a|img|image|video|audio|source|input|button|area"
        rb"|style|table|td|body|html|div|br)\b[^>]*?"
        rb"(?:srcdoc\s*=|(?:src|href|data|action|formaction|xlink:href|code|codebase|classid|background|dynsrc"
        rb"|lowsrc|values?|from|to|content|style|poster|manifest|folder"
        rb"|url)\s*=[\s\x00-\x1f\"'`]*(?:[^\"'>]*url\s*=\s*['\"]?)?(?:"
        + SCRIPT
        + rb"|vbscript:|data:\s*(?:text/(?:html|xml)|[^,\"']{0,30};base64,P[HD])|&#|jar:)|allowscriptaccess)",
        reason="an element that loads or runs what it names",
        needle=rb"srcdoc\s*=|allowscriptaccess|"
        + SCRIPT
        + rb"|vbscript:|data:\s*(?:text/|[^,\"']*;base64,P)|=[\s\x00-\x1f\"'`]*[^\"'>]*&#|jar:",
        confirm=lambda found: b"javascript:void(0)" not in found.text[found.start : found.end + 10].lower(),
    ),
    Signature(
        id="foreign-object",
        pattern=rb"<[\s\x00]*(?:embed|applet|bgsound|layer|ilayer|base)\b[^>]*(?:src|href|code|codebase)\s*="
        rb"|<[\s\x00]*(?:link|\?import|\?xml-stylesheet)\b[^>]*(?:href"
        rb"|implementation)\s*=[\s\"'`]*(?:[^\"'>]*\.(?:js|htc|xsl)\b|[^\"'>]+\bxss)"
        rb"|<\s*meta\b[^>]*http-equiv\s*=[\s\"']*(?:refresh|set-cookie|link)|<\s*object\b[^>]*(?:data"
        rb"|type\s*=\s*[\"']?text/x-scriptlet|classid)\s*=?|<\s*iframe\b[^>]*(?:<"
        rb"|src\s*=[\s\"']*(?:https?:)?//[^\"'>\s]*(?:xss|evil|attacker))|<!(?:entity"
        rb"|attlist)\b[^>]*(?:javascript|script)|<\s*(?:xss|x)\b[^>]*style\s*="
        rb"|<!--\[if\b.{0,40}\]>\s*<\s*script",
        reason="an element that brings in foreign content",
    ),
    Signature(
        id="style",
        pattern=rb"(?:style\s*=|<\s*style\b|[{;]"
        rb"|\bxss\s*:)[^>]*?(?:e[\s\\]{0,4}x[\s\\]{0,4}p[\s\\]{0,4}r[\s\\]{0,4}e[\s\\]{0,4}s[\s\\]{0,4}s[\s\\]{0,4}i[\s\\]{0,4}o[\s\\]{0,4}n\s*\("
        rb"|-moz-binding\s*:|behaviou?r\s*:\s*url|@\\?i\\?m\\?p\\?o\\?r\\?t\b\s*(?:url|['\"])[^;]*(?:javascript"
        rb"|\.js|xss|//)|url\s*\(\s*['\"]?\s*(?:javascript|vbscript|data:text/html))",
        reason="a style that runs code",
        needle=rb"s[\s\\]*i[\s\\]*o[\s\\]*n\s*\(|-moz-binding|behaviou?r\s*:\s*url|@\\?i\\?m\\?p\\?o\\?r\\?t\b"
        rb"|url\s*\(\s*[\'\"]?\s*(?:javascript|vbscript|data:text/html)",
    ),
    Signature(
        id="out-of-string",
        pattern=rb"(?:['\"`\\]|^)[\s)}\]]*[;+\-*/|&^,%?:<>=!~]{1,4}[\s({\[\"']*(?:\w{1,20}\s*[.=]\s*){0,3}(?:window|top"
        rb"|self|parent|frames|this|globalThis|document)?[\s.\[\"'(]*(?:alert|confirm|prompt|eval|fetch"
        rb"|Function|setTimeout|setInterval|execScript|String\.fromCharCode|import|atob|document\.(?:write"
        rb"|cookie|location|domain)|location)[\s\"'\])]*(?:[(`=]|\.\s*(?:call|apply|bind|href)\b)",
        reason="a script after the end of a string",
        confirm=lambda found: (
            found.start <= 80 and (found.text[found.start : found.start + 1] in b"'\"`\\" or len(found.text) <= 120)
        ),
    ),
    Signature(
        id="call",
        pattern=rb"\b(?:alert|confirm|prompt)[\s\x00]*(?:\([\s\"'`/]*(?:\d{1,6}|xss\w*|document\.\w+|window\.\w+"
        rb"|location\w*|origin|String\.fromCharCode|/?xss/?|[\"'`/]+[^\"'`]{0,20}xss[^\"'`]{0,20}[\"'`/]+"
        rb"|\w{1,10})[\s\"'`/.\w]{0,20}\)|`[^`]{0,20}`)|\b(?:eval|setTimeout|Function)\s*\(\s*(?:atob"
        rb"|String\.fromCharCode|unescape|decodeURI\w*|location\.|name\b)|document\s*\.\s*(?:cookie"
        rb"|domain)\s*[)+;,&]|\[\s*['\"]?(?:constructor|\\?x63)[^\]]{0,30}\]\s*(?:\[|\()|(?:constructor|find"
        rb"|filter|map)\s*\.\s*constructor\s*\(|\bonerror\s*=\s*(?:alert|eval|confirm|prompt)\s*[;,]?\s*throw\b"
        rb"|\btop\s*\[\s*['\"/]|\bself\s*\[\s*['\"/]",
        reason="a call that proves that a script runs",
        confirm=lambda found: len(found.text) <= 160 and not _is_prose(found),
    ),
    Signature(
        id="frame",
        pattern=rb"<[\s\x00]*i?frame\b|<[\s\x00]*base\b[^>]*href|<style[^>]*>[^<]*@import\b|\+ADw-(?:s|i|/|\w)"
        rb"|<xsl:(?:stylesheet|template|value-of)\b|\bev:(?:event|handler)\s*=|<(?:listener"
        rb"|handler)\b[^>]*\b(?:event|handler)\s*=|<!ATTLIST\b[^>]*\bon\w+|^\s*data:\s*,\s*<"
        rb"|<\s*form\b[^>]*\baction\s*=[\s\"']*(?:javascript|data|https?:)|\bres://\w:|[\"'\s<](?:formaction"
        rb"|srcdoc|xlink:href|dynsrc|dirname)[\s/]*=",
        reason="markup that loads foreign content",
        confirm=lambda found: found.start <= 400,
    ),
    Signature(
        id="markup",
        pattern=rb"<[a-z!/?%\x00]|\bon[a-z]{3,30}[\s\x00]*=|\bstyle[\s\x00]*=|[\"'`][\s\x00/]*(?:href|src|xlink:href"
        rb"|formaction|srcdoc)\s*=",
        reason="markup that is read as script",
        whole=True,
        confirm=lambda found: len(found.text) <= 4_096 and _is_script(found),
    ),
    Signature(
        id="lone",
        pattern=rb"^(?:\\x|\\u00|%|&#x0*|&#0*)(?:3c|60);?$|^(?:new\s+Function|set(?:Interval|Timeout)|eval|atob"
        rb"|btoa)\s*\([^()]{0,60}\);?$|\$\{\s*(?:alert|confirm|prompt)\s*\}"
        rb"|\bdocument\s*\)?\s*\[\s*['\"`/](?:cookie|domain|location|write|body)|\b(?:self|top|this|window"
        rb"|parent|frames|globalThis)\s*\[\s*(?:['\"`]?\s*/?(?:alert|eval|confirm|prompt|document|location"
        rb"|\w{0,12}['\"`]\s*\+)|\d{3,}\.\.)|\.appendChild\s*\(\s*document\.createElement",
        reason="a piece of a script",
        confirm=lambda found: len(found.text) <= 160,
    ),
    Signature(
        id="template-script",
        pattern=rb"\{\{[^\n]{0,300}?(?:\bconstructor\b|\.sub\b|\balert\b|__proto__|\$apply|\$eval|getPrototypeOf|getOwnProperty"
        rb"|fromCharCode|\$root\.\$|\$on\b)|<\w[^<>]{0,200}?[\s/](?:@(?:\[[^\]]{1,40}\]|[a-z][\w.:\-]{2,40})|v-[\w:.\-]{0,40}|:\[?\w{1,30})\s*=\s*[\"']?[^\"'>]{0,100}(?:constructor|\.view\.|[(`])|\bng-(?:app|init|click|focus|csp|mouseover"
        rb"|include)\s*=|\bv-(?:html|on:\w+)\s*=|\bx-(?:init|on:\w+)\s*=\s*[\"'][^\"']{0,40}\(|\bhx-on\b",
        reason="a script for a template in the browser",
        needle=rb"<\w[^<>]{0,200}?[\s/](?:@[\[\w]|v-|:\[?\w)[^=<>]{0,60}=|\{\{[^\n]{0,300}?(?:\bconstructor\b|\.sub\b|\balert\b|__proto__|\$apply|\$eval|getPrototypeOf|getOwnProperty|fromCharCode"
        rb"|\$root\.\$|\$on\b)|\bng-\w+\s*=|\bv-(?:html"
        rb"|on:)|\bx-(?:init|on:)|\bhx-on\b",
        confirm=lambda found: found.start <= 200 and (found.text[found.start : found.start + 1] == b"{" or b"<" in found.text),
    ),
)


_BETWEEN_TAGS = re.compile(rb"<[^<>\s]{0,12}>")
_APPEARING = re.compile(rb"<\s*/?\s*script\b|\bon[a-z]{4,24}\s*=|\b(?:alert|confirm|prompt)\s*\(|\bjavascript:", re.I)


def _appears(text: bytes) -> bool:
    """A filter that takes tags out makes two pieces of script that were not there before: `o<x>nfocus=a<x>lert(1)`."""
    if not any(
        text[one.end() : one.end() + 1].isalpha() and text[one.start() - 1 : one.start()].isalpha()
        for one in _BETWEEN_TAGS.finditer(text, 1)
    ):
        return False
    rest = _BETWEEN_TAGS.sub(b"", text)
    return len(_APPEARING.findall(rest)) > max(0, len(_APPEARING.findall(text))) and xss(rest)


def _packed(found: Found) -> bool:
    """The document within is markup that runs something."""
    packed = (
        found.text[found.start : min(found.end, found.start + 2_800)].rpartition(b",")[2].replace(b"%3D", b"=").rstrip(b"=")
    )
    try:
        return xss(a2b_base64(packed[: len(packed) // 4 * 4]))
    except ValueError:
        return False


def _is_prose(found: Found) -> bool:
    """Whether many words stand around it: then it is a text about scripts."""
    return found.text.count(b" ") > 8
