"""Settings of the directory process, from environment variables."""

import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from referral_directory.clock import Clock, frozen_clock, system_clock
from referral_directory.field_encryption import make_key

PACKAGE_DATA = Path(__file__).parent.parent / "data"


def _make_token() -> str:
    return secrets.token_urlsafe(32)


class Settings(BaseSettings):
    """What can be set, and what it is when it is not."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore")

    state_dir: Path = Field(
        Path("var"), validation_alias="SIGNPOST_STATE_DIR", description="Folder that holds all state."
    )
    database_url: str = Field(
        "",
        validation_alias="DATABASE_URL",
        description="postgresql://… or sqlite:///…; without one, directory.db in the state folder.",
    )
    host: str = Field("127.0.0.1", validation_alias="DIRECTORY_HOST", description="Address to listen on.")
    port: int = Field(
        8080, ge=1, le=65535, validation_alias="DIRECTORY_PORT", description="Port to listen on."
    )
    public_url: str = Field(
        "",
        validation_alias="DIRECTORY_PUBLIC_URL",
        description="Address that links in cards begin with; without one, http://127.0.0.1 and the port.",
    )
    bot_url: str = Field(
        "http://127.0.0.1:8000",
        validation_alias="BOT_URL",
        description="Where the chat says how it is doing, for the status page.",
    )
    actions_url: str = Field(
        "http://127.0.0.1:5055/webhook",
        validation_alias="ACTIONS_URL",
        description="Where the actions are; the status page asks them how they are doing.",
    )
    chat_url: str = Field(
        "",
        validation_alias="CHAT_PUBLIC_URL",
        description='Address of the chat, which forgets when somebody leaves here by "Exit this page".',
    )
    service_token: str = Field(
        "",
        validation_alias="SIGNPOST_SERVICE_TOKEN",
        description="Token for writes from bot and actions; without one, kept in the state folder.",
    )
    staff_key: str = Field(
        "",
        validation_alias="SIGNPOST_STAFF_KEY",
        description="Secret of the staff pages (several, newest first, with commas, to replace one); without "
        "one, kept in the state folder.",
    )
    field_keys: str = Field(
        "",
        validation_alias="SIGNPOST_FIELD_KEYS",
        description="Keys of personal data (32 bytes in base64, newest first, with commas); without them, kept in "
        "field-keys in the state folder.",
    )
    mail_host: str = Field("", validation_alias="MAIL_HOST", description="Mail server; without one, files.")
    mail_port: int = Field(587, ge=1, le=65535, validation_alias="MAIL_PORT", description="Its port.")
    mail_security: Literal["starttls", "tls"] = Field(
        "starttls", validation_alias="MAIL_SECURITY", description="How the connection is encrypted."
    )
    mail_username: str = Field("", validation_alias="MAIL_USERNAME", description="Name to sign in with.")
    mail_password: str = Field("", validation_alias="MAIL_PASSWORD", description="Password to sign in with.")
    mail_from: str = Field(
        "signpost@localhost", validation_alias="MAIL_FROM", description="Address that mail comes from."
    )
    mail_ca_file: Path | None = Field(
        None, validation_alias="MAIL_CA_FILE", description="Certificates to trust, if not the system's."
    )
    oidc_issuer: str = Field(
        "",
        validation_alias="OIDC_ISSUER",
        description="The organisation's sign-in service; without one, passwords.",
    )
    oidc_client_id: str = Field(
        "", validation_alias="OIDC_CLIENT_ID", description="Our name at that service."
    )
    oidc_client_secret: str = Field(
        "", validation_alias="OIDC_CLIENT_SECRET", description="Our secret at that service."
    )
    oidc_name: str = Field(
        "your organisation's account",
        validation_alias="OIDC_NAME",
        description="What the sign-in page calls it.",
    )
    clock: datetime | None = Field(
        None,
        validation_alias="SIGNPOST_CLOCK",
        description="Freezes the time, for tests (ISO date and time).",
    )
    data_dir: Path = Field(
        PACKAGE_DATA,
        validation_alias="DIRECTORY_DATA_DIR",
        description="Folder with the starter and place files.",
    )
    index_check_seconds: float = Field(
        1.0,
        ge=0,
        validation_alias="DIRECTORY_INDEX_CHECK_SECONDS",
        description="How often, at most, a search looks whether the catalogue changed.",
    )
    log_level: str = Field("INFO", validation_alias="LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR.")

    def get_database_url(self) -> str:
        """The database's URL, set or made from the state folder."""
        return self.database_url or f"sqlite:///{self.state_dir / 'directory.db'}"

    def get_public_url(self) -> str:
        """The address in front of links, without a slash at its end."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    def get_clock(self) -> Clock:
        """The system's clock, or one that stands still."""
        return frozen_clock(self.clock) if self.clock else system_clock

    def get_service_token(self) -> str:
        """The token that bot and actions write with; made once (mode 600) if there is none."""
        return self.service_token or self._get_made_once("service-token")

    def get_staff_key(self) -> str:
        """The secret of the staff pages; made once (mode 600) if there is none."""
        return self.staff_key or self._get_made_once("staff-key")

    def get_field_keys(self) -> str:
        """The keys of personal data; one is made once (mode 600) if there is none."""
        return self.field_keys or self._get_made_once("field-keys", make_key)

    def _get_made_once(self, name: str, make: Callable[[], str] = _make_token) -> str:
        path = self.state_dir / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, made = tempfile.mkstemp(dir=path.parent)  # mode 600
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(make() + "\n")
            # A link is made whole or not at all: of two processes that start together one makes the token.
            with suppress(FileExistsError):
                os.link(made, path)
            Path(made).unlink()
        return path.read_text(encoding="utf-8").strip()
