"""The Rasa model: trained when what it is made from has changed, and its conversation tests.

python -m scripts.model train    check the training data and train, unless there is a model of these files
python -m scripts.model test     run the conversation tests in tests/conversations
"""

import fcntl
import hashlib
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from scripts.children import Children
from scripts.stack import ROOT, Stack, StackError, inherited_environment, rasa_environment

RASA = "engine/.venv/bin/rasa"
# Models to keep: the one in use and the one before it.
MODELS_KEPT = 2


def model_sources(root: Path = ROOT) -> list[Path]:
    """Return every file that decides what the model is, sorted."""
    sources = [root / "config.yml", root / "domain.yml", root / "engine/requirements.lock"]
    sources += [path for path in (root / "data").rglob("*") if path.is_file()]
    # The program that serves a model has no part in making one.
    sources += [path for path in (root / "engine").glob("*.py") if path.name != "serve.py"]
    return sorted(sources)


def model_name(root: Path = ROOT) -> str:
    """Return a name that changes exactly when the sources do: 16 hexadecimal digits of their SHA-256."""
    digest = hashlib.sha256()
    for path in model_sources(root):
        # The length first, so that no two different lists of files can be the same bytes.
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def ensure_model(stack: Stack, models: Path) -> Path:
    """Return the model of the present sources in `models`, training it first if it is not there.

    Raises StackError if the training data is not sound or the training fails.
    """
    name = model_name()
    model = models / f"{name}.tar.gz"
    models.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(stack, models):
        if model.exists():
            # The newest are kept, and the one in use counts as new.
            model.touch()
            return model
        stack.say("Training the language model: what it is made from has changed (a few minutes)")
        environment = rasa_environment(stack.environment, stack.state)
        # Not left to `rasa train`, which goes on with an empty domain when it cannot read the file.
        stack.run_to_end("validate", f"exec {RASA} data validate --fail-on-warnings", environment)
        train = [RASA, "train", "--fixed-model-name", "unfinished", "--out", str(models)]
        stack.run_to_end("train", "exec " + shlex.join(train), environment)
        if model_name() != name:
            raise StackError("The training data changed during the training: run the command again.")
        # Renamed when complete, so that an interrupted training never passes for a model.
        (models / "unfinished.tar.gz").replace(model)
        _remove_old(models)
    return model


def run_conversation_tests(stack: Stack, models: Path) -> None:
    """Run tests/conversations against the present model; raise StackError if one goes another way."""
    stories = ROOT / "tests/conversations"
    if not any(stories.glob("test_*.yml")):
        stack.say("  there are no conversation tests in tests/conversations")
        return
    model = ensure_model(stack, models)
    test = [RASA, "test", "core", "--e2e", "--stories", str(stories), "--model", str(model)]
    test += ["--out", str(stack.state / "results"), "--fail-on-prediction-errors"]
    stack.run_to_end(
        "conversations", "exec " + shlex.join(test), rasa_environment(stack.environment, stack.state)
    )


def _remove_old(models: Path) -> None:
    newest_first = sorted(models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[MODELS_KEPT:]:
        old.unlink()


@contextmanager
def _one_at_a_time(stack: Stack, models: Path) -> Iterator[None]:
    """Hold a lock on the folder: `make run` and `make test` may both want the same model at the same time."""
    with (models / "lock").open("w") as lock:
        while not _locked(lock):
            stack.pause()
        yield


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main(arguments: list[str]) -> int:
    """Carry out `train` or `test`; return 0, or 1 with one line on standard error."""
    if arguments not in (["train"], ["test"]):
        print("Say 'train' or 'test': python -m scripts.model train", file=sys.stderr)
        return 2
    try:
        environment = inherited_environment()
        state = Path(environment["SIGNPOST_STATE_DIR"])
        with Children(ROOT, state / "logs") as children:
            stack = Stack(children, environment)
            if arguments == ["test"]:
                run_conversation_tests(stack, state / "models")
            else:
                print(f"Language model: {ensure_model(stack, state / 'models')}")
    except StackError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
