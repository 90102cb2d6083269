"""What a service has to know before it can help, and whether the answers fit it.

Questions are for yes or no. Whoever is not sure says so: the service then asks for itself, and nobody is turned away
by a form. Answers are personal data, and are sealed with the other details.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from referral_directory.errors import InvalidInput
from referral_directory.field_encryption import FieldKeys
from referral_directory.referrals.models import Referral, ReferralQuestion
from referral_directory.referrals.records import ANSWERS as FIELD
from referral_directory.referrals.records import read_details, record_details

ANSWERS = {"yes": "Yes", "no": "No", "unsure": "Not sure"}
FITS = {"yes": "Yes fits", "no": "No fits", "any": "Either fits: the service only wants to know"}
MOST_QUESTIONS = 6
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a service; `fits` is "yes", "no" or "any", `reason` what is said if the answer does not."""

    text: str
    fits: str
    reason: str = ""


def list_questions(session: Session, service_id: UUID | None) -> list[Question]:
    """The questions of a service, in order."""
    rows = session.scalars(
        select(ReferralQuestion)
        .where(ReferralQuestion.service_id == service_id)
        .order_by(ReferralQuestion.position)
    )
    return [Question(row.text, row.fits, row.reason) for row in rows]


def save_questions(session: Session, service_id: UUID, questions: Sequence[Question]) -> None:
    """Replace the questions of a service. Raises InvalidInput."""
    if len(questions) > MOST_QUESTIONS:
        raise InvalidInput("questions", f"Ask at most {MOST_QUESTIONS} questions.")
    for question in questions:
        if (
            question.fits not in FITS
            or not 3 <= len(question.text) <= LONGEST
            or len(question.reason) > LONGEST
        ):
            raise InvalidInput(
                "questions", f"Write each question in 3 to {LONGEST} characters, and say what fits."
            )
    session.execute(delete(ReferralQuestion).where(ReferralQuestion.service_id == service_id))
    session.add_all(
        ReferralQuestion(
            id=uuid4(),
            service_id=service_id,
            position=position,
            text=question.text,
            fits=question.fits,
            reason=question.reason,
        )
        for position, question in enumerate(questions)
    )


def keep_answers(session: Session, keys: FieldKeys, referral: Referral, answers: Mapping[str, str]) -> None:
    """Keep the answers, by the question's text, sealed. Raises InvalidInput for one that is missing."""
    questions = list_questions(session, referral.service_id)
    for number, question in enumerate(questions):
        if answers.get(question.text) not in ANSWERS:
            raise InvalidInput(f"answer-{number}", f"Choose an answer: {question.text}")
    kept = {question.text: answers[question.text] for question in questions}
    record_details(session, keys, referral, {FIELD: json.dumps(kept, ensure_ascii=False)})


def answers_in(details: Mapping[str, str]) -> dict[str, str]:
    """The answers, by the question's text, from the opened details; empty if none were given."""
    text = details.get(FIELD, "")
    return dict(json.loads(text)) if text else {}


def list_answers(details: Mapping[str, str]) -> list[tuple[str, str]]:
    """The answers as people read them, from the opened details: (question, answer in words)."""
    return [(question, ANSWERS.get(answer, answer)) for question, answer in answers_in(details).items()]


def find_misfits(questions: Sequence[Question], answers: Mapping[str, str]) -> list[str]:
    """Why the service does not fit, one reason for each answer that does not; empty if it does."""
    return [
        question.reason or f"The service needs another answer to: {question.text}"
        for question in questions
        if question.fits != "any" and answers.get(question.text) not in (question.fits, "unsure", None)
    ]


def check_fit(session: Session, keys: FieldKeys, referral: Referral) -> None:
    """Raises InvalidInput if a question of the chosen service has no answer, or the answers do not fit."""
    questions = list_questions(session, referral.service_id)
    answers = answers_in(read_details(session, keys, referral)) if questions else {}
    if any(question.text not in answers for question in questions):
        raise InvalidInput("answers", "The service needs some answers first.")
    if misfits := find_misfits(questions, answers):
        raise InvalidInput("answers", f"This service does not fit: {misfits[0]}")
