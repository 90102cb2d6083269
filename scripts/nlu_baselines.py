"""Trains what the reader of needs is compared with, once, and keeps the figures: docs/figures/nlu_baselines.json.

    engine/.venv/bin/python -m scripts.nlu_baselines curve   tf-idf alone, and the reader on parts of the text
    engine/.venv/bin/python -m scripts.nlu_baselines diet    Rasa's default pipeline with DIET (an hour or more;
                                                            a number behind it is the epochs, 100 by default)

Runs inside Rasa's environment, Python 3.10. Everything is measured on the English messages of the development split,
with the threshold that is best there for each row. ``make nlu-report`` puts the figures beside the present model.
"""

import asyncio
import datetime as dt
import json
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs/figures/nlu_baselines.json"
PARTS = (0.25, 0.5, 1.0)
THRESHOLDS = [step / 4 for step in range(-12, 9)]
DEFAULT_PIPELINE = """
recipe: default.v1
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: {epochs}
    constrain_similarities: true
    entity_recognition: false
"""


def read_examples():
    """Return (text, labels) of every training example."""
    import yaml

    found = []
    for file in sorted(ROOT.glob("data/*/nlu*.yml")):
        for block in yaml.safe_load(file.read_text("utf-8"))["nlu"]:
            if "intent" not in block:
                continue
            examples = block["examples"]
            if isinstance(examples, str):
                examples = [{"text": line[2:]} for line in examples.splitlines() if line.startswith("- ")]
            for example in examples:
                needs = (example.get("metadata") or {}).get("needs") or [block["intent"]]
                found.append((example["text"].strip(), needs))
    return found


def read_split(name="dev"):
    """Return the English messages of a split and their needs."""
    lines = (ROOT / f"tests/understanding/{name}.jsonl").read_text("utf-8").splitlines()
    read = [json.loads(line) for line in lines]
    return [(line["text"], set(line["needs"])) for line in read if line["lang"] == "en"]


def best_figures(split, claims):
    """Return the figures at the threshold with the best micro F1. ``claims(threshold)`` gives a set a message."""
    best = {"micro_f1": -1.0}
    for threshold in THRESHOLDS:
        claimed = claims(threshold)
        both = sum(len(got & needs) for got, (_, needs) in zip(claimed, split, strict=True))
        size = sum(len(got) + len(needs) for got, (_, needs) in zip(claimed, split, strict=True))
        f1 = 2 * both / size
        if f1 > best["micro_f1"]:
            none = [not got for got, (_, needs) in zip(claimed, split, strict=True) if not needs]
            several = [got == needs for got, (_, needs) in zip(claimed, split, strict=True) if len(needs) > 1]
            best = {
                "micro_f1": round(f1, 4),
                "none": round(sum(none) / len(none), 4),
                "several": round(sum(several) / len(several), 4),
            }
    return best


def measure_reader(examples, split, settings):
    """Return the figures of the reader, without the encoder, trained on ``examples``."""
    from engine.reader import Example, train

    trained = train([Example(text, labels) for text, labels in examples], settings)
    scores = [trained.log_odds(text) for text, _ in split]
    needs = [i for i, label in enumerate(trained.labels) if "." in label]
    acts = [i for i, label in enumerate(trained.labels) if "." not in label]

    def claims(threshold):
        return [
            set()
            if row[acts].max() > row[needs].max() - 1
            else {trained.labels[i] for i in needs if row[i] > threshold}
            for row in scores
        ]

    return best_figures(split, claims)


def measure_curve():
    """Return the figures of tf-idf alone and of the reader on parts of the training text."""
    from engine.reader import Settings

    examples, split = read_examples(), read_split()
    mixed = random.Random(1).sample(examples, len(examples))  # noqa: S311 - a fixed order, no secret
    rows = {"tf-idf alone": measure_reader(examples, split, Settings(vector_weight=0.0, clause_share=0.0))}
    for part in PARTS:
        rows[f"reader, {part:.0%} of the text"] = measure_reader(
            mixed[: int(part * len(mixed))], split, Settings()
        )
    return rows


def measure_diet(epochs=100):
    """Return the figures of Rasa's default pipeline, trained on the examples with one label."""
    import yaml
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    blocks = {}
    for text, labels in read_examples():
        if len(labels) == 1:
            blocks.setdefault(labels[0], []).append(text.replace("\n", " "))
    split, test = read_split("dev"), read_split("test")
    with tempfile.TemporaryDirectory() as folder:
        config, data = Path(folder) / "config.yml", Path(folder) / "nlu.yml"
        config.write_text(DEFAULT_PIPELINE.format(epochs=epochs), "utf-8")
        nlu = [
            {"intent": label, "examples": "".join(f"- {text}\n" for text in texts)}
            for label, texts in blocks.items()
        ]
        data.write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True), "utf-8")
        agent = Agent.load(train_nlu(str(config), str(data), folder))

        def measure(messages):
            parsed = [asyncio.run(agent.parse_message(text))["intent"] for text, _ in messages]

            def claims(threshold):
                lowest = (threshold + 3) / 5
                return [
                    {intent["name"]} if "." in intent["name"] and intent["confidence"] >= lowest else set()
                    for intent in parsed
                ]

            return {**best_figures(messages, claims), "epochs": epochs}

        name = "Rasa's default pipeline (DIET)"
        return {name: measure(split), f"{name}, test split": measure(test)}


def main():
    """Measure and keep."""
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    measured = {"curve": measure_curve, "diet": measure_diet}[sys.argv[1]](*map(int, sys.argv[2:]))
    for name, row in measured.items():
        kept[name] = {
            **row,
            "measured": dt.datetime.now(dt.timezone.utc).date().isoformat(),
            "command": f"scripts.nlu_baselines {sys.argv[1]}",
        }
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
