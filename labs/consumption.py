"""API10, unsafe consumption of APIs: documents of partners are believed, entities in XML and addresses in feeds too."""

import re
from urllib.parse import urlsplit

from labs import fetching
from labs.house import Call, House, Refused, Reply, form

FILES = {
    "/etc/passwd": b"root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
    "/etc/hostname": b"lab\n",
}
ENTITY = re.compile(rb"<!ENTITY\s+(%?\s*)([A-Za-z_][\w.-]{0,40})\s+(SYSTEM\s+)?[\"']([^\"'<>]{0,300})[\"']\s*>")


def build(house: House) -> None:
    look = house.style

    def load(call: Call) -> Reply:
        raw = call.raw[:20_000]
        if b"<!DOCTYPE" in raw.upper() or b"<!ENTITY" in raw.upper():
            if house.fixed:
                raise Refused(400, "documents with a DOCTYPE are refused")
            raw = _expanded(raw)
        found = re.search(rb"<title>([^<]{0,2000})</title>", raw)
        if found is None:
            raise Refused(400, "there is no title")
        return Reply(look.one({"title": found[1].decode("utf-8", "replace")}))

    def feed(call: Call) -> Reply:
        address = call.body["source"]
        parts = urlsplit(address)
        if house.fixed and (parts.scheme != "https" or parts.hostname != "feeds.lab.example"):
            raise Refused(400, "only https://feeds.lab.example is read")
        try:
            return Reply(look.one({"entries": len(fetching.get(address).splitlines())}))
        except (OSError, ValueError):
            raise Refused(502, "there was no answer") from None

    document = {"type": "object", "properties": {"title": {"type": "string"}}, "xml": {"name": "document"}}
    seen = {"title": {"type": "string"}}
    house.route("load", "POST", house.path("documents"), load, body=document, body_type="application/xml", answer=seen)
    address = {"type": "string", "format": "uri", "maxLength": 300}
    house.route(
        "feed", "POST", house.path("feeds"), feed, body=form({"source": address}), answer={"entries": {"type": "integer"}}
    )


def _expanded(raw: bytes) -> bytes:
    """What a parser makes of it that loads external entities."""
    for percent, name, external, value in ENTITY.findall(raw)[:10]:
        text = _loaded(value.decode("latin-1")) if external else value
        if not percent.strip():
            raw = raw.replace(b"&" + name + b";", text[:2000])
    return raw


def _loaded(address: str) -> bytes:
    if address.startswith("file:"):
        return FILES.get(urlsplit(address).path, b"")
    try:
        return fetching.get(address)
    except (OSError, ValueError):
        return b""
