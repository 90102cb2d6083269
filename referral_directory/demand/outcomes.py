"""What an enquiry or a referral can come to, and which of it is unmet need.

An enquiry with the outcome `matched` was signposted: somebody was shown at least one service that was open or
would open. Everything in REASON_OF is unmet need. Rows whose outcome is REFERRAL_SENT or begins with `end_`
count referrals and how they ended; rows that begin with `said_` count what residents said afterwards. Neither is
ever added to enquiries.
"""

REASONS = ("no_such_service", "full", "closed", "not_eligible", "too_far", "no_answer")
# The two outcomes on the left are what the search itself can tell.
REASON_OF = {"none_matched": "no_such_service", "closed_now": "closed"} | {
    reason: reason for reason in REASONS
}
ENQUIRY_OUTCOMES = frozenset({"matched", "abandoned", *REASON_OF})

REFERRAL_SENT = "sent"
REFERRAL_ENDS = (
    "end_helped",
    "end_partly",
    "end_no_answer",
    "end_full",
    "end_not_eligible",
    "end_too_far",
    "end_closed",
    "end_duplicate",
    "end_not_reached",
    "end_withdrawn",
)
# What residents said of a service that they were shown. All but the first and the last are reasons why it did
# not help: what came to light after a match.
SAID = (
    "said_helped",
    "said_full",
    "said_closed",
    "said_not_eligible",
    "said_too_far",
    "said_no_answer",
    "said_not_helped",
    "said_wrong_details",
)
OUTCOMES = ENQUIRY_OUTCOMES.union(REFERRAL_ENDS, SAID, {REFERRAL_SENT})

LABELS = {
    "no_such_service": "No such service",
    "full": "Service full",
    "closed": "Closed at the time",
    "not_eligible": "Not eligible",
    "too_far": "Too far away",
    "no_answer": "No answer",
    "end_helped": "Helped",
    "end_partly": "Partly helped",
    "end_no_answer": "No answer from the service",
    "end_full": "Declined: full",
    "end_not_eligible": "Declined: not eligible",
    "end_too_far": "Declined: too far away",
    "end_closed": "Declined: service closed",
    "end_duplicate": "Declined: referred before",
    "end_not_reached": "Person not reached",
    "end_withdrawn": "Withdrawn by the person",
    "said_helped": "It helped",
    "said_full": "It was full",
    "said_closed": "It was closed",
    "said_not_eligible": "They could not help people like me",
    "said_too_far": "It was too far away",
    "said_no_answer": "Nobody answered",
    "said_not_helped": "It did not help, for another reason",
    "said_wrong_details": "The details were wrong",
}
