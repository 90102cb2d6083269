"""A Rasa without a model must not stay: its door would say that it is well."""

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_rasa_ends_in_words_when_its_model_cannot_be_read(tmp_path):
    model = tmp_path / "model.tar.gz"
    model.write_bytes(b"this is no model")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    own = {
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "SIGNPOST_STATE_DIR": str(tmp_path),
        "ACTIONS_URL": "http://127.0.0.1:1/webhook",
        "CONVERSATION_HOURS": "24",
    }
    command = [sys.executable, "-m", "engine.serve", "--interface", "127.0.0.1", "--port", port]
    command += ["--model", str(model), "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == "Rasa ends: its language model cannot be loaded."
