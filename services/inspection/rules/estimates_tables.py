"""From answers to columns of numbers, and from a sample to the parts of it that are asked about."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from services.inspection.codes import Domain, Measure, QuestionKind
from services.inspection.rules.checklists import NUMBERS
from services.inspection.rules.estimates import Bools, Design, Estimates, Floats, estimate


class Column(NamedTuple):
    """One figure about a question: the mean of a number, the share of a choice."""

    question: str
    measure: Measure
    choice: str | None


class Answered(NamedTuple):
    """A question, and its answers as JSON: whose (places among the units) and what."""

    name: str
    kind: QuestionKind
    choices: Sequence[str]
    places: Sequence[int]
    values: Sequence[str]


class Part(NamedTuple):
    """Households that estimates speak of."""

    domain: Domain
    code: str | None


def columns(question: Answered) -> list[Column]:
    """Of several or one of a list: a share for each choice; of text and dates: how many gave any."""
    if question.kind in NUMBERS:
        return [Column(question.name, Measure.MEAN, None)]
    return [Column(question.name, Measure.SHARE, choice) for choice in question.choices or (None,)]


def numbers(questions: Sequence[Answered], size: int) -> tuple[Floats, Bools]:
    """Values and who answered: a row a unit, a column a figure. Whoever gave no text counts as not giving any."""
    values, within = [], []
    for question in questions:
        rows = np.asarray(question.places, np.intp)
        given = _coded(question)
        answered = np.zeros(size, bool)
        answered[rows] = True
        if question.kind in (QuestionKind.DATE, QuestionKind.TEXT):
            answered[:] = True
        for at in range(given.shape[1]):
            column = np.zeros(size)
            column[rows] = given[:, at]
            values.append(column)
            within.append(answered)
    return np.column_stack(values), np.column_stack(within)


def estimates(
    design: Design, values: Floats, within: Bools, shares: Bools, domains: Sequence[Domain]
) -> Iterator[tuple[Part, Estimates]]:
    """Every part of the wanted domains, in order. Rows of `values` are the units as they were given to the design."""
    values, within = values[design.order], within[design.order]
    poor = np.fromiter((unit.poor for unit in design.units), bool, design.size)
    for domain in domains:
        match domain:
            case Domain.ALL:
                yield Part(domain, None), estimate(design, values, within, shares)
            case Domain.POVERTY:  # cuts through villages: the whole design stays
                for code, which in (("POOR", poor), ("OTHER", ~poor)):
                    yield Part(domain, code), estimate(design, values, within & which[:, None], shares)
            case Domain.STRATUM | Domain.TOWN:  # whole strata: the others say nothing about them
                keys = [unit.stratum if domain is Domain.STRATUM else unit.town for unit in design.units]
                for code in sorted(set(keys)):
                    part, rows = design.part(key == code for key in keys)
                    yield Part(domain, code), estimate(part, values[rows], within[rows], shares)


def _coded(question: Answered) -> Floats:
    """The answers as numbers, a column for each figure."""
    if question.kind in NUMBERS:
        return np.array(question.values, float)[:, None] if question.values else np.zeros((0, 1))
    codes: dict[str, list[bool]] = {}
    for value in set(question.values):
        codes[value] = _marks(question, json.loads(value))
    width = max(len(question.choices), 1)
    return np.array([codes[value] for value in question.values], float).reshape(-1, width)


def _marks(question: Answered, answer: bool | str | list[str]) -> list[bool]:
    match question.kind:
        case QuestionKind.YES_NO:
            return [answer is True]
        case QuestionKind.ONE_OF | QuestionKind.SEVERAL_OF:
            given = answer if isinstance(answer, list) else [answer]
            return [choice in given for choice in question.choices]
        case _:
            return [True]


def titles(choices: Sequence[Mapping[str, str]], code: str | None) -> tuple[str | None, str | None]:
    """A choice's words."""
    return next(((choice["zh"], choice["en"]) for choice in choices if choice["code"] == code), (None, None))
