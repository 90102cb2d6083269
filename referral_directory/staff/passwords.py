"""Passwords: what is accepted, and how they are kept.

Accepted is what NIST SP 800-63B and OWASP ASVS 5.0 (6.2) ask for: length, and not a password that everybody
tries first. There are no rules of composition and no forced changes: both make passwords worse.
Kept is argon2id with OWASP's parameters (Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane).
"""

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from referral_directory.errors import InvalidInput

SHORTEST, LONGEST = 12, 200
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
# Each hash takes 19 MiB, so a rush of sign-ins waits here instead of filling the memory.
AT_ONCE = 4

# Words that common passwords are padded from: with only digits and punctuation added they are refused. From
# the heads of published lists of leaked passwords, and what people here would think of first.
COMMON_WORDS = frozenset(
    """password passwort passw0rd p@ssword p@ssw0rd qwerty qwertyuiop qwertyuiopasdfghjkl asdfghjkl zxcvbnm
    qazwsx qazwsxedc letmein welcome iloveyou monkey dragon football liverpool arsenal chelsea everton
    leedsunited leeds yorkshire marchingontogether signpost signpostleeds administrator admin superman batman
    princess sunshine charlie trustno starwars computer internet changeme changemenow secret abc abcdef
    abcdefgh abcdefghijkl summer winter spring autumn january february march april may june july august
    september october november december monday tuesday wednesday thursday friday saturday sunday
    whatever nothing default guest login master hello helloworld freedom shadow michael jessica jennifer
    mypassword mypasswordis newpassword thisismypassword letmeinplease openthedoor correcthorsebatterystaple
    iloveyouforever manchesterunited manchestercity tottenhamhotspur communityspace foodbank""".split()
)
RUNS = (
    "01234567890123456789",
    "09876543210987654321",
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
    "qwertyuiopasdfghjklzxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "qazwsxedcrfvtgbyhnujm",
)


def check_password(password: str, *personal: str) -> None:
    """Raises InvalidInput for a password that is too short, too long, or among the first anybody would try.

    `personal` are the person's own name and address, which a password may not be made of alone.
    """
    plain = _normalised(password)
    if len(plain) < SHORTEST:
        raise InvalidInput("password", f"Use at least {SHORTEST} characters: three or four words are good.")
    if len(plain) > LONGEST:
        raise InvalidInput("password", f"Use at most {LONGEST} characters.")
    if is_common(plain, *personal):
        raise InvalidInput(
            "password", "That is one of the first passwords anybody would try. Choose another."
        )


def is_common(password: str, *personal: str) -> bool:
    """Whether a password is a common word, a run of keys, one piece repeated, or somebody's own name."""
    folded = password.casefold()
    squeezed = re.sub(r"[\W_]", "", folded)
    # One piece again and again ("abcabcabcabc") is no harder to try than the piece.
    repeated = re.fullmatch(r"(.{1,8}?)\1+.?.?", folded)
    letters = re.sub(r"[\d\W_]", "", folded)
    words = COMMON_WORDS | _own_words(personal)
    if repeated or any(squeezed and squeezed in run for run in RUNS):
        return True
    return letters in words or _unrepeated(letters) in words or squeezed in words


def _own_words(names: Iterable[str]) -> set[str]:
    """The letters of somebody's names and addresses, whole and in parts; never the empty word."""
    parts = {part for name in names for part in (name, name.partition("@")[0], *re.split(r"[\W_]", name))}
    return {re.sub(r"[\d\W_]", "", part.casefold()) for part in parts} - {""}


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    with _turnstile():
        return _hasher().hash(_normalised(password))


def password_fits(password_hash: str, password: str) -> bool:
    """Whether the password belongs to the hash. For no hash ("") it works as long, and says no."""
    with _turnstile():
        try:
            _hasher().verify(password_hash or _nobodys_hash(), _normalised(password[: LONGEST * 4]))
        except (VerificationError, InvalidHashError):
            return False
    return password_hash != ""


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(password_hash)


def _normalised(password: str) -> str:
    """The same for each way that keyboards compose a character (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _unrepeated(text: str) -> str:
    found = re.fullmatch(r"(.+?)\1*", text)
    return found.group(1) if found else text


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher().hash("nobody has this password")


@lru_cache(maxsize=1)
def _turnstile() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(AT_ONCE)
