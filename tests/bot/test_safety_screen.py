"""The whole safety screen: patterns and the trained model together, with the files that ship."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bot.safety import PatternScreen, Screening
from bot.safety_model import RISKS, load_model
from bot.safety_parts import cut
from bot.safety_screen import FOLDER, SafetyScreen, decide, load_screen
from bot.safety_vectors import FINISHED, POOLED, Encoder
from bot.urgent import DEFAULT
from scripts.safety_eval import find_interval, report, screen_file
from scripts.train_safety import hash_training_text

SPLITS = Path(__file__).parents[1] / "understanding"
MEBIBYTE = 2**20


@pytest.fixture(scope="session")
def safety_screen() -> SafetyScreen:
    """The real screen, loaded once: it holds no state between messages."""
    return load_screen()


def level(*numbers: float) -> np.ndarray:
    return np.array([*numbers, *[-9.0] * (len(RISKS) - len(numbers))], dtype=np.float32)


def test_the_model_was_trained_on_the_text_that_ships_with_it():
    described = json.loads((FOLDER / "model.json").read_text("utf-8"))
    assert described["training_sha256"] == hash_training_text(), "run: python -m scripts.train_safety"


def test_the_model_is_small_and_holds_plain_numbers_only():
    assert (FOLDER / "model.npz").stat().st_size + (FOLDER / "model.json").stat().st_size < 3 * MEBIBYTE
    with np.load(FOLDER / "model.npz", allow_pickle=False) as arrays:
        assert all(np.isfinite(arrays[name]).all() for name in arrays.files)


def test_no_message_of_the_test_split_is_in_the_training_text():
    def texts(*files: Path) -> set[str]:
        return {json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines()}

    trained = texts(FOLDER / "train.jsonl", FOLDER / "ordinary.jsonl")
    # The number only: nobody should read the test split in a failing test.
    overlap = trained & texts(*(SPLITS / f"safety_{split}.jsonl" for split in ("test", "dev", "dev_2")))
    assert len(overlap) == 0


@pytest.mark.parametrize(
    ("risk", "text"),
    [
        ("suicide_self_harm", "i want to kill myself"),
        ("domestic_abuse", "my husband hits me and i am scared to go home"),
        ("violence", "there is a man outside my door with a knife"),
        ("child_safety", "my stepdad touches me at night"),
        ("medical", "my dad has collapsed and is not breathing"),
        ("gas_leak", "there is a strong smell of gas in my kitchen"),
    ],
)
def test_plain_danger_brings_the_right_urgent_card(safety_screen: SafetyScreen, risk: str, text: str):
    found = safety_screen.screen(text)
    assert (found.level, risk in found.risks) == ("sure", True)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "LS9 6AB",
        "i need a food parcel",
        "gas bill",
        "next need please",
        "the library in Armley",
        "??",
        "ive got nothing in for tea and the leccy is about to run out, im in Harehills with two kids",
    ],
)
def test_ordinary_messages_raise_no_alarm(safety_screen: SafetyScreen, text: str):
    assert safety_screen.screen(text).level == "none"


def test_our_own_buttons_raise_no_alarm(safety_screen: SafetyScreen):
    for payload in (
        "/next_need",
        "/fuel.meter",
        '/choose_topic{"topic": "fuel"}',
        "/urgent_help",
        "/forget_me",
    ):
        assert safety_screen.screen(payload) == Screening()


@pytest.mark.parametrize("text", ["", "   ", "😀", "\x00", "." * 2000, "7" * 2000])
def test_a_text_without_letters_raises_no_alarm(safety_screen: SafetyScreen, text: str):
    assert safety_screen.screen(text).level == "none"


def test_a_score_that_is_no_number_is_an_error_and_not_all_clear():
    with pytest.raises(ArithmeticError):
        decide(level(float("nan")), level(1), level(0))


def test_a_risk_that_is_much_less_likely_is_not_named_beside_another():
    limits = np.zeros(len(RISKS), dtype=np.float32)
    assert decide(level(5, 4.5, 1), limits, limits).risks == RISKS[:2]


def test_what_is_above_the_lower_threshold_only_is_unsure():
    sure, unsure = np.full(len(RISKS), 2.0, np.float32), np.full(len(RISKS), 1.0, np.float32)
    assert [decide(level(score), sure, unsure).level for score in (0.9, 1.5, 2.5)] == [
        "none",
        "unsure",
        "sure",
    ]


def test_a_broken_model_shows_everybody_the_default_urgent_card(start_bot, safety_screen: SafetyScreen):
    class BrokenModel:
        def score(self, text: str, patterns: Screening) -> np.ndarray:
            return np.full(len(RISKS), np.nan, dtype=np.float32)

    bot = start_bot(safety=SafetyScreen(PatternScreen(), BrokenModel()))
    told = bot.ask("where is the food bank")
    assert told["messages"][0]["urgent"]
    assert told["messages"][0]["text"] == bot.app.state.desk.urgent.get_card(DEFAULT).as_message().text


def test_the_running_bot_reads_what_patterns_alone_do_not_see(start_bot, safety_screen: SafetyScreen):
    text = "I've decided that I am leaving this world on Sunday and the letters are written"
    assert PatternScreen().screen(text).level == "none"
    told = start_bot(safety=safety_screen).ask(text)
    assert (told["messages"][0]["urgent"], told["understood"]["risk"]) == (True, "suicide_self_harm")


@pytest.mark.parametrize("missing", ["model.json", "model.npz"])
def test_a_screen_without_its_model_does_not_start(tmp_path: Path, missing: str):
    for name in {"model.json", "model.npz"} - {missing}:
        shutil.copy(FOLDER / name, tmp_path)
    with pytest.raises(OSError, match=missing):
        load_model(tmp_path)


def test_the_encoder_gives_both_layers_for_one_text_and_for_many():
    encoder = Encoder()
    texts = ["i need help", "the boiler is broken and we are cold", "نحتاج طعاما", "x " * 900]
    together = encoder.encode(texts)
    assert together.shape == (len(texts), POOLED + FINISHED)
    for row, text in zip(together, texts, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], row, atol=1e-4)


def test_a_message_is_cut_into_clauses_in_any_script():
    assert cut("I need a bed, my back hurts and he hits me") == [
        "I need a bed",
        "my back hurts",
        "he hits me",
    ]
    assert cut("我没有吃的东西，他昨天打了我") == ["我没有吃的东西", "他昨天打了我"]
    assert cut("just the one thing") == []


def test_no_message_of_two_thousand_characters_takes_long(safety_screen: SafetyScreen, benchmark_seconds):
    for hostile in ("no, " * 500, "he hits me and " * 130, "a" * 2000, "我" * 2000):
        assert benchmark_seconds(lambda text=hostile: safety_screen.screen(text)) < 0.5


def test_the_interval_is_the_exact_one_of_clopper_and_pearson():
    # Table values: 59 of 59 leaves 0.9394 as the lower end, 8 of 10 is 0.4439 to 0.9748.
    assert find_interval([True] * 59) == [0.9394, 1.0]
    assert find_interval([True] * 8 + [False] * 2) == [0.4439, 0.9748]
    assert find_interval([False] * 5) == [0.0, 0.5218]
    assert find_interval([]) is None


def test_everyday_sayings_of_the_test_split_stay_within_the_bars_for_false_alarms(
    safety_screen: SafetyScreen,
):
    figures = report(screen_file(SPLITS / "safety_test.jsonl", safety_screen))
    hard = figures["kinds"]["hard"]["false_alarms"]
    # The bars of the issue that are met; docs/decisions/0008-safety-screen.md lists those that are not.
    assert hard["sure"] <= 0.05
    assert hard["flagged"] <= 0.20
