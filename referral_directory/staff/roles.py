"""What a member of staff may be, and the value that the rest of the directory sees of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from referral_directory.errors import InvalidInput


class Role(StrEnum):
    """What a person may do. An administrator looks after accounts and sees no referral by that alone."""

    STAFF = "staff"
    PROVIDER_MANAGER = "provider_manager"
    CURATOR = "curator"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"


ROLE_LABELS = {
    Role.STAFF: "Community-space staff: make and follow referrals of their own space",
    Role.PROVIDER_MANAGER: "Provider manager: look after the providers that take referrals",
    Role.CURATOR: "Curator: keep the directory true",
    Role.ANALYST: "Analyst: prepare statistics",
    Role.ADMINISTRATOR: "Administrator: look after people and community spaces",
}


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who is signed in, as of this request."""

    id: UUID
    display_name: str
    roles: frozenset[Role]
    community_space_id: UUID | None

    def has(self, *roles: Role) -> bool:
        """Whether the person has any of these roles; True if none is asked for."""
        return not roles or not self.roles.isdisjoint(roles)


def read_roles(values: Iterable[str], community_space_id: UUID | None) -> frozenset[Role]:
    """The roles that a form names. Raises InvalidInput for none, an unknown one, or staff of no space."""
    try:
        roles = frozenset(Role(value) for value in values)
    except ValueError as error:
        raise InvalidInput("roles", "Choose from the roles on the page.") from error
    if not roles:
        raise InvalidInput("roles", "Choose at least one role.")
    if Role.STAFF in roles and community_space_id is None:
        raise InvalidInput("community_space", "Choose the community space: its staff see only its referrals.")
    return roles
