"""`python -m bot serve` runs the residents' front doors; `close` and `open` turn a channel off and on."""

import argparse
import socket
import sys

import uvicorn

from bot.application import create_app
from bot.logs import start_logging
from bot.settings import BotSettings
from bot.switch import CHANNELS, Switch


def main() -> int:
    """Run the command on the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="open the web chat, its API and Telegram")
    for name, meaning in (("close", "answer with telephone numbers only"), ("open", "serve residents again")):
        commands.add_parser(name, help=meaning).add_argument("channel", choices=[*CHANNELS, "all"])
    chosen = parser.parse_args()
    if chosen.command == "serve":
        return serve(BotSettings())
    switch = Switch(BotSettings().signpost_state_dir)
    for channel in CHANNELS if chosen.channel == "all" else (chosen.channel,):
        (switch.close if chosen.command == "close" else switch.open)(channel)
        print(f"{channel} is {'closed' if chosen.command == 'close' else 'open'}")
    return 0


def serve(settings: BotSettings) -> int:
    """Serve until stopped. Returns 1 with one clear line if the port cannot be used."""
    start_logging(settings.log_level)
    try:
        listener = socket.create_server((settings.host, settings.port), backlog=512)
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
        print(f"bot: cannot listen on {settings.host}:{settings.port}: {reason}. Set PORT.", file=sys.stderr)
        return 1
    config = uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http="httptools",
        # Addresses of requests can hold what a resident wrote; nothing of the kind is logged.
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
