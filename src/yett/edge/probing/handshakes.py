"""One TLS handshake with one version, and what the certificate is worth. It must not know what is done with the answer."""

import asyncio
import ssl

from cryptography import x509

from yett.edge.probing.origin import Origin
from yett.model.probe import Handshake

_VERSIONS = {
    "SSLv3": ssl.TLSVersion.SSLv3,
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
SECONDS = 8.0


async def handshake(origin: Origin, version: str) -> Handshake:
    """Try that version and no other; the certificate is then judged by a second handshake that verifies it."""
    wanted = _VERSIONS.get(version)
    if not origin.secure or wanted is None:
        return Handshake(
            accepted=False, failure="the target does not speak TLS" if not origin.secure else f"no version {version}"
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.minimum_version = context.maximum_version = wanted
        context.set_ciphers("ALL:@SECLEVEL=0")  # what a weak server would still take
    except (ssl.SSLError, ValueError) as error:
        return Handshake(accepted=False, failure=f"this machine's TLS library cannot speak {version}: {error}")
    try:
        cipher, certificate = await _shaken(origin, context)
    except ssl.SSLError:
        return Handshake(accepted=False)
    except (OSError, TimeoutError, EOFError) as error:
        return Handshake(accepted=False, failure=str(error) or type(error).__name__)
    expires = x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp() if certificate else 0.0
    return Handshake(accepted=True, cipher=cipher, certificate=await _problems(origin), expires=expires)


async def _problems(origin: Origin) -> tuple[str, ...]:
    try:
        await _shaken(origin, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        return (error.verify_message,)
    except (OSError, TimeoutError, EOFError):
        return ()
    return ()


async def _shaken(origin: Origin, context: ssl.SSLContext) -> tuple[str, bytes]:
    async with asyncio.timeout(SECONDS):
        _, writer = await asyncio.open_connection(origin.host, origin.port, ssl=context, server_hostname=origin.host)
        try:
            spoken = writer.get_extra_info("ssl_object")
            return (spoken.cipher() or ("",))[0], spoken.getpeercert(binary_form=True) or b""
        finally:
            writer.transport.abort()
