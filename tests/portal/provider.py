"""A small OpenID provider on a real socket: discovery, keys, authorize, token. It can be told to lie."""

import hashlib
import json
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "portal", "a secret of the two servers"
Change = Callable[[dict[str, Any]], None]


def _nothing(_: dict[str, Any]) -> None:
    """As it should be."""


@dataclass
class Provider:
    """Its people have one account, a town's clerk."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "p1", "alg": "RS256", "use": "sig"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    in_id_token: Change = _nothing
    in_access_token: Change = _nothing
    in_answer: Change = _nothing
    signing_key: RSAKey | None = None

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize?theme=county",
            "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/logout", "code_challenge_methods_supported": ["S256"],
        }  # fmt: skip

    def authorize(self, asked: dict[str, str]) -> str:
        """Whoever comes is signed in at once; the address to which they are sent back."""
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "session_state": "s.1", "iss": self.url}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        self.forms.append(form)
        asked = self.codes.pop(form.get("code", ""), None)
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(hashed).rstrip(b"=").decode()
        client = b64decode(authorization.removeprefix("Basic ")).decode()
        if client != f"{CLIENT}:{SECRET}":
            return 401, {"error": "invalid_client"}
        if asked is None or (challenge, form["redirect_uri"]) != (asked["code_challenge"], asked["redirect_uri"]):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        id_claims = {
            "iss": self.url, "aud": CLIENT, "azp": CLIENT, "sub": "u-1", "iat": now, "exp": now + 300,
            "nonce": asked["nonce"],
        }  # fmt: skip
        access_claims = {
            "iss": self.url, "aud": ["fupin", "account"], "sub": "u-1", "client_id": CLIENT, "jti": token_urlsafe(8),
            "iat": now, "exp": now + 900, "scope": "openid funds:read registry:read", "division": "230882101",
        }  # fmt: skip
        self.in_id_token(id_claims)
        self.in_access_token(access_claims)
        answer = {
            "token_type": "Bearer", "expires_in": 900, "access_token": self.signed("at+jwt", access_claims),
            "id_token": self.signed("JWT", id_claims),
        }  # fmt: skip
        self.in_answer(answer)
        return 200, answer

    def signed(self, kind: str, claims: dict[str, Any]) -> str:
        return jwt.encode({"typ": kind, "alg": "RS256", "kid": "p1"}, claims, self.signing_key or self.key)


@contextmanager
def provider() -> Iterator[Provider]:
    """Open for business."""
    here = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, asked = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
            if path == "/authorize":
                self.send_response(302)
                self.send_header("Location", here.authorize(asked))
                self.end_headers()
                return
            pages = {"/.well-known/openid-configuration": here.configuration(),
                     "/keys": {"keys": [here.key.as_dict(private=False)]}}  # fmt: skip
            self._say(200 if path in pages else 404, pages.get(path, {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(*here.token(form, self.headers.get("Authorization", "")))

        def _say(self, status: int, said: dict[str, Any]) -> None:
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """pytest's output is for failures."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield here
        server.shutdown()
        thread.join()
