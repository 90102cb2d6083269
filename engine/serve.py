"""Rasa's server: ``python -m engine.serve`` and what ``rasa run`` takes. Two things are added to Rasa's own.

It ends when its model cannot be loaded. Rasa 3.6 goes on without a model. Its door says that it is well and answers
every message with nothing, so that nobody would send its residents to another worker, and no supervisor would start it
again.

And ``/stores`` says which of the servers behind a city's workers are away, because a worker goes on without them and
nobody would notice.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import rasa.__main__
import rasa.core.run
from sanic import Request, Sanic
from sanic.response import HTTPResponse, json

_load = rasa.core.run.load_agent_on_start
_configure = rasa.core.run.configure_app


async def load_or_end(*arguments: Any, **named: Any) -> Any:
    """Loads the model before the port opens, and ends the process if that fails."""
    agent = await _load(*arguments, **named)
    if not agent.is_ready():
        print("Rasa ends: its language model cannot be loaded.", file=sys.stderr, flush=True)
        # Not SystemExit: the event loop would log it and go on.
        os._exit(1)
    return agent


def configure(*arguments: Any, **named: Any) -> Sanic:
    """Returns Rasa's application with ``/stores``."""
    app = _configure(*arguments, **named)
    app.add_route(say_what_is_away, "/stores")
    return app


async def say_what_is_away(request: Request) -> HTTPResponse:
    """Answers which of ``conversations`` and ``locks`` are away; those of a single machine never are."""
    agent = request.app.ctx.agent
    # Rasa wraps the tracker store that endpoints.yml names.
    stores = {"conversations": agent.tracker_store._tracker_store, "locks": agent.lock_store}
    away = [name for name, store in stores.items() if hasattr(store, "is_away") and await store.is_away()]
    return json({"away": away})


if __name__ == "__main__":
    rasa.core.run.configure_app = configure
    rasa.core.run.load_agent_on_start = load_or_end
    sys.argv = ["rasa", "run", *sys.argv[1:]]
    rasa.__main__.main()
