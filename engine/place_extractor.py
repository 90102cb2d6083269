"""Finds the place in a message: areas as people call them, outcodes, sectors, and the token that hides a postcode.

The names come from the lookup table ``place`` in ``data/places/nlu.yml``, which is written from the directory's own
gazetteer (``make place-names``), so that the assistant hears exactly the places the directory can find. Typing
mistakes are forgiven only where a place is expected: after "in", "near" and the like, or in a very short message.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Set, Text, Tuple

from rapidfuzz import fuzz, process
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

LOOKUP_NAME = "place"
NAMES_FILE = "places.json"
TOKEN = re.compile(r"\[place:[^\]\s]{1,40}\]")
# Outcodes of Leeds and around it, with the sector's digit if it is there: "LS9", "ls9 6", "wf3".
OUTCODE = re.compile(r"\b((?:ls|bd|wf|hx|hd|hg|yo)\s?\d{1,2})(?:\s?(\d)(?![\d£%]))?\b", re.IGNORECASE)
# "Leeds 9" is how many people say LS9.
LEEDS_NUMBER = re.compile(r"\bleeds\s?(\d{1,2})\b(?!\s?(?:am|pm|%|quid|pounds|kids|people))", re.IGNORECASE)
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
LONGEST_NAME = 5
PREPOSITIONS = frozenset(
    "in near at from around by live living round nr outside behind towards leave stay".split()
)
# Names that are also everyday words count only where a place is expected.
EVERYDAY = frozenset("town newtons walton carlton thorpe fairfields centre halton newton cambridge".split())
SHORT_MESSAGE = 4
# At least five letters and one slip in about six: lower scores confuse Burley with Bramley.
SHORTEST_FUZZY = 5
FUZZY_SCORE = 84


class Word(NamedTuple):
    """A word of the message, normalised, and where it stands."""

    text: str
    start: int
    end: int


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PlaceExtractor(GraphComponent):
    """Adds an entity ``place`` for every place that the message names."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, names: Dict[Text, Text]) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._names = names
        self._fuzzy_names = [name for name in names if len(name) >= SHORTEST_FUZZY]
        self._first_words: Set[Text] = {name.split(" ")[0] for name in names}

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "PlaceExtractor":
        """Creates an extractor that has yet to be trained."""
        return cls(model_storage, resource, {})

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "PlaceExtractor":
        """Loads the names that training kept."""
        with model_storage.read_from(resource) as folder:
            names = json.loads((folder / NAMES_FILE).read_text(encoding="utf-8"))
        return cls(model_storage, resource, names)

    def train(self, training_data: TrainingData) -> Resource:
        """Keeps the names of the lookup table."""
        names: Dict[Text, Text] = {}
        for table in training_data.lookup_tables:
            if table["name"] == LOOKUP_NAME:
                names.update({_normal(name): name for name in table["elements"]})
        with self._model_storage.write_to(self._resource) as folder:
            (folder / NAMES_FILE).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leaves the training data as it is: no later component learns from places."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds the places to each message."""
        for message in messages:
            text = message.get(TEXT)
            if text and not text.startswith("/"):
                message.set(ENTITIES, message.get(ENTITIES, []) + self.places(text), add_to_output=True)
        return messages

    def places(self, text: Text) -> List[Dict[Text, Any]]:
        """Returns the places of ``text`` in the order they stand there."""
        found = [_entity(match.group(0), match.start(), match.end()) for match in TOKEN.finditer(text)]
        for match in OUTCODE.finditer(text):
            outcode = match.group(1).replace(" ", "").upper()
            value = f"{outcode} {match.group(2)}" if match.group(2) else outcode
            found.append(_entity(value, match.start(), match.end()))
        found += [
            _entity(f"LS{int(match.group(1))}", match.start(), match.end())
            for match in LEEDS_NUMBER.finditer(text)
        ]
        taken = [(entity["start"], entity["end"]) for entity in found]
        words = [word for word in _words(text) if not _overlaps(word, taken)]
        found += self._named(words)
        return sorted(found, key=lambda entity: int(entity["start"]))

    def _named(self, words: List[Word]) -> List[Dict[Text, Any]]:
        """Names as they are written or, when there is none, the first that is nearly written right."""
        found = []
        position = 0
        while position < len(words):
            length, name = self._name_at(words, position)
            if name is not None:
                found.append(_entity(name, words[position].start, words[position + length - 1].end))
            position += max(length, 1)
        return found or self._nearly_named(words)

    def _nearly_named(self, words: List[Word]) -> List[Dict[Text, Any]]:
        for position, word in enumerate(words):
            if word.text not in PREPOSITIONS and _place_expected(words, position):
                length, name = self._similar_at(words, position)
                if name is not None:
                    return [_entity(name, word.start, words[position + length - 1].end)]
        return []

    def _name_at(self, words: List[Word], position: int) -> Tuple[int, Optional[Text]]:
        if words[position].text in self._first_words:
            expected = _place_expected(words, position)
            for length in range(min(LONGEST_NAME, len(words) - position), 0, -1):
                said = " ".join(word.text for word in words[position : position + length])
                if said in self._names and (expected or said not in EVERYDAY):
                    return length, self._names[said]
        return 0, None

    def _similar_at(self, words: List[Word], position: int) -> Tuple[int, Optional[Text]]:
        for length in (2, 1):
            said = " ".join(word.text for word in words[position : position + length])
            if len(said) < SHORTEST_FUZZY or position + length > len(words):
                continue
            best = process.extractOne(said, self._fuzzy_names, scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE)
            if best is not None:
                return length, self._names[best[0]]
        return 0, None


def _place_expected(words: List[Word], position: int) -> bool:
    if len(words) <= SHORT_MESSAGE:
        return True
    before = [word.text for word in words[max(position - 2, 0) : position]]
    return bool(before) and (
        before[-1] in PREPOSITIONS or (before[0] in PREPOSITIONS and before[-1] == "the")
    )


def _entity(value: Text, start: int, end: int) -> Dict[Text, Any]:
    return {"entity": "place", "value": value, "start": start, "end": end, "extractor": "PlaceExtractor"}


def _normal(name: Text) -> Text:
    return " ".join(word.text for word in _words(name))


def _words(text: Text) -> Iterator[Word]:
    for match in WORD.finditer(text):
        yield Word(match.group(0).lower().replace("’", "'").replace("'", ""), match.start(), match.end())


def _overlaps(word: Word, taken: List[Tuple[int, int]]) -> bool:
    return any(word.start < end and start < word.end for start, end in taken)
