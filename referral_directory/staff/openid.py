"""Signing in with the organisation's own account: OpenID Connect, authorization code flow with PKCE.

What has to be remembered between leaving and coming back is one random value in a cookie of the browser; state, nonce
and the code verifier are made from it with the staff key, so that nothing is stored and nothing can be forged. The
identity token is checked as OpenID Connect Core 3.1.3.7 asks: signature, issuer, audience, time and nonce.
"""

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
from anyio import CapacityLimiter
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_directory.errors import InvalidInput
from referral_directory.staff.accounts import find_by_email, read_email
from referral_directory.staff.keys import StaffKeys, keyed_digest
from referral_directory.staff.models import StaffMember

LASTS = timedelta(minutes=10)
SECONDS = 10
THREADS = 4
LEEWAY_SECONDS = 60
# Signatures with a public key only: with a shared secret the client itself could make tokens.
ALGORITHMS = ["RS256", "PS256", "ES256"]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
FAILED = "Signing in with that account did not work. Try again, or use your password."


@dataclass
class SignInService:
    """The organisation's sign-in service, and what it says of itself (asked once).

    Whoever waits for it does so in `threads` of its own: one that hangs holds up no other page.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    callback: str
    metadata: dict[str, Any] | None = field(default=None, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(THREADS), repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Who came back: the hash of issuer and subject, and the address, if the service has verified it."""

    digest: bytes
    email: str | None


def make_service(
    issuer: str, client_id: str, client_secret: str, name: str, public_url: str
) -> SignInService:
    """The service of these settings. Raises InvalidInput for an address that is not https."""
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise InvalidInput("OIDC_ISSUER", "Use an https address.")
    callback = f"{public_url}/staff/sign-in/openid/callback"
    return SignInService(issuer.rstrip("/"), client_id, client_secret, name, callback)


def make_ticket(going: str, now: datetime) -> str:
    """What the browser keeps while it is away: when it left, a random value, and where it wants to go afterwards."""
    return f"{int(now.timestamp())}.{secrets.token_urlsafe(32)}.{quote(going, safe='')}"


def leave(service: SignInService, keys: StaffKeys, ticket: str) -> str:
    """The address of the service to send the browser to. Raises InvalidInput if the service is away."""
    try:
        metadata = _discover(service)
        with _client(service) as client:
            address, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=_derived(keys, "state", ticket),
                nonce=_derived(keys, "nonce", ticket),
                code_verifier=_derived(keys, "verifier", ticket),
            )
    except (httpx.HTTPError, AuthlibBaseError, ValueError, KeyError) as error:
        raise InvalidInput("", FAILED) from error
    return str(address)


def come_back(
    service: SignInService, keys: StaffKeys, ticket: str, state: str, code: str, now: datetime
) -> tuple[Person, str]:
    """Who came back, and where they wanted to go. Raises InvalidInput."""
    left_at, _, rest = ticket.partition(".")
    expected = _derived(keys, "state", ticket)
    if not ticket or not hmac.compare_digest(state.encode(), expected.encode()) or not left_at.isdigit():
        raise InvalidInput("", FAILED)
    if not 0 <= now.timestamp() - int(left_at) <= LASTS.total_seconds():
        raise InvalidInput("", "That took too long. Try again.")
    try:
        claims = _exchange(service, keys, ticket, code, now)
    except (httpx.HTTPError, AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput("", FAILED) from error
    identity = f"{service.issuer}\0{claims['sub']}".encode()
    # Some services write the word instead of the value.
    verified = claims.get("email_verified") in (True, "true")
    email = str(claims["email"]) if verified and claims.get("email") else None
    return Person(hashlib.sha256(identity).digest(), email), unquote(rest.partition(".")[2])


def find_member(session: Session, person: Person) -> StaffMember:
    """The account of who came back; the first time it is found by the verified address, and tied to them from then
    on. Raises InvalidInput for somebody who was not invited, or is disabled.
    """
    member = session.scalar(
        select(StaffMember).where(StaffMember.openid_digest == person.digest).with_for_update()
    )
    if member is None and person.email is not None:
        member = find_by_email(session, read_email(person.email))
        if member is not None and member.openid_digest is not None:
            # The address has gone to another person at the service: it is not their account.
            member = None
    if member is None or member.status == "disabled":
        raise InvalidInput("", "There is no account for you here. Ask your administrator for an invitation.")
    member.openid_digest, member.status = person.digest, "active"
    return member


def _discover(service: SignInService) -> dict[str, Any]:
    with service.lock:
        if service.metadata is None:
            answer = httpx.get(f"{service.issuer}/.well-known/openid-configuration", timeout=SECONDS)
            found = answer.raise_for_status().json()
            # OpenID Connect Discovery 4.3: who answers must be who was asked.
            if found["issuer"].rstrip("/") != service.issuer:
                raise ValueError("another issuer")
            service.metadata = found
        return service.metadata


def _exchange(
    service: SignInService, keys: StaffKeys, ticket: str, code: str, now: datetime
) -> dict[str, Any]:
    """The claims of the identity token that the code is worth."""
    metadata = _discover(service)
    with _client(service) as client:
        token = client.fetch_token(
            metadata["token_endpoint"], code=code, code_verifier=_derived(keys, "verifier", ticket)
        )
    found = httpx.get(metadata["jwks_uri"], timeout=SECONDS).raise_for_status().json()
    key_set = KeySet.import_key_set(found)
    decoded = jwt.decode(token["id_token"], key_set, algorithms=ALGORITHMS)
    options = {
        "iss": {"essential": True, "value": metadata["issuer"]},
        "aud": {"essential": True, "value": service.client_id},
        "sub": {"essential": True},
    }
    params = {
        "nonce": _derived(keys, "nonce", ticket),
        "client_id": service.client_id,
        "access_token": token.get("access_token"),
    }
    claims = CodeIDToken(decoded.claims, decoded.header, options, params)
    claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
    return dict(claims)


def _client(service: SignInService) -> OAuth2Client:
    return OAuth2Client(
        service.client_id,
        service.client_secret,
        scope="openid email",
        redirect_uri=service.callback,
        code_challenge_method="S256",
        timeout=SECONDS,
    )


def _derived(keys: StaffKeys, purpose: str, ticket: str) -> str:
    return keyed_digest(keys, f"openid {purpose}", ticket).hex()
