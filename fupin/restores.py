"""
A backup becomes a running record again: in a home, or on servers, that hold nothing yet.

Each service comes back in one transaction, its tables' guards and rights with it; then its row numbers are compared
with the manifest, the server's transaction counter is moved past the old one's (`fupin.backups` says why), and
migrations made since are run.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from fupin import __version__, backups, migrate
from fupin.backups import Tell
from fupin.settings import SERVICES, Settings, secret_file
from fupin.supervisor.databases import Databases
from fupin.trouble import Trouble

STRIDE = 1_000_000  # transaction numbers between two words of progress
_ADVANCE = """
    CREATE PROCEDURE pg_temp.advance(upto bigint) LANGUAGE plpgsql AS $$
    BEGIN
      WHILE pg_current_xact_id()::text::bigint < upto LOOP COMMIT; END LOOP;
    END $$"""
_HOLDS = sql.SQL("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {}")


def restore(config: Settings, file: Path, passphrase: str | None, tell: Tell) -> dict[str, Any]:
    """Bring the backup's record back and return its manifest; what cannot be done whole is undone."""
    with backups.opened(file) as (archive, manifest):
        tell(f"{file.name}: whole, made {manifest['made_at']} by fupin {manifest['fupin']}")
        _refuse_newer(manifest)
        secrets = _secrets(archive, manifest, passphrase)
        _require_new_home(config, manifest)
        with _all_or_nothing(config) as (databases, begun):
            for name, content in secrets.items():
                secret_file(config.home / "secrets" / name, lambda content=content: content)  # type: ignore[misc]
            if databases.server is not None:
                databases.server.start(tell)
            for service in SERVICES:
                _service(databases, service, archive, manifest["services"][service], begun, tell)
            _attachments(config, archive, manifest)
            databases.prepare(tell)
    return manifest


def _service(
    databases: Databases, service: str, archive: Any, was: dict[str, Any], begun: list[str], tell: Tell
) -> None:
    """One service's schema, compared and ready for new facts."""
    databases.bootstrap(service)
    url = databases.administering(service)
    with backups.connected(url, service) as connection:
        if backups.one(connection, _HOLDS.format(sql.Literal(service)))[0]:
            raise Trouble(f"The database of {service} already holds tables.", "Restore into a new one.")
        if connection.info.server_version // 10_000 < was["postgresql"]:
            raise Trouble(
                f"The backup is of PostgreSQL {was['postgresql']}, newer than the server of {service}.",
                "Restore into a server of that version.",
            )
        begun.append(service)
        connection.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(service)))
        tell(f"{service}: restoring {sum(was['rows'].values()):,} rows")
        with backups.part(archive, f"{service}.dump") as content:
            backups.run("pg_restore", url, "--single-transaction", "--exit-on-error", content=content)
        databases.bootstrap(service)
        found = backups.rows(connection, service)
        if found != was["rows"]:
            wrong = sorted(name for name in found.keys() | was["rows"] if found.get(name) != was["rows"].get(name))
            raise Trouble(f"{service} did not come back whole: {', '.join(wrong)}.", "Take another backup.")
        _advance(connection, was["xid"], tell)
        connection.execute("ANALYZE")


def _advance(connection: psycopg.Connection[Any], xid: int, tell: Tell) -> None:
    """Let the server count on from where the old one was; numbers are used up by empty transactions."""
    connection.execute("SET synchronous_commit = off")
    connection.execute(_ADVANCE)
    now = backups.one(connection, sql.SQL("SELECT pg_current_xact_id()::text::bigint"))[0]
    for upto in (*range(now + STRIDE, xid, STRIDE), xid):
        connection.execute("CALL pg_temp.advance(%s)", (upto,))
        if upto > now:
            tell(f"transaction numbers: {upto:,} of {xid:,}")


def _refuse_newer(manifest: dict[str, Any]) -> None:
    heads = {service: was["head"] for service, was in manifest["services"].items()}
    unknown = [service for service, head in heads.items() if not migrate.knows(service, head)]
    if unknown or _version(manifest["fupin"]) > _version(__version__):
        raise backups.newer(manifest)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(".") if number.isdigit())


def _secrets(archive: Any, manifest: dict[str, Any], passphrase: str | None) -> dict[str, bytes]:
    if not manifest["secrets"]:
        return {}
    if passphrase is None:
        raise Trouble("The backup holds secrets sealed with a passphrase.", "Give it with --passphrase-file.")
    return backups.unsealed(backups.part(archive, backups.SECRETS).read(), passphrase)


def _require_new_home(config: Settings, manifest: dict[str, Any]) -> None:
    """Nothing of a record may be there; only keys, put there by hand, when the backup has none."""
    secrets = config.home / "secrets"
    if not manifest["secrets"] and not (secrets / "pii-keys").exists():
        raise Trouble(
            "The backup was made without secrets, and personal data cannot be read without them.",
            f"Put pii-keys, cursor, signing-key.jwk and clients.json into {secrets} first.",
        )
    in_the_way = [config.home / "postgres", config.home / "postgres.place"]
    in_the_way += [secrets / "pii-keys"] if manifest["secrets"] else []
    if any(path.exists() for path in in_the_way):
        raise Trouble(f"{config.home} already holds a record.", "Set FUPIN_HOME to a new folder.")


@contextmanager
def _all_or_nothing(config: Settings) -> Iterator[tuple[Databases, list[str]]]:
    """The databases to restore into, and a list for the services begun; a failure leaves neither home nor schemas."""
    there = {path.name for path in (config.home / "secrets").glob("*")}
    config.home.mkdir(parents=True, exist_ok=True)
    databases, begun = Databases(config), []  # type: tuple[Databases, list[str]]
    server = databases.server
    try:
        yield databases, begun
    except BaseException:
        for service in begun:
            with backups.connected(databases.administering(service), service) as connection:
                connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(service)))
        if server is not None:
            server.stop()
            server.remove()
        for path in (config.home / "secrets").glob("*"):
            if path.name not in there:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
    if server is not None:
        server.stop()


def _attachments(config: Settings, archive: Any, manifest: dict[str, Any]) -> None:
    names = [name for name in manifest["sha256"] if name.startswith("attachments/")]
    if names and config.attachments_dir is None:
        raise Trouble(
            "The backup holds attachments that were kept in a folder.", "Set FUPIN_ATTACHMENTS_DIR to a new folder."
        )
    for name in names:
        path = Path(str(config.attachments_dir), *Path(name).parts[1:])
        if ".." in path.parts:
            raise Trouble(f"{name} in the backup is no plain name.", "Take another copy of it.")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            backups.part(archive, name) as content,
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as into,
        ):
            shutil.copyfileobj(content, into)
