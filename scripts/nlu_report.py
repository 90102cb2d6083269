"""Shows how needs are read, with plots, on one self-contained page: ``make nlu-report [FILE=x.jsonl]``.

Reads the development split unless a file is named, and writes var/reports/nlu.html: figures by kind of message and by
language, confusion by need, reliability of the confidence, and the comparison of ``scripts.nlu_baselines``. The plots
are put into docs/images too when ``--docs`` is given.
"""

import base64
import html
import io
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from scripts.nlu_eval import Pair, figures, read_file
from scripts.stack import ROOT, state_folder

SPLIT = ROOT / "tests/understanding/dev.jsonl"
BASELINES = ROOT / "docs/figures/nlu_baselines.json"
NOTHING = "(nothing)"
BLUE, ORANGE = "#1d70b8", "#f47738"
BINS = 8
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>How needs are read</title>
<style>body {{ font: 1rem/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse }}
th, td {{ border-bottom: 1px solid #b1b4b6; padding: .3rem .8rem; text-align: left }}
img {{ max-width: 100% }}</style></head><body><h1>How needs are read</h1>
<p>{count} messages of {file}. English: {english} messages.</p>
{body}</body></html>"""

Lines = list[dict[str, Any]]


def find_pairs(lines: Lines, answers: Lines) -> list[Pair]:
    """Return what each message needs and what was claimed."""
    return [
        (frozenset(line["needs"]), frozenset(answer["needs"]))
        for line, answer in zip(lines, answers, strict=True)
    ]


def count_confusions(pairs: list[Pair]) -> Counter[tuple[str, str]]:
    """Return how often a need was missed and what was claimed in its place, or that something was invented."""
    confused: Counter[tuple[str, str]] = Counter()
    for wanted, got in pairs:
        missed, invented = wanted - got, got - wanted
        for need in wanted & got:
            confused[need, need] += 1
        for need in missed or ([NOTHING] if invented else []):
            for claimed in invented or [NOTHING]:
                confused[need, claimed] += 1
    return confused


def draw_confusion(confused: Counter[tuple[str, str]]) -> Figure:
    """Draw true needs against claimed needs; "(nothing)" is a need that was missed, or one that was invented."""
    names = [*sorted({name for pair in confused for name in pair} - {NOTHING}), NOTHING]
    drawn = plt.figure(figsize=(10, 9))
    axes = drawn.add_subplot()
    grid = [[confused[true, claimed] for claimed in names] for true in names]
    axes.imshow(grid, cmap="Blues", vmax=max(4, max(map(max, grid)) / 2))
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("claimed")
    axes.set_ylabel("true")
    for row, counts in enumerate(grid):
        for column, count in enumerate(counts):
            if count and row != column:
                axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=ORANGE)
    drawn.tight_layout()
    return drawn


def draw_bars(values: dict[str, float], label: str) -> Figure:
    """Draw one horizontal bar a name, with its value beside it."""
    drawn = plt.figure(figsize=(8, 0.5 + 0.4 * len(values)))
    axes = drawn.add_subplot()
    names = list(values)
    axes.barh(names, list(values.values()), color=BLUE)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.08)
    axes.set_xlabel(label)
    for position, value in enumerate(values.values()):
        axes.text(value + 0.01, position, f"{value:.2f}", va="center")
    drawn.tight_layout()
    return drawn


def draw_reliability(lines: Lines, answers: Lines) -> Figure:
    """Draw how often a need is truly there against the confidence in it, for the needs that were thought likely."""
    seen = [
        (confidence, need in line["needs"])
        for line, answer in zip(lines, answers, strict=True)
        for need, confidence in answer["likely"].items()
    ]
    drawn = plt.figure(figsize=(6, 5))
    axes = drawn.add_subplot()
    axes.plot([0, 1], [0, 1], color="#b1b4b6", linestyle="--", label="perfect")
    points = []
    for low in range(BINS):
        chosen = [
            each for each in seen if low <= each[0] * BINS < low + 1 or each[0] == 1 == (low + 1) / BINS
        ]
        if len(chosen) >= 5:
            points.append(tuple(sum(values) / len(chosen) for values in zip(*chosen, strict=True)))
    axes.plot(*zip(*points, strict=True), marker="o", color=BLUE, label="measured")
    axes.set_xlabel("confidence in a need")
    axes.set_ylabel("share of messages that have it")
    axes.legend()
    drawn.tight_layout()
    return drawn


def make_table(rows: dict[str, dict[str, Any]], columns: tuple[str, ...]) -> str:
    """Return an HTML table with one row a name."""
    head = "".join(f"<th scope='col'>{html.escape(column)}</th>" for column in ("", *columns))
    body = "".join(
        f"<tr><th scope='row'>{html.escape(name)}</th>"
        + "".join(f"<td>{'–' if row.get(column) is None else row[column]}</td>" for column in columns)
        + "</tr>"
        for name, row in rows.items()
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def put_picture(drawn: Figure, name: str, title: str, documents: bool) -> str:
    """Return the plot as a part of the page; keep it in docs/images as well if asked to."""
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=90, metadata={"Software": None})
    plt.close(drawn)
    if documents:
        (ROOT / f"docs/images/reading-{name}.png").write_bytes(buffer.getvalue())
    encoded = base64.b64encode(buffer.getvalue()).decode()
    return f"<h2>{title}</h2><p><img alt='{title}' src='data:image/png;base64,{encoded}'></p>"


def compare(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the kept figures of the baselines with those of the present model beside them."""
    compared: dict[str, Any] = json.loads(BASELINES.read_text("utf-8")) if BASELINES.exists() else {}
    compared["the present model"] = {
        "micro_f1": whole["need_micro_f1"],
        "none": whole["none_recall"],
        "several": whole["several_exact"],
    }
    return compared


def make_page(lines: Lines, answers: Lines, file: Path, documents: bool = False) -> str:
    """Return the whole page."""
    english = [number for number, line in enumerate(lines) if line.get("lang", "en") == "en"]
    own, heard = [lines[i] for i in english], [answers[i] for i in english]
    pairs = find_pairs(lines, answers)
    spoken = [pairs[i] for i in english]
    kinds = {
        kind: figures([pair for pair, line in zip(spoken, own, strict=True) if line.get("kind") == kind])
        for kind in sorted({line["kind"] for line in own if "kind" in line})
    }
    languages = {
        language: figures(
            [pair for pair, line in zip(pairs, lines, strict=True) if line.get("lang", "en") == language]
        )
        for language in sorted({line.get("lang", "en") for line in lines})
    }
    columns = ("n", "need_micro_f1", "topic_macro_f1", "topic_accuracy", "exact_match", "none_recall")
    whole = figures(spoken)
    compared = compare(whole)
    exact = {kind: float(row["exact_match"] or 0) for kind, row in kinds.items()}
    topic = {language: float(row["topic_accuracy"] or 0) for language, row in languages.items()}
    against = {name: float(row["micro_f1"] or 0) for name, row in compared.items()}
    parts = [
        "<h2>By kind of English message</h2>" + make_table(kinds, columns),
        "<h2>By language</h2>" + make_table(languages, columns),
        put_picture(
            draw_bars(exact, "read exactly right"), "kinds", "Read exactly right, by kind", documents
        ),
        put_picture(draw_bars(topic, "topic right"), "languages", "Topic right, by language", documents),
        put_picture(draw_bars(against, "micro F1"), "compared", "Learning curve and comparison", documents),
        make_table(compared, ("micro_f1", "none", "several", "measured")),
        put_picture(draw_reliability(own, heard), "reliability", "Reliability of the confidence", documents),
        put_picture(draw_confusion(count_confusions(spoken)), "confusion", "Confusion by need", documents),
    ]
    return PAGE.format(
        count=len(lines), file=html.escape(file.name), english=len(english), body="\n".join(parts)
    )


def main() -> int:
    """Write the page and say where it is."""
    named = [argument for argument in sys.argv[1:] if argument != "--docs"]
    file = Path(named[0]) if named else SPLIT
    if not file.is_file():
        print("Say which file to read: make nlu-report FILE=messages.jsonl", file=sys.stderr)
        return 2
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    target = state_folder(os.environ) / "reports/nlu.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(make_page(lines, read_file(file), file, "--docs" in sys.argv), encoding="utf-8")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
