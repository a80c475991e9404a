"""python -m fujin files DIR | python -m fujin load [--portal URL]"""

import argparse
import os
import sys
from pathlib import Path

from fujin import files
from fujin.client import Failed, Refused, Silent
from fujin.world import SEED, make


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fujin", description="富锦 2018 年春季的合成数据 · synthetic Fujin")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed makes other people, the same figures")
    commands = parser.add_subparsers(dest="command", required=True)
    to_folder = commands.add_parser("files", help="write the county's files into a folder, to open and read")
    to_folder.add_argument("folder", type=Path)
    to_services = commands.add_parser("load", help="load everything through the public HTTP API; start again at will")
    to_services.add_argument("--portal", default=f"http://127.0.0.1:{os.environ.get('FUPIN_PORT', '8000')}")
    given = parser.parse_args()
    if given.command == "files":
        paths = files.write(make(given.seed), given.folder)
        print(*paths, files.NOTE, sep="\n")
        return 0
    from fujin import load, registry  # what writes files needs no HTTP client

    try:
        load.run(given.portal, given.seed)
    except (Refused, Failed, Silent, registry.FileRefused) as stopped:
        print(
            f"The load stopped: {stopped}\nStart it again when that is mended; it goes on where it was.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
