"""Reads messages with the trained model, for the evaluations: runs inside Rasa's environment, Python 3.10.

``engine/.venv/bin/python -m scripts.read_messages MODEL FILE`` reads JSON lines with a ``text`` and prints one
JSON line for each: the needs claimed, the intent, the likeliest needs with their confidence, and the milliseconds
that reading took. The whole pipeline runs, as in a conversation.
"""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path


async def read(model: str, lines: list) -> None:
    """Print what the pipeline of ``model`` makes of each line."""
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    await agent.parse_message("warm up")
    for line in lines:
        began = time.perf_counter()
        parsed = await agent.parse_message(json.loads(line)["text"].lstrip("/ "))
        milliseconds = 1000 * (time.perf_counter() - began)
        needs = [entity["value"] for entity in parsed["entities"] if entity["entity"] == "need"]
        likely = {
            each["name"]: round(each["confidence"], 4)
            for each in parsed["intent_ranking"]
            if "." in each["name"]
        }
        answer = {
            "needs": needs,
            "intent": parsed["intent"]["name"],
            "likely": likely,
            "ms": round(milliseconds, 2),
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    import structlog

    # Outside its own command line Rasa would print every message that it parses.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    messages = [line for line in Path(sys.argv[2]).read_text("utf-8").splitlines() if line.strip()]
    asyncio.run(read(sys.argv[1], messages))
