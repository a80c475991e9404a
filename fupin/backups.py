"""
A backup: one file from which a county's whole record comes back, and the proof that it did.

The file is a tar archive: a dump of each service's schema (PostgreSQL's own custom format), the secrets sealed with a
passphrase, attachments kept outside of the database, then the manifest with everybody's SHA-256. It stands last: a file
that was cut off has none. A service's dump and the numbers of its rows are of one moment; four services have four
moments, as they own four databases, and what one of them owes another is in its outbox.

Transaction numbers are part of the record: seals of audit and ledger cover what was written up to one. A new server
counts from the beginning, and what it wrote next would fall into periods that are sealed already. So the restore
first moves the new server's counter past the old one's.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import sql
from sqlalchemy import make_url

from fupin import __version__
from fupin.postgres import place
from fupin.settings import SERVICES, Settings
from fupin.supervisor.databases import Databases
from fupin.trouble import Trouble
from fupin.urls import libpq

FORMAT = 1
MANIFEST, MANIFEST_HASH = "manifest.json", "manifest.sha256"
SECRETS = "secrets.sealed"
OF_THIS_SERVER = (
    "postgres",
    *(f"database-{service}" for service in SERVICES),
)  # a new server gets passwords of its own
SCRYPT = {"n": 1 << 16, "r": 8, "p": 1, "maxmem": 1 << 27, "dklen": 32}

Tell = Callable[[str], None]

_TABLES = """
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r' ORDER BY 1"""


def make(config: Settings, into: Path, passphrase: str | None, tell: Tell) -> dict[str, Any]:
    """Write the backup and return its manifest; without a passphrase the secrets are left out."""
    draft = into.with_name(f".{into.name}.{os.getpid()}")
    handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file, tarfile.open(fileobj=file, mode="w") as archive:
            manifest: dict[str, Any] = {
                "format": FORMAT,
                "fupin": __version__,
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "division": config.division,
                "services": {},
                "secrets": passphrase is not None,
                "sha256": {},
            }
            databases = Databases(config)
            for service in SERVICES:
                tell(f"{service}: dumping")
                part = draft.with_name(f"{draft.name}.{service}")
                try:
                    part.touch(mode=0o600, exist_ok=False)  # before pg_dump makes one that others can read
                    manifest["services"][service] = _dump(databases, service, part)
                    _add(archive, manifest, f"{service}.dump", part)
                finally:
                    part.unlink(missing_ok=True)
            if passphrase is not None:
                _add_bytes(archive, manifest, SECRETS, _sealed(_secrets(config.home), passphrase))
            for path in _attachments(config):
                _add(archive, manifest, f"attachments/{path.relative_to(str(config.attachments_dir))}", path)
            content = json.dumps(manifest, indent=1).encode()
            _add_bytes(archive, manifest, MANIFEST, content)
            _add_bytes(archive, manifest, MANIFEST_HASH, manifest["sha256"][MANIFEST].encode())
            archive.close()
            file.flush()
            os.fsync(file.fileno())
        draft.replace(into)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _dump(databases: Databases, service: str, into: Path) -> dict[str, Any]:
    """The service's schema and, seen in the same moment, its head and the numbers of its rows."""
    url = databases.administering(service)
    with connected(url, service) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot, version, xid, heads = one(
            connection,
            sql.SQL(
                "SELECT pg_export_snapshot(), current_setting('server_version_num')::int,"
                " pg_snapshot_xmax(pg_current_snapshot())::text::bigint,"
                " (SELECT array_agg(version_num) FROM {})"
            ).format(sql.Identifier(service, "alembic_version")),
        )
        run("pg_dump", url, "--format=custom", "--compress=gzip:1", f"--schema={service}",
             f"--snapshot={snapshot}", f"--file={into}")  # fmt: skip
        return {"postgresql": version // 10_000, "xid": xid, "head": heads[0], "rows": rows(connection, service)}


def rows(connection: psycopg.Connection[Any], service: str) -> dict[str, int]:
    """How many rows each table of the service holds."""
    tables = [name for (name,) in connection.execute(_TABLES, (service,)).fetchall()]
    return {
        name: one(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(service, name)))[0]
        for name in tables
    }


def _secrets(home: Path) -> bytes:
    """The files of home/secrets, less what belongs to this server alone."""
    folder = home / "secrets"
    found = {
        path.name: b64encode(path.read_bytes()).decode()
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".") and path.name not in OF_THIS_SERVER
    }
    return json.dumps(found).encode()


