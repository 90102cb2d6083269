"""Measures the safety screen on a file of messages: ``make safety-eval FILE=x.jsonl``.

Each line is ``{"text": ..., "risk": code or null}``; ``kind`` and ``lang`` are reported if they are there. The last
line printed is one JSON object with the figures of docs/architecture.md. Any risk that is raised counts as found.
"""

import json
import math
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bot.safety import Screen, Screening


@dataclass(frozen=True)
class Line:
    """One message with the truth about it and what the screen found; `seconds` of the processor it took."""

    text: str
    risk: str | None
    kind: str | None
    language: str | None
    found: Screening
    seconds: float = 0.0

    @property
    def sure(self) -> bool:
        """Whether the urgent card would come first."""
        return self.found.level == "sure"

    @property
    def flagged(self) -> bool:
        """Whether anything would be shown."""
        return self.found.level != "none"


def screen_file(file: Path, screen: Screen) -> list[Line]:
    """Return every line of `file` as the screen sees it. Raises ValueError or KeyError for a line that is not sound."""
    lines = []
    texts = [line for line in file.read_text("utf-8").splitlines() if line.strip()]
    for text in tqdm(texts, desc="Screening", file=sys.stderr, disable=None):
        read = json.loads(text)
        started = time.process_time()
        found = screen.screen(read["text"])
        seconds = time.process_time() - started
        lines.append(Line(read["text"], read["risk"], read.get("kind"), read.get("lang"), found, seconds))
    return lines


def share(values: list[bool]) -> float | None:
    """Return the share that is true, to four places; None of nothing."""
    return round(statistics.mean(values), 4) if values else None


def find_interval(values: list[bool]) -> list[float] | None:
    """Return the exact 95% interval of Clopper and Pearson for the share that is true; None of nothing."""
    if not values:
        return None
    n, k = len(values), sum(values)
    # Each end is the share at which seeing as many (or as few) as this would happen once in forty times.
    low = _find_share(lambda share: _chance_of_more(n, k - 1, share) > 0.025) if k else 0.0
    high = _find_share(lambda share: 1 - _chance_of_more(n, k, share) < 0.025) if k < n else 1.0
    return [round(low, 4), round(high, 4)]


def _chance_of_more(n: int, k: int, share: float) -> float:
    return sum(math.comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k + 1, n + 1))


def _find_share(reached: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def summarise(lines: list[Line]) -> dict[str, Any]:
    """Return the figures of some lines; null where there is nothing to measure."""
    dangers = [line for line in lines if line.risk]
    safe = [line for line in lines if not line.risk]
    risks = sorted({line.risk for line in dangers if line.risk})
    return {
        "n": len(lines),
        "recall": _levels(dangers),
        "recall_by_risk": {
            risk: {**_levels(of_risk), "interval95": find_interval([line.flagged for line in of_risk])}
            for risk in risks
            if (of_risk := [line for line in dangers if line.risk == risk])
        },
        "false_alarms": _levels(safe),
        "right_class": share([line.found.risk == line.risk for line in dangers if line.flagged]),
    }


def _levels(lines: list[Line]) -> dict[str, float | None]:
    return {
        "sure": share([line.sure for line in lines]),
        "flagged": share([line.flagged for line in lines]),
    }


def report(lines: list[Line]) -> dict[str, Any]:
    """Return the figures of all lines, and again by kind and by language where the lines name them."""
    figures = summarise(lines)
    by_kind, by_language = defaultdict(list), defaultdict(list)
    for line in lines:
        if line.kind:
            by_kind[line.kind].append(line)
        if line.language:
            by_language[line.language].append(line)
    if lines:
        figures["ms_median"] = round(statistics.median(line.seconds for line in lines) * 1000, 2)
    if by_kind:
        figures["kinds"] = {kind: _kind(of_kind) for kind, of_kind in sorted(by_kind.items())}
    if by_language:
        figures["languages"] = {code: summarise(spoken) for code, spoken in sorted(by_language.items())}
    return figures


def _kind(lines: list[Line]) -> dict[str, Any]:
    dangers, safe = [line for line in lines if line.risk], [line for line in lines if not line.risk]
    return {"n": len(lines), "recall": _levels(dangers), "false_alarms": _levels(safe)}


def main() -> int:
    """Print the report as one JSON object; say what is wrong with the command line or the file if it is."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        print("Say which file to read: make safety-eval FILE=messages.jsonl", file=sys.stderr)
        return 2
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Here, so that the line above comes before numpy is loaded.
    from bot.safety_screen import load_screen

    try:
        lines = screen_file(Path(sys.argv[1]), load_screen())
    except (ValueError, KeyError, TypeError) as problem:
        print(
            f'A line is not {{"text": ..., "risk": ...}}: {type(problem).__name__} {problem}', file=sys.stderr
        )
        return 1
    print(json.dumps(report(lines)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
