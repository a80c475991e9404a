"""Which database each service has, and getting it ready: the embedded server, or servers given by URL."""

import secrets
from collections.abc import Callable

from fupin import migrate
from fupin.postgres import Server
from fupin.settings import SERVICES, Settings, secret_file

Tell = Callable[[str], None]


class Databases:
    """
    The four services' databases. `FUPIN_<SERVICE>_DATABASE_URL` comes before `FUPIN_DATABASE_URL` comes before the
    embedded server; the URLs given are administering ones, the services get their own logins' (`login`).
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._given: dict[str, str | None] = {
            name: getattr(settings, f"{name}_database_url") or settings.database_url for name in SERVICES
        }
        self.server = None if all(self._given.values()) else Server(settings.home)

    def prepare(self, tell: Tell) -> None:
        """Roles, rights and migrations of all four; harmless when repeated."""
        for name in SERVICES:
            self.bootstrap(name)
            migrate.upgrade(self.administering(name), name)
            tell(f"{name}: schema at revision {migrate.head(name)}")

    def bootstrap(self, service: str) -> None:
        """The service's roles, rights and empty schema, where they are not there yet."""
        migrate.bootstrap(self.administering(service), service, self._password(service))

    def administering(self, service: str) -> str:
        given = self._given[service]
        if given is not None:
            return given
        assert self.server is not None  # noqa: S101  # made because not every service was given a URL
        return self.server.url("fupin")

    def login(self, service: str) -> str:
        """The URL that the service itself uses, with rights on its own schema only."""
        return migrate.login_url(self.administering(service), service, self._password(service))

    def _password(self, service: str) -> str:
        given: str | None = getattr(self.settings, f"{service}_database_password")
        if given:
            return given
        path = self.settings.home / "secrets" / f"database-{service}"
        return secret_file(path, lambda: secrets.token_urlsafe(24).encode()).decode()
