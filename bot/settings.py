"""Settings of the bot process, read from environment variables."""

from datetime import datetime

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class BotSettings(BaseSettings):
    """Every setting of the bot process; the variable is the field's name in capitals."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address the residents' door listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the residents' door listens on.")
    rasa_url: str = Field("http://127.0.0.1:5005", description="Where Rasa's REST channel is.")
    directory_url: str = Field("http://127.0.0.1:8080", description="Where the referral directory is.")
    telegram_bot_token: SecretStr | None = Field(
        None, description="Token of the Telegram bot, if there is one."
    )
    signpost_clock: datetime | None = Field(
        None, description="A moment that stands still as 'now', for tests."
    )
    log_level: str = Field("INFO", description="Least severe level that is logged.")
    rasa_timeout: float = Field(6.0, gt=0, description="Seconds that Rasa has for one message.")
    directory_timeout: float = Field(2.0, gt=0, description="Seconds that the directory has for one place.")
    turn_deadline: float = Field(8.0, gt=0, description="Seconds that one whole turn has.")
    conversation_hours: float = Field(
        24.0, gt=0, description="Hours a conversation is kept after its last message."
    )
    conversation_limit: int = Field(
        5000, ge=1, description="Most conversations held in memory; the oldest go first."
    )
