"""Encryption of single fields: AES-256-GCM, bound to table, column and row, so that a value opens nowhere else.

A sealed value is version (1 byte), key id (4), nonce (12), then the ciphertext with its tag. Keys are 32 random
bytes in base64, one a line (or with commas), newest first: the first seals, all of them open. After the pattern
of Hush Line's versioned envelopes (docs/ENCRYPTED-FIELD-MODERNIZATION-ADR.md there): it protects what is in the
database or a backup of it, not a machine on which somebody holds the keys too.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from referral_directory.errors import BadKey

VERSION = b"\x01"
KEY_BYTES, KEY_ID, NONCE = 32, 4, 12


@dataclass(frozen=True, slots=True)
class FieldKeys:
    """Keys by id (8 hexadecimal digits), the newest first."""

    keys: dict[str, bytes] = field(repr=False)

    @property
    def newest(self) -> str:
        return next(iter(self.keys))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands."""

    table: str
    column: str
    row: UUID


def make_key() -> str:
    """A new key as it is written in the file."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def read_field_keys(text: str) -> FieldKeys:
    """The keys of a file or setting. Raises BadKey if there is none, or one is not 32 bytes in base64."""
    keys: dict[str, bytes] = {}
    for part in re.split(r"[\s,]+", text.strip()):
        try:
            key = base64.b64decode(part, validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise BadKey(
                "A field key is not 32 bytes in base64: see SIGNPOST_FIELD_KEYS in docs/settings.md."
            )
        keys[hashlib.sha256(b"field key id" + key).digest()[:KEY_ID].hex()] = key
    return FieldKeys(keys)


def seal(keys: FieldKeys, place: Place, text: str) -> bytes:
    """Encrypt `text` with the newest key, for this place only."""
    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(keys.keys[keys.newest]).encrypt(nonce, text.encode(), _bound(place))
    return VERSION + bytes.fromhex(keys.newest) + nonce + sealed


def unseal(keys: FieldKeys, place: Place, sealed: bytes) -> str:
    """The text. Raises BadKey if no key opens it, it was changed, or it belongs to another place."""
    key = keys.keys.get(key_id_of(sealed))
    if sealed[:1] != VERSION or key is None:
        raise BadKey(f"A value in {place.table} was sealed with a key that we do not hold.")
    start = 1 + KEY_ID + NONCE
    try:
        return AESGCM(key).decrypt(sealed[1 + KEY_ID : start], sealed[start:], _bound(place)).decode()
    except InvalidTag as error:
        raise BadKey(f"A value in {place.table} was changed, or belongs to another row.") from error


def key_id_of(sealed: bytes) -> str:
    """The id of the key that a value was sealed with."""
    return sealed[1 : 1 + KEY_ID].hex()


def keyed_hash(keys: FieldKeys, key_id: str, purpose: str, content: bytes) -> bytes:
    """HMAC-SHA256 (32 bytes), with a key of its own for each purpose. Raises BadKey for an unknown key id."""
    key = keys.keys.get(key_id)
    if key is None:
        raise BadKey("Something was signed with a field key that we do not hold.")
    derived = hmac.new(key, b"signpost field keys: " + purpose.encode(), hashlib.sha256).digest()
    return hmac.new(derived, content, hashlib.sha256).digest()


def _bound(place: Place) -> bytes:
    return b"\0".join([b"signpost field", place.table.encode(), place.column.encode(), place.row.bytes])
