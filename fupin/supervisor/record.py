"""What `fupin up` notes about its processes, so that `status`, `down` and the next `up` know them again."""

import json
import os
import signal
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from fupin.processes import alive, end


@dataclass
class Known:
    """One process: its number may be given to another later, its number and start time together may not."""

    pid: int
    started: float
    port: int | None = None

    @classmethod
    def of(cls, pid: int, port: int | None = None) -> "Known":
        return cls(pid, psutil.Process(pid).create_time(), port)

    def process(self) -> psutil.Process | None:
        return alive(self.pid, self.started)


@dataclass
class Record:
    """The file `home/run.json`."""

    supervisor: Known | None = None
    processes: dict[str, Known] = field(default_factory=dict)
    ready: bool = False

    @classmethod
    def read(cls, home: Path) -> "Record":
        try:
            found = json.loads((home / "run.json").read_text())
            supervisor = Known(**found["supervisor"]) if found["supervisor"] else None
            return cls(supervisor, {name: Known(**known) for name, known in found["processes"].items()}, found["ready"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):  # none, or not written to its end
            return cls()

    def write(self, home: Path) -> None:
        draft = home / f".run.json.{os.getpid()}"
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(home / "run.json")

    def running(self) -> psutil.Process | None:
        """The `fupin up` that wrote this, if it still runs."""
        return self.supervisor.process() if self.supervisor else None

    def end_leftovers(self) -> Iterable[str]:
        """Ends processes that a killed `fupin up` left behind; their names."""
        left = {name: process for name, known in self.processes.items() if (process := known.process())}
        end(list(left.values()), signal.SIGTERM, patience=10)
        return left
