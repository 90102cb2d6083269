"""A real mail server on this machine, which takes mail after STARTTLS and a password only, and keeps it."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "right"


class Inbox:
    """What a mail server took: recipients, the mail, whether it came encrypted."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], str, bool]] = []
        self._says_so = threading.Event()
        self._says_so.set()

    @contextmanager
    def in_silence(self) -> Iterator[None]:
        """Mail is taken, and the word that it was waits until the end."""
        self._says_so.clear()
        try:
            yield
        finally:
            self._says_so.set()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.messages.append((envelope.rcpt_tos, envelope.content.decode(), session.ssl is not None))
        while not self._says_so.is_set():
            await asyncio.sleep(0.05)
        return "250 OK"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that nobody else trusts: its file, and the key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2016, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2126, 1, 1, tzinfo=UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "cert.pem", folder / "key.pem"


@contextmanager
def serve_mail(certificate: tuple[Path, Path]) -> Iterator[tuple[Controller, Inbox]]:
    """The server, running at its `port`, and what it took."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    class TlsController(Controller):
        def factory(self) -> SMTP:
            return SMTP(
                self.handler,
                tls_context=context,
                require_starttls=True,
                authenticator=lambda *_: AuthResult(
                    success=_[4].password == PASSWORD.encode(), handled=False
                ),
                auth_required=True,
            )

    inbox = Inbox()
    controller = TlsController(inbox, hostname="127.0.0.1", port=0)
    # Port 0 lets the system choose; the controller tries the port it was told, so one is found first.
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        controller.port = free.getsockname()[1]
    controller.start()
    try:
        yield controller, inbox
    finally:
        controller.stop()
