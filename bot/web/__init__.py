"""The web door: chat API, pages and what operators ask. The only place of `bot` that knows HTTP."""