def _sealed(content: bytes, passphrase: str) -> bytes:
    salt, nonce = os.urandom(16), os.urandom(12)
    return salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, content, SECRETS.encode())


def _key(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, **SCRYPT)


def _attachments(config: Settings) -> Iterator[Path]:
    if config.attachments_dir is not None:
        yield from sorted(path for path in config.attachments_dir.rglob("*") if path.is_file())


def _add(archive: tarfile.TarFile, manifest: dict[str, Any], name: str, path: Path) -> None:
    with path.open("rb") as file:
        manifest["sha256"][name] = hashlib.file_digest(file, "sha256").hexdigest()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = path.stat().st_size, 0o600
    with path.open("rb") as file:
        archive.addfile(entry, file)


def _add_bytes(archive: tarfile.TarFile, manifest: dict[str, Any], name: str, content: bytes) -> None:
    manifest["sha256"][name] = hashlib.sha256(content).hexdigest()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, io.BytesIO(content))


# --- reading ----------------------------------------------------------------------------------------------------------


@contextmanager
def opened(file: Path) -> Iterator[tuple[tarfile.TarFile, dict[str, Any]]]:
    """The archive and its manifest, every part held against its SHA-256; Trouble says what is wrong with the file."""
    damaged = Trouble(
        f"{file} is damaged or is not a backup of fupin.", "Take another copy of it; nothing was changed."
    )
    try:
        with tarfile.open(file, mode="r:") as archive:
            names = archive.getnames()
            if MANIFEST not in names or MANIFEST_HASH not in names:
                raise damaged
            content = part(archive, MANIFEST).read()
            if hashlib.sha256(content).hexdigest() != part(archive, MANIFEST_HASH).read().decode(errors="replace"):
                raise damaged
            manifest: dict[str, Any] = json.loads(content)
            if manifest["format"] > FORMAT:
                raise newer(manifest)
            for name, digest in manifest["sha256"].items():
                if name not in names or hashlib.file_digest(part(archive, name), "sha256").hexdigest() != digest:  # type: ignore[arg-type]
                    raise damaged
            yield archive, manifest
    except (tarfile.TarError, EOFError):
        raise damaged from None


def newer(manifest: dict[str, Any]) -> Trouble:
    return Trouble(
        f"The backup was made by fupin {manifest['fupin']}, which is newer than this one ({__version__}).",
        "Install that version and restore with it.",
    )


def part(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    assert found is not None  # noqa: S101  # every entry that we write is a plain file
    return found


def unsealed(content: bytes, passphrase: str) -> dict[str, bytes]:
    """The secrets by file name."""
    try:
        plain = AESGCM(_key(passphrase, content[:16])).decrypt(content[16:28], content[28:], SECRETS.encode())
    except InvalidTag:
        raise Trouble("The passphrase is not the one of this backup.", "Nothing was changed.") from None
    return {name: b64decode(value) for name, value in json.loads(plain).items()}


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@contextmanager
def connected(url: str, service: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(libpq(make_url(url)), autocommit=True, application_name="fupin-backup")
    except psycopg.OperationalError:
        raise Trouble(f"The database of {service} does not answer.", "Start fupin, or that server.") from None
    with connection:
        yield connection


def one(connection: psycopg.Connection[Any], statement: sql.SQL | sql.Composed) -> tuple[Any, ...]:
    row = connection.execute(statement).fetchone()
    assert row is not None  # noqa: S101  # asked for exactly one
    return tuple(row)


def run(program: str, url: str, *arguments: str, content: IO[bytes] | None = None) -> None:
    """One of PostgreSQL's own programs; Trouble says its first complaint (a name of ours, never a row's content)."""
    address = make_url(url)
    command = [str(place.binaries(None) / program), f"--dbname={libpq(address.set(password=None))}", *arguments]
    environment = {"PGPASSWORD": str(address.password or ""), "LC_ALL": "C", "PATH": os.defpath}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, env=environment, stderr=said, stdin=subprocess.PIPE if content else subprocess.DEVNULL
        )
        if content and process.stdin:
            with suppress(BrokenPipeError), process.stdin as into:
                shutil.copyfileobj(content, into, 1 << 20)
        if process.wait() == 0:
            return
        said.seek(0)
        first = said.readline().decode(errors="replace").strip()
    raise Trouble(f"{program} did not get through: {first}", "Mend this and run the command again.")
