"""A certificate authority for tests: makes keys and certificates, as PEM."""

import datetime
import ipaddress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Pair(NamedTuple):
    certificate: bytes
    key: bytes

    def write(self, directory: Path, name: str) -> tuple[str, str]:
        """Write NAME.pem and NAME.key; gives both paths."""
        (directory / f"{name}.pem").write_bytes(self.certificate)
        (directory / f"{name}.key").write_bytes(self.key)
        return str(directory / f"{name}.pem"), str(directory / f"{name}.key")


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative(name: str) -> x509.GeneralName:
    if "://" in name:
        return x509.UniformResourceIdentifier(name)
    if "@" in name:
        return x509.RFC822Name(name)
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Authority:
    """Signs what it is asked to."""

    def __init__(self, name: str = "Test Authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._certificate = self._sign(self._name, self._key.public_key(), (), authority=True)
        self.certificate = self._certificate.public_bytes(serialization.Encoding.PEM)

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, names: tuple[str, ...], *, authority: bool
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + 2 * DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def issue(self, common_name: str, *names: str, password: bytes = b"") -> Pair:
        """A certificate for these alternative names: DNS names, addresses, URIs or mail addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(_name(common_name), key.public_key(), names, authority=False)
        encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        return Pair(certificate.public_bytes(serialization.Encoding.PEM), pem)
