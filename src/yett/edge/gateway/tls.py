"""TLS for listeners and upstreams: contexts made of PEM bytes, and what a handshake established.

Certificates come as bytes that were read with the rest of the policy, so all workers use the same ones and a file that is
half written is never seen. OpenSSL takes keys from files only; they reach it through files that exist in memory. It must not
know who listens or connects.

Memory, measured with uvloop 0.23 and OpenSSL 3.0 on 2,000 idle connections: 24 KB each, of which 7 KB are the two session
tickets; asyncio's own transport takes 277 KB, because it writes zeros over a read buffer of 256 KB. So workers run on uvloop.
"""

import os
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509

from yett.model.exchange import TLSFacts
from yett.model.policy import ClientAuth, ListenTLS, UpstreamTLS

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:!PSK:!aNULL:!eNULL"
"""For TLS 1.2: forward secrecy and authenticated encryption only (RFC 9325, 4.2). Those of TLS 1.3 are all fine."""

Read = Callable[[str], bytes]
"""Contents of a file, by its path as the policy writes it. Raises KeyError or OSError."""

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_CLIENT_AUTH = {
    ClientAuth.NONE: ssl.CERT_NONE,
    ClientAuth.OPTIONAL: ssl.CERT_OPTIONAL,
    ClientAuth.REQUIRED: ssl.CERT_REQUIRED,
}
_SERVER_NAME = "yett_server_name"


class TLSError(Exception):
    """Certificate, key or CA cannot be used. The text says which file and why, and holds nothing of the key."""


def listener_files(settings: ListenTLS) -> tuple[str, ...]:
    """The files that `listener_context` reads."""
    return (settings.certificate, settings.key, *((settings.client_ca,) if settings.client_ca else ()))


def upstream_files(settings: UpstreamTLS) -> tuple[str, ...]:
    """The files that `upstream_context` reads."""
    return tuple(path for path in (settings.ca, settings.certificate, settings.key) if path)


def from_disk(path: str) -> bytes:
    return Path(path).read_bytes()


def listener_context(settings: ListenTLS, read: Read = from_disk) -> ssl.SSLContext:
    """The context of a listener. Raises TLSError."""
    if settings.client_auth is not ClientAuth.NONE and not settings.client_ca:
        raise TLSError(f"client_auth: {settings.client_auth} needs client_ca, the authorities whose certificates are accepted")
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(made, _VERSIONS[settings.minimum_version])
    made.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    _load_pair(made, settings.certificate, settings.key, read)
    if settings.client_ca:
        _load_authorities(made, settings.client_ca, read)
    made.verify_mode = _CLIENT_AUTH[settings.client_auth]
    made.sni_callback = _remember_server_name
    return made


def upstream_context(settings: UpstreamTLS, read: Read = from_disk) -> ssl.SSLContext:
    """The context for connections to an upstream; the name to verify goes to the connection. Raises TLSError."""
    if bool(settings.certificate) != bool(settings.key):
        raise TLSError("a client certificate needs both certificate and key")
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _harden(made, ssl.TLSVersion.TLSv1_2)
    if not settings.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    elif settings.ca:
        _load_authorities(made, settings.ca, read)
    else:
        made.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if settings.certificate and settings.key:
        _load_pair(made, settings.certificate, settings.key, read)
    return made


