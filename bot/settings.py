"""Settings of the bot process, read from environment variables."""

from datetime import datetime
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class BotSettings(BaseSettings):
    """Every setting of the bot process; the variable is the field's name in capitals, and not set if it is empty."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address the residents' door listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the residents' door listens on.")
    rasa_url: str = Field("http://127.0.0.1:5005", description="Where Rasa's REST channel is.")
    directory_url: str = Field("http://127.0.0.1:8080", description="Where the referral directory is.")
    telegram_bot_token: SecretStr | None = Field(
        None, description="Token of the Telegram bot, if there is one."
    )
    telegram_webhook_url: str | None = Field(
        None, description="Address, ending in /telegram/webhook, that Telegram pushes to; without it we ask."
    )
    telegram_webhook_secret: SecretStr | None = Field(
        None, description="What Telegram's pushes must carry; made from the token if it is not set."
    )
    telegram_api_url: str = Field("https://api.telegram.org", description="Where the Bot API is.")
    telegram_per_second: float = Field(
        30.0, gt=0, description="Most Telegram messages a second, in all chats."
    )
    telegram_chat_seconds: float = Field(1.0, ge=0, description="Seconds between two messages in one chat.")
    signpost_state_dir: Path = Field(Path("var"), description="Folder for what is written.")
    signpost_service_token: SecretStr | None = Field(
        None, description="Secret with which codes and links are asked for; else it is read from the folder."
    )
    signpost_clock: datetime | None = Field(
        None, description="A moment that stands still as 'now', for tests."
    )
    log_level: str = Field("INFO", description="Least severe level that is logged.")
    rasa_timeout: float = Field(6.0, gt=0, description="Seconds that Rasa has for one message.")
    directory_timeout: float = Field(2.0, gt=0, description="Seconds that the directory has for one place.")
    turn_deadline: float = Field(8.0, gt=0, description="Seconds that one whole turn has.")
    turns_at_once: int = Field(12, ge=1, description="Most messages that Rasa is asked to answer at once.")
    turns_waiting: int = Field(100, ge=0, description="Most messages that queue; others are turned away.")
    turn_patience: float = Field(4.0, gt=0, description="Seconds that a message queues at most.")
    directory_public_url: str = Field(
        "http://127.0.0.1:8080",
        description="Where residents' browsers find the directory and the statistics.",
    )
    embed_origins: str = Field(
        "", description="Sites that may show the chat in a frame: origins with spaces between them."
    )
    conversation_hours: float = Field(
        24.0, gt=0, description="Hours a conversation is kept after its last message."
    )
    conversation_limit: int = Field(
        5000, ge=1, description="Most conversations held in memory; the oldest go first."
    )

    def get_service_token(self) -> str:
        """Return the token that the directory is written with; made by the directory. Raises OSError without one."""
        if self.signpost_service_token is not None:
            return self.signpost_service_token.get_secret_value()
        return (self.signpost_state_dir / "service-token").read_text(encoding="utf-8").strip()
