"""Which pages of other addresses may ask from a browser: those of this installation's own services, and no others."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fupin.settings import PORTS, Settings

_ASKED = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept-Language, Idempotency-Key, If-Match, "
    "If-None-Match, Prefer, Range, X-Request-Id",
    "Access-Control-Max-Age": "600",
}
_SHOWN = "ETag, Link, Location, Retry-After, Content-Disposition, Content-Language, X-Request-Id, Next-Cursor"


def origins(settings: Settings) -> frozenset[str]:
    """Where readers reach the portal and the four services."""
    found = [urlsplit(settings.service_public_url(service)) for service in PORTS]
    return frozenset(f"{url.scheme}://{url.netloc}" for url in found)


class OwnOrigins:
    """
    Lets the documentation of one service try another, and the portal's token reach all of them.

    No cookie goes along (there is no Allow-Credentials): whoever asks must hold a token.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._of: Settings | None = None
        self._own: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = next((v for k, v in scope["headers"] if k == b"origin"), None) if scope["type"] == "http" else None
        if given is None or (origin := given.decode("latin-1")) not in self._origins(scope):
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = _SHOWN
                headers.add_vary_header("Origin")
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            await Response(None, 204, _ASKED)(scope, receive, answer)
        else:
            await self.app(scope, receive, answer)

    def _origins(self, scope: Scope) -> frozenset[str]:
        settings = scope["app"].state.runtime.settings
        if self._of is not settings:
            self._of, self._own = settings, origins(settings)
        return self._own