class Contexts:
    """Contexts by what they are made of. Unchanged ones outlive a reload, and the system's roots are loaded once.

    `keep_used` forgets what was not asked for since it was called last.
    """

    def __init__(self) -> None:
        self._made: dict[bytes, ssl.SSLContext] = {}
        self._used: set[bytes] = set()

    def listener(self, settings: ListenTLS, read: Read) -> ssl.SSLContext:
        """Raises TLSError."""
        return self._get(settings, listener_files(settings), read, lambda: listener_context(settings, read))

    def upstream(self, settings: UpstreamTLS, read: Read) -> ssl.SSLContext:
        """Raises TLSError."""
        return self._get(settings, upstream_files(settings), read, lambda: upstream_context(settings, read))

    def _get(self, settings: object, files: tuple[str, ...], read: Read, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        digest = sha256(repr(settings).encode())
        for path in files:
            digest.update(sha256(_content(path, read)).digest())
        key = digest.digest()
        self._used.add(key)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = make()
        return found

    def keep_used(self) -> None:
        self._made = {key: made for key, made in self._made.items() if key in self._used}
        self._used.clear()


def tls_facts(ssl_object: Any) -> TLSFacts:
    """What the handshake established, of a transport's extra "ssl_object". About 60 µs with a client certificate, 2 without.

    subject is that of RFC 4514; names are the alternative names: DNS names, URIs, mail and IP addresses.
    """
    cipher = ssl_object.cipher()
    certificate = ssl_object.getpeercert(binary_form=True)
    subject, names, fingerprint = _certificate_facts(certificate) if certificate else ("", (), "")
    return TLSFacts(
        version=ssl_object.version() or "",
        cipher=cipher[0] if cipher else "",
        server_name=getattr(ssl_object, _SERVER_NAME, ""),
        subject=subject,
        names=names,
        fingerprint=fingerprint,
    )


def _certificate_facts(certificate: bytes) -> tuple[str, tuple[str, ...], str]:
    parsed = x509.load_der_x509_certificate(certificate)
    names: list[str] = []
    try:
        extension = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        pass
    else:
        for kind in (x509.DNSName, x509.UniformResourceIdentifier, x509.RFC822Name, x509.IPAddress):
            names += [str(value) for value in extension.get_values_for_type(kind)]
    return parsed.subject.rfc4514_string(), tuple(names), sha256(certificate).hexdigest()


def _remember_server_name(ssl_object: Any, name: str | None, _: ssl.SSLContext) -> None:
    """A server's ssl object does not say which name the client asked for; it is told here only. Called during the handshake."""
    setattr(ssl_object, _SERVER_NAME, (name or "").lower())


def _harden(made: ssl.SSLContext, minimum: ssl.TLSVersion) -> None:
    made.minimum_version = minimum
    made.set_ciphers(CIPHERS)
    made.set_alpn_protocols(["http/1.1"])
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION


def _load_authorities(made: ssl.SSLContext, path: str, read: Read) -> None:
    try:
        made.load_verify_locations(cadata=_content(path, read).decode("ascii", "replace"))
    except (ssl.SSLError, ValueError) as error:
        raise TLSError(f"{path}: no usable certificates of authorities ({_reason(error)})") from error


def _load_pair(made: ssl.SSLContext, certificate: str, key: str, read: Read) -> None:
    with _in_memory(_content(certificate, read)) as certificate_path, _in_memory(_content(key, read)) as key_path:
        try:
            made.load_cert_chain(certificate_path, key_path, password=_refuse_password)
        except _Encrypted:
            raise TLSError(f"{key}: the key is encrypted; give it without a passphrase, readable by its owner only") from None
        except (ssl.SSLError, OSError) as error:
            raise TLSError(f"{certificate}, {key}: cannot be used as certificate and key ({_reason(error)})") from error


class _Encrypted(Exception):
    """OpenSSL would ask the terminal for a passphrase, and wait there for ever."""


def _refuse_password() -> str:
    raise _Encrypted


def _content(path: str, read: Read) -> bytes:
    try:
        return read(path)
    except (KeyError, OSError) as error:
        raise TLSError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'not part of the policy'})") from error


def _reason(error: Exception) -> str:
    """Without the place in CPython's source that OpenSSL's errors end with."""
    return (getattr(error, "reason", None) or str(error)).lower().replace("_", " ")


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """A path under which `content` can be read. Nothing reaches a disk on Linux; elsewhere it is a private, short-lived file."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("yett-pem")
        try:
            os.write(file, content)
            yield f"/proc/self/fd/{file}"
        finally:
            os.close(file)
    else:
        with tempfile.NamedTemporaryFile(prefix="yett-") as private:
            private.write(content)
            private.flush()
            yield private.name
