"""Measures need detection on a file of messages: ``make nlu-eval FILE=x.jsonl``.

Each line is ``{"text": ..., "needs": [codes], "lang": "en"}``; a ``kind`` is reported if it is there.
The last line printed is one JSON object with the figures of docs/architecture.md, for all lines and for each language.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tqdm import tqdm

from scripts.children import Children
from scripts.model import ensure_model
from scripts.stack import ROOT, Stack, inherited_environment, rasa_environment, state_folder

Pair = tuple[frozenset[str], frozenset[str]]


def read_file(file: Path) -> list[dict[str, object]]:
    """Return what the trained assistant reads in each line of ``file``, training it first if its sources changed."""
    environment = inherited_environment()
    state = state_folder(environment)
    with Children(ROOT, state / "logs") as children:
        model = ensure_model(Stack(children, environment), state / "models")
    total = sum(1 for line in file.read_text("utf-8").splitlines() if line.strip())
    command = [str(ROOT / "engine/.venv/bin/python"), "-m", "scripts.read_messages", str(model), str(file)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=rasa_environment(environment, state),
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        lines = [
            json.loads(line) for line in tqdm(process.stdout, total=total, desc="Reading", file=sys.stderr)
        ]
    if process.returncode:
        raise SystemExit(f"reading {file} failed with exit code {process.returncode}")
    return lines


def f1(pairs: list[Pair], label: str | None = None) -> float | None:
    """Return the F1 of (true, claimed) sets over all labels, or of one label; None if it never occurs."""
    both = true = claimed = 0
    for wanted, got in pairs:
        chosen_wanted = wanted & {label} if label else wanted
        chosen_got = got & {label} if label else got
        both += len(chosen_wanted & chosen_got)
        true += len(chosen_wanted)
        claimed += len(chosen_got)
    return 2 * both / (true + claimed) if true + claimed else None


def macro_f1(pairs: list[Pair]) -> float | None:
    """Return the mean F1 of the labels that occur in the truth."""
    labels = {label for wanted, _ in pairs for label in wanted}
    each = [score for label in labels if (score := f1(pairs, label)) is not None]
    return statistics.mean(each) if each else None


def topics(codes: frozenset[str]) -> frozenset[str]:
    """Return the topics of the codes."""
    return frozenset(code.split(".")[0] for code in codes)


def figures(pairs: list[Pair]) -> dict[str, float | int | None]:
    """Return the figures that the design names, rounded to four places; None where there is nothing to measure."""
    without = [got for wanted, got in pairs if not wanted]
    several = [wanted == got for wanted, got in pairs if len(wanted) > 1]
    topic_pairs = [(topics(wanted), topics(got)) for wanted, got in pairs]
    result: dict[str, float | int | None] = {
        "n": len(pairs),
        "need_micro_f1": f1(pairs),
        "need_macro_f1": macro_f1(pairs),
        "topic_macro_f1": macro_f1(topic_pairs),
        "topic_accuracy": statistics.mean(wanted == got for wanted, got in topic_pairs),
        "exact_match": statistics.mean(wanted == got for wanted, got in pairs),
        "several_exact": statistics.mean(several) if several else None,
        "none_recall": statistics.mean(not got for got in without) if without else None,
    }
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in result.items()}


def report(file: Path) -> dict[str, object]:
    """Return the figures of ``file``: for all lines, by language, and by kind of message if the lines name it."""
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    read = read_file(file)
    by_language: dict[str, list[Pair]] = defaultdict(list)
    by_kind: dict[str, list[Pair]] = defaultdict(list)
    everything: list[Pair] = []
    for line, answer in zip(lines, read, strict=True):
        claimed = answer["needs"]
        assert isinstance(claimed, list)  # noqa: S101 - written by read_messages
        pair = (frozenset(line["needs"]), frozenset(claimed))
        everything.append(pair)
        language = line.get("lang", "en")
        by_language[language].append(pair)
        if "kind" in line and language == "en":
            by_kind[line["kind"]].append(pair)
    milliseconds = [float(str(answer["ms"])) for answer in read]
    return {
        **figures(everything),
        "ms_median": round(statistics.median(milliseconds), 2),
        "languages": {language: figures(pairs) for language, pairs in sorted(by_language.items())},
        "kinds_en": {kind: figures(pairs) for kind, pairs in sorted(by_kind.items())},
    }


def main() -> int:
    """Print the report as one JSON object; say what is wrong with the command line if it is."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        print("Say which file to read: make nlu-eval FILE=messages.jsonl", file=sys.stderr)
        return 2
    print(json.dumps(report(Path(sys.argv[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
