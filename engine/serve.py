"""Rasa's server, which ends when its model cannot be loaded: ``python -m engine.serve`` and what ``rasa run`` takes.

Rasa 3.6 goes on without a model. Its door says that it is well and answers every message with nothing, so that nobody
would send its residents to another worker, and no supervisor would start it again.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import rasa.__main__
import rasa.core.run

_load = rasa.core.run.load_agent_on_start


async def load_or_end(*arguments: Any, **named: Any) -> Any:
    """Loads the model before the port opens, and ends the process if that fails."""
    agent = await _load(*arguments, **named)
    if not agent.is_ready():
        print("Rasa ends: its language model cannot be loaded.", file=sys.stderr, flush=True)
        # Not SystemExit: the event loop would log it and go on.
        os._exit(1)
    return agent


if __name__ == "__main__":
    rasa.core.run.load_agent_on_start = load_or_end
    sys.argv = ["rasa", "run", *sys.argv[1:]]
    rasa.__main__.main()
