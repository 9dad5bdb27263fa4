"""Server URLs as hosts and base paths. It must not know which format they came from."""

from collections.abc import Iterable

from yett.formats.contract.servers import MAX_BASES, base_path
from yett.formats.descriptions.values import MOST_HOSTS

Servers = tuple[tuple[str, tuple[str, ...]], ...]
"""(base path without trailing slash, hosts) in the order of the source; hosts are empty where URLs are relative."""

HERE: Servers = (("", ()),)
"""At the root of a host that nobody named."""


def host_pattern(text: str) -> str:
    """A host of a URL, of a configuration or of a Host field: lower case, without user, port and closing dot.

    What is variable in its first label makes it "*." and the rest; "" where nothing certain remains.
    """
    host = text.rpartition("@")[2].strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    host = host.partition(":")[0].rstrip(".")
    if "{" in host or "*" in host:
        labels = host.split(".")
        unsure = max(index for index, label in enumerate(labels) if "{" in label or "*" in label)
        rest = ".".join(labels[unsure + 1 :])
        return f"*.{rest}" if "." in rest or (host.startswith("*.") and rest) else ""
    return host


def split_url(url: str) -> tuple[str, str]:
    """(host or "", base path) of a server's URL."""
    _, mark, rest = url.partition("://")
    if not mark and not url.startswith("//"):
        return "", base_path(url)
    authority = (rest if mark else url[2:]).partition("/")[0].partition("?")[0]
    return host_pattern(authority), base_path(url)


def servers_of(urls: Iterable[str]) -> Servers:
    """The servers of URLs, those with the same base path together, at most MAX_BASES of these."""
    found: dict[str, dict[str, None]] = {}
    for url in urls:
        host, base = split_url(url)
        if base not in found and len(found) == MAX_BASES:
            continue
        hosts = found.setdefault(base, {})
        if host and len(hosts) < MOST_HOSTS:
            hosts[host] = None
    return tuple((base, tuple(hosts)) for base, hosts in found.items()) or HERE
