"""The secret of the staff pages: keyed hashes, and sealing of what must be read again.

One secret (or several, newest first, while one is being replaced) gives a separate key for each purpose. A
sealed value is version (1 byte), key id (4), nonce (12), then AES-256-GCM ciphertext; it opens only for the row
and column that it was sealed for.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from referral_directory.errors import BadKey

VERSION = b"\x01"
KEY_ID, NONCE = 4, 12
SHORTEST_SECRET = 32


@dataclass(frozen=True, slots=True)
class StaffKeys:
    """The secrets, newest first."""

    secrets: tuple[bytes, ...] = field(repr=False)


def make_keys(text: str) -> StaffKeys:
    """Keys from the setting: secrets of 32 characters or more, separated by commas. Raises BadKey."""
    parts = tuple(part.strip().encode() for part in text.split(",") if part.strip())
    if not parts or any(len(part) < SHORTEST_SECRET for part in parts):
        raise BadKey(f"SIGNPOST_STAFF_KEY needs secrets of at least {SHORTEST_SECRET} characters.")
    return StaffKeys(parts)


def digest_of(token: str) -> bytes:
    """What is stored of a random token: its SHA-256 (32 bytes). Only for tokens nobody can guess."""
    return hashlib.sha256(token.encode()).digest()


def keyed_digest(keys: StaffKeys, purpose: str, value: str) -> bytes:
    """HMAC-SHA256 (32 bytes) of a value that could be guessed, different for each purpose."""
    return hmac.new(_derived(keys.secrets[0], purpose), value.encode(), hashlib.sha256).digest()


def seal(keys: StaffKeys, row: UUID, column: str, text: str) -> bytes:
    """Encrypt `text` for one column of one row."""
    key, nonce = _derived(keys.secrets[0], "seal"), secrets.token_bytes(NONCE)
    return VERSION + _key_id(key) + nonce + AESGCM(key).encrypt(nonce, text.encode(), _bound(row, column))


def unseal(keys: StaffKeys, row: UUID, column: str, sealed: bytes) -> str:
    """The text of a sealed value. Raises BadKey if no key opens it, or it belongs to another row."""
    version, rest = sealed[:1], sealed[1:]
    key_id, nonce, ciphertext = rest[:KEY_ID], rest[KEY_ID : KEY_ID + NONCE], rest[KEY_ID + NONCE :]
    derived = (_derived(secret, "seal") for secret in keys.secrets)
    key = next((key for key in derived if _key_id(key) == key_id), None)
    if version != VERSION or key is None:
        raise BadKey("A sealed value was written with a key that SIGNPOST_STAFF_KEY does not hold.")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, _bound(row, column)).decode()
    except InvalidTag as error:
        raise BadKey("A sealed value was changed, or belongs to another row.") from error


def is_sealed_anew(keys: StaffKeys, sealed: bytes) -> bool:
    """Whether a value was sealed with the newest of the keys."""
    return sealed[1 : 1 + KEY_ID] == _key_id(_derived(keys.secrets[0], "seal"))


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.new(secret, b"signpost staff: " + purpose.encode(), hashlib.sha256).digest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"id" + key).digest()[:KEY_ID]


def _bound(row: UUID, column: str) -> bytes:
    return column.encode() + b":" + row.bytes
