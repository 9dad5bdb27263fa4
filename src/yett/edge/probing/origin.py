"""The one origin that a run speaks to. It must not know what is sent."""

import ssl
from typing import NamedTuple
from urllib.parse import urlsplit


class Origin(NamedTuple):
    """scheme: "http" or "https". authority: as in Host. base: path of the given URL without trailing slash, "" for the root."""

    scheme: str
    host: str
    port: int
    authority: str
    base: str = ""

    @property
    def text(self) -> str:
        """ "https://host:port", the port only where it is not the default one."""
        return f"{self.scheme}://{self.authority}"

    @property
    def secure(self) -> bool:
        return self.scheme == "https"


def origin_of(url: str) -> Origin:
    """Read a URL that somebody typed; "host:port" alone is http. Raises ValueError with what is wrong."""
    whole = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(whole)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is no URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"{url!r}: only http and https can be probed")
    if not host or not whole.isascii() or not whole.isprintable() or " " in whole:
        raise ValueError(f"{url!r} names no host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("credentials do not belong into the URL; name them in the identities file")
    default = 443 if parts.scheme == "https" else 80
    name = f"[{host}]" if ":" in host else host
    authority = name if port in (None, default) else f"{name}:{port}"
    return Origin(parts.scheme, host, port or default, authority, parts.path.rstrip("/"))


def client_context(verify: bool) -> ssl.SSLContext:
    """For the target's TLS; without verification it can be probed that its certificate is bad."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
