"""The vocabulary of the feed: the catalogue's taxonomies under public names, and the terms of eligibility.

The UK profile has no entity for eligibility: it goes through attributes. The catalogue holds eligibility as text,
documents and ages, so its few terms are made here, from rules that SQL and Python state alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, joinedload

from referral_directory.catalogue.models import (
    Eligibility,
    RequiredDocument,
    Service,
    Taxonomy,
    TaxonomyTerm,
    make_id,
)

ELIGIBILITY = "eligibility"
ELIGIBILITY_ID = make_id("taxonomy", ELIGIBILITY)
NAMES = {
    "need": "Signpost Leeds needs",
    "risk": "Signpost Leeds emergencies",
    "access": "Signpost Leeds ways in",
    ELIGIBILITY: "Signpost Leeds eligibility",
}
# Texts that put no condition on who may come.
OPEN_TO_ALL = ("anyone", "everyone", "anyone in leeds", "anyone in the uk", "anyone in england")
ANYONE, PARTICULAR, AGES, DOCUMENTS = "anyone", "particular", "ages", "documents"
ELIGIBILITY_TERMS = {
    ANYONE: ("Open to anyone", "No condition on who may use the service is on record."),
    PARTICULAR: ("For particular people", "The service says who it is for: read eligibility_description."),
    AGES: ("Age limits", "The service has a lowest or highest age: see minimum_age and maximum_age."),
    DOCUMENTS: ("Something to bring", "The service asks for a document, voucher or proof."),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All taxonomies and terms of the feed, as the standard writes them, by id and ordered by it."""

    taxonomies: Mapping[UUID, dict[str, Any]]
    terms: Mapping[UUID, dict[str, Any]]

    def get_family(self, term: UUID) -> list[UUID]:
        """The ids of a term and of all terms below it; only the term's own if it is not known."""
        family = [term]
        for parent in family:
            children = (row for row in self.terms.values() if row.get("parent_id") == str(parent))
            family += [child for row in children if (child := UUID(row["id"])) not in family]
        return family


def eligibility_id(code: str) -> UUID:
    """The id of a term of eligibility."""
    return make_id("taxonomy_term", ELIGIBILITY, code)


def load_vocabulary(session: Session, base_url: str) -> Vocabulary:
    """The vocabulary as it is now; addresses of terms begin with the feed's `base_url`."""
    taxonomies = {row.id: make_taxonomy(row, base_url) for row in session.scalars(select(Taxonomy))}
    query = select(TaxonomyTerm).options(joinedload(TaxonomyTerm.taxonomy))
    terms = {row.id: make_term(row, base_url) for row in session.scalars(query)}
    if ELIGIBILITY_ID not in taxonomies:
        description = "Who a service is for, as far as it can be told in a few words."
        made = Taxonomy(id=ELIGIBILITY_ID, name=ELIGIBILITY, description=description)
        taxonomies[ELIGIBILITY_ID] = make_taxonomy(made, base_url)
    for code in ELIGIBILITY_TERMS:
        terms[eligibility_id(code)] = make_eligibility_term(code, base_url)
    return Vocabulary(dict(sorted(taxonomies.items())), dict(sorted(terms.items())))


def make_taxonomy(row: Taxonomy, base_url: str) -> dict[str, Any]:
    """A taxonomy as the standard writes it."""
    name = _name_of(row.name)
    return {
        "id": str(row.id),
        "name": name,
        "description": row.description.strip() or name,
        "uri": f"{base_url}/taxonomies/{row.id}",
    }


def make_term(row: TaxonomyTerm, base_url: str) -> dict[str, Any]:
    """A term as the standard writes it; its taxonomy must be loaded."""
    parent = {"parent_id": str(row.parent_id)} if row.parent_id else {}
    return {
        "id": str(row.id),
        "code": row.code,
        "name": row.name,
        "description": row.description.strip() or row.name,
        **parent,
        "taxonomy": _name_of(row.taxonomy.name),
        "taxonomy_id": str(row.taxonomy_id),
        "term_uri": f"{base_url}/taxonomy_terms/{row.id}",
    }


def make_eligibility_term(code: str, base_url: str) -> dict[str, Any]:
    """A term of eligibility as the standard writes it."""
    name, description = ELIGIBILITY_TERMS[code]
    return {
        "id": str(eligibility_id(code)),
        "code": code,
        "name": name,
        "description": description,
        "taxonomy": NAMES[ELIGIBILITY],
        "taxonomy_id": str(ELIGIBILITY_ID),
        "term_uri": f"{base_url}/taxonomy_terms/{eligibility_id(code)}",
    }


def eligibility_codes(service: Service) -> list[str]:
    """The terms of eligibility that hold for a service."""
    codes = []
    if service.eligibility_description:
        is_open = service.eligibility_description.lower() in OPEN_TO_ALL
        codes.append(ANYONE if is_open else PARTICULAR)
    if any(row.minimum_age is not None or row.maximum_age is not None for row in service.eligibility):
        codes.append(AGES)
    if any(row.document for row in service.documents):
        codes.append(DOCUMENTS)
    return codes


def eligibility_conditions(terms: Iterable[UUID]) -> list[ColumnElement[bool]]:
    """SQL conditions on Service that say what eligibility_codes says, for those of `terms` that are ours."""
    text = func.lower(Service.eligibility_description)
    limits = Eligibility.minimum_age.is_not(None) | Eligibility.maximum_age.is_not(None)
    rules = {
        ANYONE: text.in_(OPEN_TO_ALL),
        PARTICULAR: and_(text != "", text.not_in(OPEN_TO_ALL)),
        AGES: exists().where(Eligibility.service_id == Service.id, limits),
        DOCUMENTS: exists().where(RequiredDocument.service_id == Service.id, RequiredDocument.document != ""),
    }
    wanted = set(terms)
    return [rule for code, rule in rules.items() if eligibility_id(code) in wanted]


def _name_of(taxonomy: str) -> str:
    return NAMES.get(taxonomy, f"Signpost Leeds {taxonomy}")
