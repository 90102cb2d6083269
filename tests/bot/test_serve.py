import os
import socket
import subprocess
import sys

import pytest

from bot.logs import ALLOWED_FIELDS, keep_allowed_fields


def test_a_port_in_use_is_said_in_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = subprocess.run(
            [sys.executable, "-m", "bot", "serve"],
            env=os.environ | {"PORT": port},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in run.stderr
    assert "PORT" in run.stderr


@pytest.mark.parametrize("field", ["text", "message", "sender", "conversation", "url", "payload", "postcode"])
def test_a_field_that_could_hold_words_of_a_resident_is_never_logged(field: str):
    assert field not in ALLOWED_FIELDS
    assert keep_allowed_fields(None, "", {"event": "x", field: "secret"}) == {"event": "x"}
