"""The order in which needs are dealt with. Codes are those of docs/architecture.md."""

from __future__ import annotations

NEEDS = (
    "food.parcel food.pantry food.meal food.children "
    "fuel.meter fuel.bills fuel.cold_home fuel.warm_space "
    "housing.homeless housing.eviction housing.rent housing.repairs housing.find "
    "digital.device digital.data digital.skills digital.access "
    "money.crisis money.debt money.benefits money.council_tax "
    "essentials.furniture essentials.baby essentials.clothing "
    "wellbeing.mental_health wellbeing.loneliness"
).split()
TOPICS = tuple(dict.fromkeys(code.split(".")[0] for code in NEEDS))
# Handled before all others, in this order: a night outside, then a day without food, light or money, then a baby.
URGENT = ("housing.homeless", "food.parcel", "fuel.meter", "money.crisis", "essentials.baby")


def in_order_of_urgency(codes: list[str]) -> list[str]:
    """Returns each known code once: urgent ones first in their fixed order, the others as they were said."""
    known = [code for code in dict.fromkeys(codes) if code in NEEDS]
    return sorted(known, key=lambda code: URGENT.index(code) if code in URGENT else len(URGENT))


def needs_of_topic(topic: str) -> list[str]:
    """Returns the codes of a topic, in the order of the design; empty when there is no such topic."""
    return [code for code in NEEDS if code.split(".")[0] == topic]
