"""Starting processes that do not outlive this one, and recognising them again after a crash."""

import contextlib
import ctypes
import fcntl
import os
import platform
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

_LIBC = ctypes.CDLL(None) if platform.system() == "Linux" else None
_PR_SET_PDEATHSIG = 1


def dies_with_parent(with_signal: signal.Signals) -> Callable[[], None]:
    """
    A `preexec_fn`: the kernel sends the signal to the child as soon as we are gone, kill -9 included.

    Linux only. Elsewhere the next start finds what was left behind (`Mark`) and ends it.
    """
    parent = os.getpid()

    def ask() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
            if os.getppid() != parent:  # we died between fork and here: nobody is left to tell
                os._exit(1)

    return ask


def alive(pid: int, started: float | None = None) -> psutil.Process | None:
    """The process, unless it is gone, a zombie, or another one that was given the same number since."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        if started is not None and abs(process.create_time() - started) > 1.5:
            return None
        return process
    except psutil.NoSuchProcess:
        return None


def end(processes: list[psutil.Process], first: signal.Signals, patience: float) -> None:
    """Signals the processes and, after `patience` seconds, kills those that still run."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(first)
    _, stubborn = psutil.wait_procs(processes, timeout=patience)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=10)


class Busy(Exception):
    """Another process holds the lock."""


@contextlib.contextmanager
def locked(path: Path, wait: float = 0.0) -> Iterator[None]:
    """
    Holds an exclusive lock on a file; the kernel releases it when the process ends, however it ends.

    Raises Busy when another process still holds it after `wait` seconds.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise Busy from None
                time.sleep(0.05)
        yield
    finally:
        os.close(handle)
