"""Addresses of the Internet Protocol, versions 4 and 6. Of a person's device they are personal data (CJEU C-582/14)."""

import ipaddress

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_address(text: str) -> bool:
    """An address, and neither that of the machine itself nor a mask nor none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return not address.is_loopback and not address.is_unspecified and not text.startswith("255.")


CLASS = DataClass(
    id="ip-address",
    title="IP address",
    category=Category.LOCATION,
    severity=Severity.LOW,
    names=(),
    hints=phrases(
        "ip, ip address, ip addr, client ip, remote addr, remote ip, remote address, source ip, x forwarded for, "
        "ipv4, ipv6, last ip, login ip, host ip, ipv4 address, ipv6 address, public ip, private ip"
    ),
    forms=(
        Form(pattern=r"(?:\d{1,3}\.){3}\d{1,3}", check=_is_address, chance=0.01),
        Form(
            pattern=r"(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:(?:\.\d{1,3}){3})?(?:%[a-z0-9]+)?",
            check=_is_address,
            chance=0.01,
        ),
    ),
    references=("https://curia.europa.eu/juris/liste.jsf?num=C-582/14",),
    matches=(
        Specimen("ip", "203.0.113.7"),
        Specimen("value", "2001:db8::8a2e:370:7334"),
        Specimen("client_ip", "198.51.100.23"),
    ),
    passes=(
        Specimen("version", "1.2.3"),
        Specimen("build", "10.0.19045.300", "a part above 255"),
        Specimen("time", "12:30:45"),
        Specimen("ip", "localhost"),
    ),
)
