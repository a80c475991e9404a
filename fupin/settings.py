"""Everything that comes from the environment (FUPIN_...), in one place."""

import os
import platform
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url

Service = Literal["registry", "funds", "projects", "inspection"]
SERVICES: tuple[Service, ...] = ("registry", "funds", "projects", "inspection")
PORTS = {"portal": 0, "registry": 1, "funds": 2, "projects": 3, "inspection": 4}


def _default_home() -> Path:
    if platform.system() == "Darwin":
        return Path.home() / "Library" / "Application Support" / "fupin"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "fupin"


class Settings(BaseSettings):
    """
    Read once per process. An unset secret is a file under `home/secrets`, made on first use and readable by
    its owner only, so that five processes and the command line agree without anything being configured.

    FUPIN_<NAME>_FILE names a file that holds the value instead, as containers are given their secrets.
    """

    model_config = SettingsConfigDict(env_prefix="FUPIN_")

    home: Path = Field(default_factory=_default_home)
    port: int = Field(default=8000, ge=1, le=65531)
    division: Annotated[str, StringConstraints(pattern=r"^\d{2,12}$")] = "230882"  # what this deployment serves
    today: date | None = None  # a moved clock, for exercises and tests

    database_url: str | None = None
    registry_database_url: str | None = None
    funds_database_url: str | None = None
    projects_database_url: str | None = None
    inspection_database_url: str | None = None
    # What `fupin migrate` gives the services' logins; unset, each is a random secret of this installation.
    registry_database_password: str | None = None
    funds_database_password: str | None = None
    projects_database_password: str | None = None
    inspection_database_password: str | None = None
    pool_size: int = Field(default=8, ge=1)
    statement_timeout_ms: int = Field(default=30_000, ge=100)

    registry_url: str | None = None
    funds_url: str | None = None
    projects_url: str | None = None
    inspection_url: str | None = None
    portal_public_url: str | None = None
    registry_public_url: str | None = None
    funds_public_url: str | None = None
    projects_public_url: str | None = None
    inspection_public_url: str | None = None

    issuer: str | None = None
    audience: str = "fupin"
    client_id: str | None = None
    client_secret: str | None = None

    max_body_bytes: int = Field(default=1 << 20, ge=1)
    max_upload_bytes: int = Field(default=512 << 20, ge=1)
    max_attachment_bytes: int = Field(default=20 << 20, ge=1)
    attachments_dir: Path | None = None  # unset, attachments are kept in the database
    transfer_limit_fen: int = Field(default=100_000_000, ge=1)  # more in one hand-made transfer needs a second person
    transfer_daily_limit_fen: int = Field(default=500_000_000, ge=1, le=10**18)  # what one person moves so in a day
    unmasks_an_hour: int = Field(default=60, ge=1)  # records that one person may see in the clear
    idempotency_days: int = Field(default=30, ge=1)
    publisher: str = "县扶贫开发工作领导小组办公室"  # who publishes open data
    # What Open Contracting Partnership gave the publisher to begin its identifiers with; these belong to nobody.
    ocds_prefix: Annotated[str, StringConstraints(pattern=r"^ocds-[a-z0-9]{6}$")] = "ocds-000000"
    oc4ids_prefix: Annotated[str, StringConstraints(pattern=r"^oc4ids-[a-z0-9]{6}$")] = "oc4ids-000000"
    log_level: str = "INFO"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic-settings names all that there are
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the program says, then the environment, then the files that its _FILE variables name."""
        given = {name: os.environ.get(f"FUPIN_{name.upper()}_FILE") for name in cls.model_fields}
        found = {name: Path(file).read_text().strip() for name, file in given.items() if file}
        return init_settings, env_settings, InitSettingsSource(settings_cls, found)

    def service_database_url(self, service: str) -> str:
        """Where a service finds its own schema, its password added; KeyError names the variable to set."""
        found = getattr(self, f"{service}_database_url") or self.database_url
        if not found:
            raise KeyError(f"FUPIN_{service.upper()}_DATABASE_URL")
        password = getattr(self, f"{service}_database_password")
        if not password or make_url(found).password:
            return str(found)
        return make_url(found).set(password=password).render_as_string(hide_password=False)

    def service_url(self, service: str) -> str:
        """Where the other services reach this one."""
        url = getattr(self, f"{service}_url", None)
        return str(url or f"http://127.0.0.1:{self.port + PORTS[service]}")

    def service_public_url(self, service: str) -> str:
        """Where a reader of our answers reaches this service."""
        return str(getattr(self, f"{service}_public_url", None) or self.service_url(service))

    @property
    def issuer_url(self) -> str:
        return (self.issuer or f"http://127.0.0.1:{self.port}").rstrip("/")

    def secret(self, name: str) -> bytes:
        """A 32-byte secret of this installation, the same for every process that shares `home`."""
        return secret_file(self.home / "secrets" / name, lambda: secrets.token_bytes(32))


def secret_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a secret file; a missing one is made first, whole or not at all, for its owner only."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process made it first: theirs stands
            os.link(draft, path)
    finally:
        draft.unlink()
    return path.read_bytes()
