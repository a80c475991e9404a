"""Tokens that lie, at the door of a real service: each with the answer it must get."""

import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from fupin import auth, issuer
from tests.conftest import Api

THIEF = OKPKey.generate_key("Ed25519")
NOW = int(time.time())
ELSEWHERE = "https://elsewhere.invalid/keys.json"

# name: (header, claims, who signs, status). None takes a header or claim away.
TABLE: dict[str, tuple[dict[str, Any], dict[str, Any], str, int]] = {
    "as the issuer makes it": ({}, {}, "issuer", 200),
    "alg none": ({"alg": "none"}, {}, "nobody", 401),
    "HS256 with the public key as secret": ({"alg": "HS256"}, {}, "public key", 401),
    "signed by another key": ({}, {}, "thief", 401),
    "the signature cut off": ({}, {}, "nobody", 401),
    "an ID token": ({"typ": "JWT"}, {}, "issuer", 401),
    "no type": ({"typ": None}, {}, "issuer", 401),
    "another issuer": ({}, {"iss": "https://elsewhere.invalid"}, "issuer", 401),
    "another audience": ({}, {"aud": "elsewhere"}, "issuer", 401),
    "expired": ({}, {"exp": NOW - 60}, "issuer", 401),
    "never expiring": ({}, {"exp": None}, "issuer", 401),
    "not valid yet": ({}, {"nbf": NOW + 3600}, "issuer", 401),
    "issued tomorrow": ({}, {"iat": NOW + 86_400}, "issuer", 401),
    "unknown kid": ({"kid": "../../secrets/signing-key.jwk"}, {}, "issuer", 401),
    "no kid": ({"kid": None}, {}, "issuer", 401),
    "its own key in jwk": ({"jwk": THIEF.as_dict(private=False)}, {}, "thief", 401),
    "its own keys at jku": ({"jku": ELSEWHERE}, {}, "thief", 401),
    "its own keys at x5u": ({"x5u": ELSEWHERE}, {}, "thief", 401),
    "a critical header nobody knows": ({"crit": ["sudo"], "sudo": True}, {}, "issuer", 401),
    "no division": ({}, {"division": None}, "issuer", 401),
    "a pattern for a division": ({}, {"division": "23%"}, "issuer", 401),
    "scopes it was not given": ({}, {"scope": "registry:write"}, "thief", 401),
    "a right that is another's": ({}, {"scope": "funds:read"}, "issuer", 403),
    "an address for more keys, beside a true signature": ({"jku": ELSEWHERE}, {}, "issuer", 200),
}


async def test_a_token_that_lies_is_refused(registry: Api, subtests: pytest.Subtests) -> None:
    settings = registry.settings
    key = issuer._signing_key(settings.home)
    signers: dict[str, Any] = {
        "issuer": key,
        "thief": THIEF,
        "public key": OctKey.import_key(json.dumps(key.as_dict(private=False)).ljust(64)),
    }
    for name, (header, claims, signer, status) in TABLE.items():
        head = {"typ": "at+jwt", "alg": "EdDSA", "kid": key.thumbprint()} | header
        said = {
            "iss": settings.issuer_url, "aud": settings.audience, "sub": "li", "client_id": "li", "jti": name,
            "iat": NOW, "exp": NOW + 600, "scope": "registry:read", "division": "230882",
        } | claims  # fmt: skip
        head, said = ({k: v for k, v in part.items() if v is not None} for part in (head, said))
        with subtests.test(name):
            if signer == "nobody":
                parts = (auth.base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, said))
                token = b".".join(parts).decode() + "."
            else:
                token = _signed(head, said, signers[signer])
            answer = await registry.anonymous().get("/v1/households", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == status
            if status == 401:
                assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def _signed(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
    """A compact JWS, whatever the header says: joserfc itself refuses to write some of these."""
    algorithm = auth.signatures(header["alg"])
    if "crit" not in header:
        return jwt.encode(header, claims, key, registry=algorithm, default_type=None)
    parts = [auth.base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signature = algorithm.get_alg(header["alg"]).sign(b".".join(parts), key)
    return b".".join([*parts, auth.base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
