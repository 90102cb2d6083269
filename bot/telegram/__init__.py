"""The Telegram door: the same conversation as on the web, through Telegram's Bot API (docs/telegram.md)."""
