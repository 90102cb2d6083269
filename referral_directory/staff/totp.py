"""The second step: codes of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 seconds) and recovery codes."""

import hmac
import re
import secrets
from datetime import datetime

import pyotp
import segno

ISSUER = "Signpost Leeds"
PERIOD = 30
# Telephones' clocks differ: one step before and one after are taken too (RFC 6238, 5.2).
DRIFT = (0, -1, 1)
RECOVERY_CODES = 8
# Without letters and digits that are read as one another.
RECOVERY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_LENGTH = 16


def make_secret() -> str:
    """A new secret of 160 bits, in base 32."""
    return pyotp.random_base32()


def find_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The 30-second step that a code belongs to; None if it is wrong, too old, or not newer than `last_step`.

    A step is used once: whoever looks over a shoulder cannot use the code again (OWASP ASVS 5.0, 6.5.1).
    """
    digits = re.sub(r"\s", "", code)
    totp, present = pyotp.TOTP(secret, interval=PERIOD), int(now.timestamp()) // PERIOD
    found = None
    for step in (present + drift for drift in DRIFT):
        if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode()) and step > last_step:
            found = step
    return found


def make_address(secret: str, account: str) -> str:
    """The otpauth: address that authenticator apps read."""
    return pyotp.TOTP(secret, interval=PERIOD).provisioning_uri(name=account, issuer_name=ISSUER)


def draw_qr(address: str) -> str:
    """An SVG element with the address as a QR code, dark on white in every colour scheme."""
    drawn: str = segno.make(address, error="m").svg_inline(
        scale=5, border=4, light="#fff", dark="#000", svgclass="qr", lineclass=None, omitsize=False
    )
    return drawn


def make_recovery_codes() -> list[str]:
    """Eight codes of 79 random bits, in groups of four to write down."""
    return [_make_recovery_code() for _ in range(RECOVERY_CODES)]


def read_recovery_code(text: str) -> str | None:
    """A recovery code as it is hashed, however it was typed; None if it cannot be one."""
    plain = re.sub(r"[\s-]", "", text).lower()
    return plain if len(plain) == RECOVERY_LENGTH else None


def _make_recovery_code() -> str:
    letters = "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4))
