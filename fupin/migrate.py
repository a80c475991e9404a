"""
Roles, schemas and migrations of the four services.

An administering URL (a superuser's, or a login's with CREATEROLE that owns the database) makes for each service
a schema, its NOLOGIN owner `fupin_<service>_owner` and the login `fupin_<service>` which the running service uses. The
owner's tables are readable and writable by that login alone. Migrations run as the owner, so a table made by a later
migration has the right owner and the right privileges from its first moment.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import URL, create_engine, make_url, pool, text
from sqlalchemy.exc import DBAPIError

from fupin.trouble import Trouble
from fupin.urls import libpq

OLDEST = 18
MIGRATION_LOCK = "fupin.migrate"
LOCK_PATIENCE = "5s"  # a migration that waits for a table makes everybody who comes after it wait too

# One statement a line, each harmless when repeated; the names in braces become quoted identifiers.
_RIGHTS = """
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public
REVOKE ALL ON DATABASE {database} FROM PUBLIC
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {login}
REVOKE CREATE ON SCHEMA public FROM PUBLIC
GRANT {owner} TO CURRENT_USER WITH SET TRUE, INHERIT TRUE
CREATE SCHEMA IF NOT EXISTS {service}
ALTER SCHEMA {service} OWNER TO {owner}
REVOKE ALL ON SCHEMA {service} FROM PUBLIC
GRANT USAGE ON SCHEMA {service} TO {login}
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {service} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {login}
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {service} GRANT USAGE, SELECT ON SEQUENCES TO {login}
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {service} GRANT EXECUTE ON FUNCTIONS TO {login}
ALTER ROLE {login} SET search_path = {service}, public
ALTER ROLE {login} SET timezone = 'Asia/Shanghai'
ALTER ROLE {login} SET lock_timeout = '10s'
ALTER ROLE {login} SET statement_timeout = '10min'
ALTER ROLE {login} SET idle_in_transaction_session_timeout = '1min'
"""


def bootstrap(admin_url: str, service: str, password: str) -> None:
    """Makes (or makes again, harmlessly) the database, the extensions, the service's schema, roles and rights."""
    owner, login = f"fupin_{service}_owner", f"fupin_{service}"
    with _connected(admin_url, create=True) as admin, admin.transaction():
        admin.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (MIGRATION_LOCK,))
        for role, kind in ((owner, "NOLOGIN"), (login, "LOGIN")):
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                admin.execute(sql.SQL("CREATE ROLE {} " + kind).format(sql.Identifier(role)))
        # hashed here: a server that logs statements must not see the password
        hashed = admin.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(hashed)))
        names = {
            "database": sql.Identifier(admin.info.dbname),
            "service": sql.Identifier(service),
            "owner": sql.Identifier(owner),
            "login": sql.Identifier(login),
        }
        for statement in _RIGHTS.strip().splitlines():
            admin.execute(sql.SQL(statement).format(**names))


def upgrade(admin_url: str, service: str) -> None:
    """
    Brings the service's schema to its newest revision, in one transaction and as the schema's owner.

    One at a time in a database; gives up rather than wait behind a long transaction and make everybody wait.
    """
    url = _driven(admin_url)
    config = _config(service)
    engine = create_engine(url, poolclass=pool.NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '120s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": MIGRATION_LOCK})
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'"))
            connection.execute(text(f"SET LOCAL search_path = {service}, public"))
            connection.execute(text(f"SET LOCAL ROLE fupin_{service}_owner"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise Trouble(
                f"The migration of {service} waited too long for a lock and changed nothing.",
                "Run it again when no long transaction works on that schema.",
            ) from error
        raise
    finally:
        engine.dispose()


@cache
def head(service: str) -> str:
    """The newest revision of the service's schema among the migrations on disk."""
    found = ScriptDirectory.from_config(_config(service)).get_current_head()
    if found is None:
        raise LookupError(f"{service} has no migrations")
    return found


def knows(service: str, revision: str) -> bool:
    """Whether the revision is among the migrations on disk; one of a newer fupin is not."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config(service)).walk_revisions())


def login_url(admin_url: str, service: str, password: str) -> str:
    """The URL with which the running service reaches its schema: same server and database, its own login."""
    url = _driven(admin_url).set(username=f"fupin_{service}", password=password)
    return url.render_as_string(hide_password=False)


def _driven(url: str) -> URL:
    """The URL as SQLAlchemy takes it, whichever of the usual forms it was given in."""
    try:
        found = make_url(url)
    except Exception as error:
        raise Trouble(
            "A database URL cannot be read.", "Write it as postgresql://user:password@host:port/database."
        ) from error
    return found.set(drivername="postgresql+psycopg", database=found.database or "fupin")


def _config(service: str) -> Config:
    here = Path(__file__).parent
    checkout, wheel = here.parent / "alembic.ini", here / "_alembic" / "alembic.ini"
    return Config(checkout if checkout.exists() else wheel, ini_section=service)


@contextmanager
def _connected(admin_url: str, create: bool = False) -> Iterator[psycopg.Connection]:
    """An administrator's connection; Trouble says what is wrong with the URL, the server or the rights."""
    url = _driven(admin_url)
    server = f"PostgreSQL at {url.host or 'localhost'}:{url.port or 5432}"
    try:
        try:
            connection = _connect(url)
        except psycopg.OperationalError:
            if not create:
                raise
            _create_database(url)
            connection = _connect(url)
    except psycopg.OperationalError as error:
        raise _unreached(url, server) from error
    with connection:
        version = connection.info.server_version
        if version < OLDEST * 10_000:
            raise Trouble(
                f"{server} is version {version // 10_000}; fupin needs {OLDEST} or newer.",
                "Upgrade it, or leave the URL out to use the PostgreSQL that comes with fupin.",
            )
        try:
            yield connection
        except psycopg.errors.InsufficientPrivilege as error:
            raise Trouble(
                f"{url.username} may not prepare the database {url.database}: {error.diag.message_primary}.",
                "Give fupin the URL of a superuser, or of the database's owner with CREATEROLE.",
            ) from error


def _connect(url: URL) -> psycopg.Connection:
    return psycopg.connect(libpq(url), connect_timeout=10, autocommit=True, application_name="fupin-migrate")


def _create_database(url: URL) -> None:
    """Creates the URL's database if that is what is missing; whatever else is wrong shows when it is connected to."""
    name = sql.Identifier(str(url.database))
    # the errors: somebody was quicker, the server or the user is not there, or may not create databases
    with (
        suppress(
            psycopg.errors.DuplicateDatabase,
            psycopg.errors.UniqueViolation,
            psycopg.OperationalError,
            psycopg.errors.InsufficientPrivilege,
        ),
        _connect(url.set(database="postgres")) as admin,
    ):
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(name))


def _unreached(url: URL, server: str) -> Trouble:
    """Nobody there, or not let in. Asked of the network, since the server's own words may be in any language."""
    host = url.host or "localhost"
    if not host.startswith("/"):
        try:
            socket.create_connection((host, url.port or 5432), timeout=5).close()
        except OSError as error:
            return Trouble(
                f"{server} does not answer ({error.strerror or error}).",
                "Start it or correct the URL in FUPIN_DATABASE_URL.",
            )
    return Trouble(
        f"{server} does not let {url.username or 'this user'} into the database {url.database}.",
        "Correct user, password and database in FUPIN_DATABASE_URL.",
    )
