"""The names of HTML, SVG and XML with which text becomes script: elements, attributes, event handlers, schemes of URLs.

Event handlers are those of the HTML Standard, of SVG, of the Web's other interfaces and of old Internet Explorer, as browsers
document them. All in lower case. Knows nothing of how markup is read.
"""

from typing import Final

_HANDLERS: Final = """
onabort onactivate onafterprint onafterscriptexecute onafterupdate onanimationcancel onanimationend onanimationiteration
onanimationstart onautocomplete onautocompleteerror onauxclick onbeforeactivate onbeforecopy onbeforecut
onbeforedeactivate onbeforeeditfocus onbeforeinput onbeforeload onbeforematch onbeforepaste onbeforeprint
onbeforescriptexecute onbeforetoggle onbeforeunload onbeforeupdate onbegin onblocked onblur onbounce onbufferedamountlow
oncancel oncanplay oncanplaythrough oncellchange onchange onclick onclose oncommand oncompassneedscalibration oncomplete
oncontentvisibilityautostatechange oncontextlost oncontextmenu oncontextrestored oncontrolselect oncopy oncuechange
oncut ondataavailable ondatasetchanged ondatasetcomplete ondblclick ondeactivate ondevicelight ondevicemotion
ondeviceorientation ondeviceproximity ondrag ondragdrop ondragend ondragenter ondragexit ondragleave ondragover
ondragstart ondrop ondurationchange onemptied onencrypted onend onended onerror onexit onfilterchange onfinish onfocus
onfocusin onfocusout onformchange onformdata onforminput onfreeze onfullscreenchange onfullscreenerror
ongamepadconnected ongamepaddisconnected ongesturechange ongestureend ongesturestart ongotpointercapture onhashchange
onhelp onicecandidate oninput oninstall oninvalid onkeydown onkeypress onkeystatuseschange onkeyup onlanguagechange
onlayoutcomplete onload onloading onlosecapture onlostpointercapture onmediacomplete onmediaerror onmessage
onmidimessage onmousedown onmouseenter onmouseleave onmousemove onmouseout onmouseover onmouseup onmousewheel onmove
onmoveend onmovestart onmozfullscreenchange onmozfullscreenerror onmozpointerlockchange onmozpointerlockerror
onmscontentzoom onmsgesture onmsinertiastart onmspointer onmute onnegotiationneeded onnotificationclick onoffline
ononline onopen onorientationchange onoutofsync onoverscroll onpagehide onpagereveal onpageshow onpageswap onpaint
onpaste onpause onplay onpointercancel onpointerdown onpointerenter onpointerleave onpointerlockchange
onpointerlockerror onpointermove onpointerout onpointerover onpointerrawupdate onpointerup onpopstate onprocessorerror
onprogress onpropertychange onpush onratechange onreadystatechange onredo onrejectionhandled onrepeat onreset onresize
onresourcetimingbufferfull onresult onresume onreverse onrowdelete onrowenter onrowexit onrowinserted onrowsdelete
onrowsenter onrowsinserted onscroll onsearch onsecuritypolicyviolation onseek onselect onshow onsignalingstatechange
onslotchange onsnapchanged onsnapchanging onsoundend onsoundstart onspeechend onspeechstart onstalled onstart
onstatechange onstop onstorage onstream onsubmit onsuspend onsynchrestored ontimeerror ontimeout ontimeupdate ontoggle
ontonechange ontouchcancel ontouchend ontouchmove ontouchstart ontrack ontransitioncancel ontransitionend
ontransitionrun ontransitionstart ontypechange onundo onunhandledrejection onunload onunmute onupdateend onupdatefound
onupdatestart onupgradeneeded onurlflip onuserproximity onversionchange onvisibilitychange onvoiceschanged
onvolumechange onwaiting onwarning onwebglcontext onwebkitanimation onwebkitcurrentplayback onwebkitfullscreen
onwebkitkeyadded onwebkitkeyerror onwebkitkeymessage onwebkitmouseforce onwebkitneedkey onwebkitplaybacktarget
onwebkitpresentationmode onwebkitsource onwebkittransition onwebkitwillrevealbottom onwheel onwrite onzoom
"""

HANDLERS: Final = tuple(_HANDLERS.split())
"""Beginnings of the names of event handlers: `onclick` stands for `onclicks` too."""

ELEMENTS: Final = (
    "applet", "base", "comment", "embed", "frame", "frameset", "handler", "iframe", "import", "isindex", "link",
    "listener", "meta", "noscript", "object", "script", "style", "vmlframe", "xml", "xss",
)  # fmt: skip
"""Elements that run, load or restyle something by being there."""

ELEMENT_FAMILIES: Final = ("svg", "xsl")
"""Beginnings of the names of such elements."""

ATTRIBUTES: Final = ("style", "filter", "datasrc", "dataformatas")
"""Attributes whose values are run or loaded in some browser."""

ATTRIBUTE_FAMILIES: Final = ("xmlns", "xlink")
"""Beginnings of the names of attributes that change what other names mean."""

ADDRESSES: Final = (
    "action", "background", "by", "dynsrc", "folder", "formaction", "from", "handler", "href", "lowsrc", "poster",
    "src", "to", "values",
)  # fmt: skip
"""Attributes whose values are, or become, URLs."""

NAMES_OF_ATTRIBUTES: Final = ("attributename",)
"""Attributes whose values are names of attributes."""

SCHEMES: Final = ("data", "java", "vbscript", "view-source")
"""Beginnings of URLs that run or show what is not another resource."""

DECLARATIONS: Final = ("[if", "xml", "import", "entity")
"""Beginnings of comments and declarations that some browser acts upon; more has to follow the first two."""
