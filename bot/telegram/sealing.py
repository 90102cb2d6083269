"""Keys of the Telegram door, all made from the bot's token, and what is sealed with them.

The token is not in the state folder, so the file there tells nobody who wrote or what: chats are keyed hashes, and
words and chat ids are sealed until they are handled. A new token is a new bot: nothing of the old one can be read.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
# Telegram allows 64 bytes in a button; 12 characters (72 bits) of a keyed hash do not clash within one chat.
SHORT_ID_LENGTH = 12


@dataclass(frozen=True)
class Keys:
    """The keys of one bot. None of them is shown when this is printed or logged."""

    hashing: bytes = field(repr=False)
    sealing: bytes = field(repr=False)
    webhook_secret: str = field(repr=False)

    def hash_chat(self, chat_id: int) -> str:
        """Return the name under which a chat is known here: the same for ever, and useless without the token."""
        return self._hash("chat", str(chat_id))

    def hash_short(self, chat: str, content: str) -> str:
        """Return a short id for something that was said in this chat, for example the payload of a button."""
        return self._hash(chat, content)[:SHORT_ID_LENGTH]

    def fingerprint(self) -> str:
        """Return what tells this bot's rows from those of another bot."""
        return self._hash("fingerprint", "")

    def seal(self, chat: str, content: Any) -> bytes:
        """Encrypt `content` (JSON) so that it can be read only as something of this chat (AES-256-GCM)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        written = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        return nonce + AESGCM(self.sealing).encrypt(nonce, written, chat.encode())

    def unseal(self, chat: str, sealed: bytes) -> Any:
        """Return what was sealed. Raises cryptography's InvalidTag if it is not of this bot and chat."""
        opened = AESGCM(self.sealing).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], chat.encode())
        return json.loads(opened)

    def _hash(self, purpose: str, content: str) -> str:
        digest = hmac.digest(self.hashing, f"{purpose}\n{content}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def make_keys(token: str, webhook_secret: str | None = None) -> Keys:
    """Return the keys of the bot with this token. Without a webhook secret one is made from the token too."""
    derive = [hmac.digest(token.encode(), purpose, hashlib.sha256) for purpose in (b"hash", b"seal", b"hook")]
    return Keys(derive[0], derive[1], webhook_secret or derive[2].hex())
