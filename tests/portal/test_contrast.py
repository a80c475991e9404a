"""The stylesheet's colours can be told apart (WCAG 2.2, AA: 4.5:1 for text), in the light and in the dark."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "services/portal/static/portal.css").read_text(encoding="utf-8")
SCHEMES = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
TEXT_ON = [
    ("ink", "paper"), ("ink", "card"), ("quiet", "paper"), ("quiet", "card"), ("accent", "paper"), ("accent", "card"),
    ("good", "paper"), ("bad", "paper"), ("warn-ink", "warn"), ("warn-ink", "card"), ("paper", "accent"),
]  # fmt: skip

SHAPES = ("done", "late", "rest", "open", "a", "b", "c", "d", "e", "quiet")  # WCAG 1.4.11: 3:1 for what is drawn


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, or #rgb."""
    digits = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", range(3), ids=["light", "dark", "print"])
def test_text_stands_out_from_its_ground(scheme: int) -> None:
    colours = dict(re.findall(r"--([a-z-]+): #([0-9a-f]{3,6})", SCHEMES[0]))
    colours |= dict(re.findall(r"--([a-z-]+): #([0-9a-f]{3,6})", SCHEMES[scheme]))
    asked = [(text, ground, 4.5) for text, ground in TEXT_ON] + [(shape, "card", 3.0) for shape in SHAPES]
    weak = {}
    for text, ground, least in asked:
        light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        if (ratio := (light + 0.05) / (dark + 0.05)) < least:
            weak[text, ground] = round(ratio, 2)
    assert weak == {}
