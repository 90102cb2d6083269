"""Puts the Telegram door together from settings."""

from bot.clock import Clock
from bot.settings import BotSettings
from bot.telegram.calls import build_bot
from bot.telegram.door import TelegramDoor
from bot.telegram.pace import Pace
from bot.telegram.sealing import make_keys
from bot.turn import FrontDesk


def build_telegram_door(settings: BotSettings, desk: FrontDesk, clock: Clock) -> TelegramDoor | None:
    """Return the Telegram door, not yet open, or None if there is no token."""
    token = settings.telegram_bot_token.get_secret_value().strip() if settings.telegram_bot_token else ""
    if not token:
        return None
    secret = settings.telegram_webhook_secret
    return TelegramDoor(
        build_bot(token, settings.telegram_api_url),
        desk,
        make_keys(token, secret.get_secret_value() if secret else None),
        settings.signpost_state_dir,
        clock=clock,
        pace=Pace(settings.telegram_per_second, settings.telegram_chat_seconds),
        hours=settings.conversation_hours,
    )
