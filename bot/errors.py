"""What can go wrong at the residents' door. No HTTP in here: `bot.web.problems` maps these to answers.

BotError
├── MessageRejected
│   ├── EmptyMessage
│   └── MessageTooLong(length, limit)
├── ConversationNotFound
├── ConversationBusy
├── NotServed(kind)
│   ├── TooCrowded
│   └── ChatClosed
└── ServiceFailed(service, kind)
    ├── RasaFailed
    └── DirectoryFailed
"""


class BotError(Exception):
    """Any failure that this process expects and knows how to explain."""


class MessageRejected(BotError):
    """The resident's message cannot be handled as it is, and the resident can put it right."""


class EmptyMessage(MessageRejected):
    """Nothing is left of the message once spaces and leading slashes are gone."""


class MessageTooLong(MessageRejected):
    """The message is longer than one turn may be.

    `length` and `limit` count characters.
    """

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"{length} characters, the limit is {limit}")
        self.length = length
        self.limit = limit


class ConversationNotFound(BotError):
    """No conversation has this id: it never existed, it ran out, or it was forgotten."""


class ConversationBusy(BotError):
    """Too many messages of this one conversation already wait for an answer."""


class NotServed(BotError):
    """The message is answered with telephone numbers, and not read by the assistant."""

    kind = "not_served"


class TooCrowded(NotServed):
    """More people are writing than can be answered in time."""

    kind = "crowded"


class ChatClosed(NotServed):
    """Somebody has turned this channel off."""

    kind = "closed"


class ServiceFailed(BotError):
    """A service behind this process gave no usable answer.

    `kind` is one of `refused`, `timeout`, `status`, `unreadable`, `empty`.
    """

    service = "service"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{self.service}: {kind}")
        self.kind = kind


class RasaFailed(ServiceFailed):
    """Rasa gave no usable answer."""

    service = "rasa"


class DirectoryFailed(ServiceFailed):
    """The referral directory gave no usable answer."""

    service = "directory"
