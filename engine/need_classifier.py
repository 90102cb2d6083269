"""The pipeline's classifier: every need in the message as an entity, and the strongest label as the intent."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from tqdm import tqdm

from engine import reader
from engine.encoder import ANY_NEED, ENGLISH, TextEncoder, reads
from engine.reader import Example, Reader, Settings

NEED_MARK = "."
RANKED = 8
# Said beside a need as often as alone, so they never speak against one.
COMPANIONS = frozenset(["inform_place", "greet", "thanks", "goodbye", "affirm"])
# What the front door puts in the place of personal data: a postcode reads like a place name, the rest like nothing.
PLACE_TOKEN = re.compile(r"\[place:[^\]\s]{1,40}\]")
OTHER_TOKEN = re.compile(r"\[[a-z ]{2,20}\]")
# What is pasted from a web page can bring its tags; they say nothing about a need.
MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class NeedClassifier(GraphComponent):
    """Reads needs and conversation acts.

    ``config.yml`` sets the reader's ``Settings`` and thresholds in log-odds: ``claim``, above which the likeliest
    need is claimed, and ``claim_more``, above which another one is; ``other_claim`` and ``other_claim_more``, the
    same for messages that are not in English; ``act_margin``, by which a conversation act must beat every need to
    be the only thing heard; and for English messages ``encoder_share``, the part that the fine-tuned encoder has in
    the score of each need, and ``any_need``, what its doubt whether there is a need at all must leave of the
    likeliest one (see ``_weigh``).
    """

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        trained: Optional[Reader] = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._reader = trained
        self._encoder = TextEncoder()

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Returns the settings that ``config.yml`` may change."""
        return {
            **vars(Settings()),
            "claim": -0.25,
            "claim_more": -0.25,
            "other_claim": -1.5,
            "other_claim_more": 0.25,
            "act_margin": -1.0,
            "encoder_share": 0.5,
            "any_need": 1.5,
        }

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "NeedClassifier":
        """Creates a classifier that has yet to be trained."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "NeedClassifier":
        """Loads the trained reader."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Reader.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the intents, and from ``metadata: {needs: [...]}`` where a message has more than one."""
        examples = [
            Example(message.get(TEXT), _labels(message))
            for message in training_data.intent_examples
            if message.get(TEXT)
        ]
        settings = Settings(**{name: self._config[name] for name in vars(Settings())})
        self._reader = reader.train(
            examples, settings, lambda learnt, total: tqdm(learnt, total=total, desc="Learning labels")
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._reader.save(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets intent, ranking and need entities; a message that a button sent is left as it is."""
        for message in messages:
            text = message.get(TEXT)
            if text and text.startswith("/"):
                # Rasa's own handler takes the intent from a button's payload; nothing here may look unsure of it.
                message.set(INTENT, {"name": None, "confidence": 1.0}, add_to_output=True)
                message.set("intent_ranking", [], add_to_output=True)
            elif text:
                self._read(message, text)
        return messages

    def _read(self, message: Message, text: Text) -> None:
        if self._reader is None:
            raise RuntimeError("NeedClassifier was asked to read before it was trained")
        words = MARKUP.sub(" ", OTHER_TOKEN.sub(" ", PLACE_TOKEN.sub("Harehills", text)))
        plain = words if words.strip() else text
        scores, english, any_need = self._weigh(self._reader, plain)
        order = np.argsort(-scores)
        needs = self._needs(scores, order, english) if any_need else []
        first = needs[0] if needs else int(order[0])
        ranking = [first, *[int(i) for i in order if int(i) != first]][:RANKED]
        confidence = 1.0 / (1.0 + np.exp(-scores))
        # A need that was chosen over an act may score lower; a ranking that falls is what Rasa expects.
        confidence = np.minimum(confidence, confidence[first])
        ranked = [{"name": self._reader.labels[i], "confidence": float(confidence[i])} for i in ranking]
        message.set(INTENT, ranked[0], add_to_output=True)
        message.set("intent_ranking", ranked, add_to_output=True)
        entities = [
            {
                "entity": "need",
                "value": self._reader.labels[i],
                "start": 0,
                "end": len(text),
                "confidence_entity": float(confidence[i]),
                "extractor": "NeedClassifier",
            }
            for i in needs
        ]
        message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)

    def _weigh(self, trained: Reader, text: Text) -> Tuple[np.ndarray, bool, bool]:
        """Returns the log-odds of each label, mixed with the encoder's in English, whether it is English, and whether a
        need may be claimed at all.
        """
        scores = trained.log_odds(text)
        if not reads(text):
            return scores, False, True
        heard = dict(zip(self._encoder.labels, self._encoder.log_odds(text), strict=True))
        if heard[ENGLISH] < 0:
            return scores, False, True
        share = self._config["encoder_share"]
        for position, label in enumerate(trained.labels):
            if label in heard:
                scores[position] = (1 - share) * scores[position] + share * heard[label]
        best = max(score for label, score in zip(trained.labels, scores, strict=True) if NEED_MARK in label)
        # A few plain words ("i need a food parcel") look to the encoder like no story of need, but name one surely.
        return scores, True, bool(heard[ANY_NEED] + 2 * best > self._config["any_need"])

    def _needs(self, scores: np.ndarray, order: np.ndarray, english: bool) -> List[int]:
        """Returns the labels of the needs claimed, the surest first; none when an act explains the message better."""
        if self._reader is None:
            return []
        needs = [int(i) for i in order if NEED_MARK in self._reader.labels[i]]
        acts = [
            int(i)
            for i in order
            if NEED_MARK not in self._reader.labels[i] and self._reader.labels[i] not in COMPANIONS
        ]
        if acts and scores[acts[0]] > scores[needs[0]] + self._config["act_margin"]:
            return []
        kind = "" if english else "other_"
        first, more = self._config[f"{kind}claim"], self._config[f"{kind}claim_more"]
        return [i for i in needs if scores[i] > (first if i == needs[0] else more)]


def _labels(message: Message) -> List[Text]:
    # Rasa files what is written beside an example under the key "example".
    several = ((message.get("metadata") or {}).get("example") or {}).get("needs")
    return list(several) if several else [message.get(INTENT)]
