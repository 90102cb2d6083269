"""What the Telegram door keeps: updates until they are handled, answers until they are delivered.

Plain functions on the connection that `bot.telegram.storage` hands to them, each one transaction. Times are seconds
since 1970. `chat` is always the keyed hash.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.telegram.storage import Connection


class Arrival(NamedTuple):
    """An update that is to be handled. `message` names its content within the chat; body and address are sealed.

    Without a body it says that the resident has blocked the bot.
    """

    update_id: int
    chat: str
    message: str
    body: bytes | None
    chat_id: bytes
    # A part to send before anything else: Telegram wants to hear at once that a button was pressed.
    acknowledgement: bytes | None = None


class Recorded(NamedTuple):
    """The chats with something new, those that were blocked (they may write again), and how many were repeats."""

    chats: set[str]
    blocked: set[str]
    repeats: int


@dataclass(frozen=True)
class Waiting:
    """An update whose turn it is. `attempts` counts this one."""

    update_id: int
    body: bytes
    attempts: int


@dataclass(frozen=True)
class Due:
    """The next part that has to be sent to a chat."""

    id: int
    body: bytes
    chat_id: bytes


class Kept(NamedTuple):
    """A button that was offered: its short id and what it stands for, sealed."""

    short: str
    payload: bytes


def record_arrivals(
    connection: Connection, arrivals: Iterable[Arrival], now: float, keep_seconds: float
) -> Recorded:
    """Store updates that are not here yet, in the order in which they came. Returns whom they concern.

    What is older than `keep_seconds` goes at the same time.

    A repeat has the same update id, or the same content in the same chat under a new update id, which Telegram
    has been seen to send (nickoala/telepot issue 46).
    """
    forget_expired(connection, now - keep_seconds)
    chats: set[str] = set()
    blocked: set[str] = set()
    repeats = 0
    for arrival in arrivals:
        stored = connection.execute(
            "INSERT INTO telegram_updates (update_id, chat, message, body, received) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (arrival.update_id, arrival.chat, arrival.message, arrival.body, now),
        )
        if not stored.rowcount:
            repeats += 1
            continue
        if arrival.body is None:
            record_gone(connection, arrival.chat)
            blocked.add(arrival.chat)
            chats.discard(arrival.chat)
            continue
        connection.execute(
            "INSERT INTO telegram_addresses VALUES (?, ?) ON CONFLICT DO NOTHING",
            (arrival.chat, arrival.chat_id),
        )
        _touch(connection, arrival.chat, now)
        if arrival.acknowledgement:
            _queue(connection, arrival.chat, [arrival.acknowledgement], now, first=True)
        chats.add(arrival.chat)
    return Recorded(chats, blocked, repeats)


def claim_next(connection: Connection, chat: str) -> Waiting | None:
    """Return the oldest update of the chat that is not handled and count the attempt, or None if there is none."""
    row = connection.execute(
        "UPDATE telegram_updates SET attempts = attempts + 1 WHERE update_id = ("
        "SELECT min(update_id) FROM telegram_updates WHERE chat = ? AND body IS NOT NULL"
        ") RETURNING update_id, body, attempts",
        (chat,),
    ).fetchone()
    return Waiting(*row) if row else None


def record_answer(
    connection: Connection,
    update_id: int,
    chat: str,
    parts: Sequence[bytes],
    buttons: Sequence[Kept],
    now: float,
    *,
    forget: bool = False,
) -> bool:
    """Note that the update is handled and queue its answer, both or neither; with `forget` drop the rest of the chat.
    Returns False, and queues nothing, if the update was answered before or forgotten meanwhile.
    """
    handled = connection.execute(
        "UPDATE telegram_updates SET body = NULL WHERE update_id = ? AND body IS NOT NULL", (update_id,)
    )
    if not handled.rowcount:
        return False
    _queue(connection, chat, parts, now)
    connection.executemany(
        "INSERT OR REPLACE INTO telegram_buttons VALUES (?, ?, ?)", [(chat, *button) for button in buttons]
    )
    _touch(connection, chat, now)
    _drop_address(connection, chat)
    if forget:
        forget_chat(connection, chat, all_of_it=False)
    return True


def find_button(connection: Connection, chat: str, short: str) -> bytes | None:
    """Return what the button stands for (sealed), or None if this chat was not offered it, or too long ago."""
    row = connection.execute(
        "SELECT payload FROM telegram_buttons WHERE chat = ? AND short = ?", (chat, short)
    ).fetchone()
    return row[0] if row else None


def find_due(connection: Connection, chat: str) -> Due | None:
    """Return the part that is to be sent next to the chat, or None if all are delivered."""
    row = connection.execute(
        "SELECT id, body, chat_id FROM telegram_deliveries JOIN telegram_addresses USING (chat) "
        "WHERE chat = ? ORDER BY first DESC, id LIMIT 1",
        (chat,),
    ).fetchone()
    return Due(*row) if row else None


def record_delivered(connection: Connection, chat: str, delivery: int) -> None:
    """Remove a part that was delivered or cannot ever be, and the address with the last one."""
    connection.execute("DELETE FROM telegram_deliveries WHERE id = ?", (delivery,))
    _drop_address(connection, chat)


def list_chats(connection: Connection) -> tuple[list[str], list[str]]:
    """Return the chats with updates to handle, and those with parts to send."""
    to_handle = connection.execute("SELECT DISTINCT chat FROM telegram_updates WHERE body IS NOT NULL")
    to_send = connection.execute("SELECT DISTINCT chat FROM telegram_deliveries")
    return [row[0] for row in to_handle.fetchall()], [row[0] for row in to_send.fetchall()]


def forget_chat(connection: Connection, chat: str, *, all_of_it: bool = True) -> None:
    """Drop everything of a chat. What is left is bare update numbers, so that a repeat is still known as one.

    Without `all_of_it` the goodbye that is queued is still sent, and what came in later is still answered.
    """
    only = "" if all_of_it else " AND body IS NULL"
    connection.execute(
        f"UPDATE telegram_updates SET chat = NULL, message = NULL, body = NULL WHERE chat = ?{only}",  # noqa: S608
        (chat,),
    )
    connection.execute("DELETE FROM telegram_buttons WHERE chat = ?", (chat,))
    connection.execute("DELETE FROM telegram_chats WHERE chat = ?", (chat,))
    if all_of_it:
        connection.execute("DELETE FROM telegram_deliveries WHERE chat = ?", (chat,))
    _drop_address(connection, chat)


def record_gone(connection: Connection, chat: str) -> None:
    """Drop everything of somebody who is not there any more, and note that Rasa has still to forget it."""
    forget_chat(connection, chat)
    record_owed(connection, chat)


def record_owed(connection: Connection, chat: str) -> None:
    """Note that Rasa has still to forget this chat."""
    connection.execute("INSERT OR IGNORE INTO telegram_owed VALUES (?)", (chat,))


def list_owed(connection: Connection) -> list[str]:
    """Return the chats that Rasa has still to forget."""
    return [row[0] for row in connection.execute("SELECT chat FROM telegram_owed").fetchall()]


def record_paid(connection: Connection, chats: Iterable[str]) -> None:
    """Note that Rasa has forgotten these chats."""
    connection.executemany("DELETE FROM telegram_owed WHERE chat = ?", [(chat,) for chat in chats])


def correct_times(connection: Connection, now: float) -> None:
    """Let what a clock that ran ahead wrote count from now."""
    for change in (
        "telegram_chats SET last_message = ? WHERE last_message > ?",
        "telegram_updates SET received = ? WHERE received > ? AND chat IS NULL",
        "telegram_deliveries SET queued = ? WHERE queued > ?",
    ):
        connection.execute(f"UPDATE {change}", (now, now))


def forget_expired(connection: Connection, before: float) -> None:
    """Drop everything of the chats whose last message is older than `before`, and bare numbers that old."""
    old = connection.execute("SELECT chat FROM telegram_chats WHERE last_message <= ?", (before,)).fetchall()
    for (chat,) in old:
        forget_chat(connection, chat)
    connection.execute("DELETE FROM telegram_updates WHERE chat IS NULL AND received <= ?", (before,))
    late = "SELECT DISTINCT chat FROM telegram_deliveries WHERE queued <= ?"
    for (chat,) in connection.execute(late, (before,)).fetchall():
        connection.execute("DELETE FROM telegram_deliveries WHERE chat = ? AND queued <= ?", (chat, before))
        _drop_address(connection, chat)


def _queue(
    connection: Connection, chat: str, parts: Iterable[bytes], now: float, *, first: bool = False
) -> None:
    connection.executemany(
        "INSERT INTO telegram_deliveries (chat, first, body, queued) VALUES (?, ?, ?, ?)",
        [(chat, int(first), part, now) for part in parts],
    )


def _touch(connection: Connection, chat: str, now: float) -> None:
    connection.execute("INSERT OR REPLACE INTO telegram_chats VALUES (?, ?)", (chat, now))


def _drop_address(connection: Connection, chat: str) -> None:
    """Drop the chat's address when nothing is left that would be sent there."""
    connection.execute(
        "DELETE FROM telegram_addresses WHERE chat = :chat "
        "AND NOT EXISTS (SELECT 1 FROM telegram_deliveries WHERE chat = :chat) "
        "AND NOT EXISTS (SELECT 1 FROM telegram_updates WHERE chat = :chat AND body IS NOT NULL)",
        {"chat": chat},
    )
