"""What the bot and the actions say of themselves at this moment, for the status page: counts, never of what."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

# Somebody waits for the page: whoever has not answered by then is not known.
SECONDS = 2


@dataclass(frozen=True, slots=True)
class OthersFigures:
    """The figures of the other programs. None: not known, because the program did not say."""

    not_understood: int | None
    messages_waiting: int | None
    workers_away: int | None
    enquiries_waiting: int | None

    @property
    def faults(self) -> list[str]:
        """What somebody should look at, in plain words; docs/operating.md says what to do about each."""
        found = []
        if self.messages_waiting is None:
            found.append("The chat does not say how it is doing.")
        if self.enquiries_waiting is None:
            found.append("The actions do not say how they are doing.")
        if self.workers_away:
            found.append(f"Rasa workers that do not answer: {self.workers_away}.")
        if self.enquiries_waiting:
            found.append(f"Enquiries that wait to be counted: {self.enquiries_waiting}.")
        return found


def fetch_figures(bot_url: str, actions_url: str) -> OthersFigures:
    """Ask both programs at once. Whatever goes wrong, the figure is not known, and the page opens."""
    with ThreadPoolExecutor(2) as pool:
        bot, actions = pool.map(_fetch, (f"{bot_url}/metrics", f"{actions_url}/metrics"))
    return OthersFigures(
        not_understood=bot.get("bot_not_understood"),
        messages_waiting=bot.get("bot_messages_waiting"),
        workers_away=bot.get("bot_rasa_workers_away"),
        enquiries_waiting=actions.get("actions_enquiries_waiting"),
    )


def _fetch(address: str) -> dict[str, int]:
    with requests.Session() as session:
        # A neighbour of ours, never behind a proxy.
        session.trust_env = False
        try:
            answer = session.get(address, timeout=SECONDS, allow_redirects=False)
            answer.raise_for_status()
            return {family.name: count_of([family]) for family in text_string_to_metric_families(answer.text)}
        except (requests.RequestException, ValueError, LookupError, OverflowError):
            return {}


def count_of(families: Iterable[Metric], leave_out: str | None = None) -> int:
    """The sum of a figure over its labels, but for those with the value `leave_out`."""
    return int(
        sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name in (family.name, f"{family.name}_total")
            and leave_out not in sample.labels.values()
        )
    )
