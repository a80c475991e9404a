"""What the command line tells a person when something outside the program is in the way."""

import errno
from pathlib import Path


class Trouble(Exception):
    """One plain sentence on what is wrong and one on what to do about it; never a traceback."""

    def __init__(self, sentence: str, remedy: str) -> None:
        self.sentence, self.remedy = sentence, remedy
        super().__init__(f"{sentence} {remedy}")


def from_os(error: OSError, path: Path) -> Trouble:
    """Says a refusal of the operating system in words."""
    place = error.filename or path
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Trouble(
            f"{place} cannot be written by this user.",
            "Set FUPIN_HOME to a folder you may write to, and run the command again.",
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return Trouble(f"{place} is in the way: a folder is needed there.", "Move it, or set FUPIN_HOME elsewhere.")
    return Trouble(f"{place}: {error.strerror or error}.", "Mend this and run the command again.")


def disk_full(path: Path) -> Trouble:
    return Trouble(
        f"The disk that holds {path} is full.",
        "Free some space (1 GB is enough to start), or set FUPIN_HOME to a folder on another disk; nothing is lost.",
    )
