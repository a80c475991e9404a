"""The guides' commands, in their order, in one shell, from an empty house."""

import json
import re
from pathlib import Path
from typing import Any

from tests.docs.conftest import Live
from tests.e2e.conftest import ROOT

ORDER = ("import", "comparison", "distribution")  # draw.md's lines are run by tests/inspection/test_draw_rules.py


GUIDES = ROOT / "docs" / "guides"


def commands(guide: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", guide.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_a_guide_has_the_same_commands_in_both_languages() -> None:
    english, chinese = sorted(GUIDES.glob("*.md")), sorted((GUIDES / "zh").glob("*.md"))
    assert [path.name for path in english] == [path.name for path in chinese]
    for path, translated in zip(english, chinese, strict=True):
        assert commands(path) == commands(translated) != []


async def test_the_guides_do_what_they_say(live: Live) -> None:
    assert {path.stem for path in GUIDES.glob("*.md")} == {*ORDER, "draw"}
    parts = ["\n".join(commands(GUIDES / f"{guide}.md")) + f"\necho; echo '=== {guide}'\n" for guide in ORDER]

    said = await live.run("sh", "-eu", "-c", live.here("".join(parts)))

    imported, compared, paid = re.split(r"\n=== \w+\n", said)[:3]
    *ends, rest = imported.split("\n", 2)
    assert ends == ["SUCCEEDED", "SUCCEEDED"]
    errors, rest = _json(rest)
    assert [(error["row"], error["column"]) for error in errors["items"]] == [(3, "status")]
    assert rest.startswith("SUCCEEDED\n")
    taken, rest = _json(rest.partition("\n")[2])
    assert taken["errors"] == 0
    households, _ = _json(rest)
    assert len(households["items"]) == 2
    assert "990000196001020019" not in said

    assert compared.startswith("SUCCEEDED\nSUCCEEDED\nSUCCEEDED\n")
    sums, rest = _json(compared.split("\n", 3)[3])
    assert {name: sums["sums"][name] for name in ("base_rows", "kept", "removed", "added", "conflicts")} == {
        "base_rows": 3, "kept": 1, "removed": 1, "added": 1, "conflicts": 1,
    }  # fmt: skip
    _, rest = _json(rest)
    signed, rest = _json(rest)
    assert (signed["state"], signed["sums"]["kept"]) == ("SIGNED_OFF", 2)
    assert rest.startswith("SUCCEEDED\n")
    following, _ = _json(rest.partition("\n")[2])
    assert len(following["items"]) == 3

    lines, rest = _json(paid.split("\n", 1)[1])
    assert (len(lines["items"]), sum(line["share_fen"] for line in lines["items"])) == (2, 5_000_001)
    assert rest.split("\n")[:4] == ["APPROVED", "NOTICED", "POSTED", "PAID"]
    explained, _ = _json(rest.split("\n", 4)[4])
    assert explained["reasons"]


def _json(text: str) -> tuple[Any, str]:
    """The first JSON value, and what follows it."""
    text = text.lstrip()
    found, end = json.JSONDecoder().raw_decode(text)
    return found, text[end:].lstrip()
