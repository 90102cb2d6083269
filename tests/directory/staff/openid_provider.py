"""A small OpenID Connect provider, run as a process of its own: discovery, authorization code with PKCE, keys.

    python -m tests.directory.staff.openid_provider PORT PEOPLE

`PEOPLE` is a JSON file: {"subject": ..., "claims": {...}}, read at each sign-in, so that a test says who signs in.
"""

import base64
import json
import secrets
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import FastAPI, Form, HTTPException, Request
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, RedirectResponse

CLIENT, SECRET = "signpost", "a-secret-for-tests"


def make_provider(issuer: str, people: Path) -> FastAPI:
    """The provider as a web application."""
    app, key = FastAPI(), RSAKey.generate_key(2048, {"kid": "first"}, private=True)
    codes: dict[str, dict[str, Any]] = {}

    @app.get("/.well-known/openid-configuration")
    def discover() -> dict[str, Any]:
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    @app.get("/keys")
    def list_keys() -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False)]}

    @app.get("/authorize")
    def authorize(request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        if asked["client_id"] != CLIENT or asked["code_challenge_method"] != "S256":
            raise HTTPException(400)
        code = secrets.token_urlsafe(16)
        codes[code] = asked | {"person": json.loads(people.read_text())}
        return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", 303)

    @app.post("/token")
    def give_token(
        request: Request,
        code: Annotated[str, Form()],
        code_verifier: Annotated[str, Form()],
        redirect_uri: Annotated[str, Form()],
    ) -> JSONResponse:
        asked = codes.pop(code, None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proven = request.headers.get("authorization") == f"Basic {basic}"
        if asked is None or not proven or redirect_uri != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if create_s256_code_challenge(code_verifier) != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": issuer, "aud": CLIENT, "sub": asked["person"]["subject"], "iat": now, "exp": now + 300,
            "nonce": asked["nonce"],
        } | asked["person"]["claims"]  # fmt: skip
        signing = RSAKey.generate_key(2048, {"kid": "first"}) if asked["person"].get("forged") else key
        token = jwt.encode({"alg": "RS256", "kid": "first"}, claims, signing)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})

    return app


if __name__ == "__main__":
    port = int(sys.argv[1])
    uvicorn.run(
        make_provider(f"http://127.0.0.1:{port}", Path(sys.argv[2])),
        port=port,
        log_level="warning",
        access_log=False,
    )
