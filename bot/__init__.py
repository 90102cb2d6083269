"""The residents' front doors: web chat (and later Telegram) in front of the assistant."""
