"""Synthetic people: names drawn from common surnames and characters, numbers that belong to nobody.

ID numbers have a valid check digit (GB 11643) but a division that does not exist (no province has the code 99);
telephone numbers start with 100, which no mobile network uses; bank cards fail the Luhn check. So nothing here can be
a real person's, by construction and not by luck.
"""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石"
    "姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
FIRST = "建国明志文玉春永德秀淑桂凤海长振万世金福庆家瑞荣景兴宝延占殿树云晓立忠连广喜占艳丽亚冬立新"
MALE = "军强伟刚勇峰斌辉龙涛平波林山生财贵发成祥江河涛臣义民"
FEMALE = "英兰芳花霞梅芝珍荣红艳丽娟燕玲琴香云莲杰敏凤华玉清"

AS_OF = date(2018, 5, 17)
BIRTH_PLACE = "99"  # no province


class Dice:
    """Seeded chance whose throws stay the same on every Python: only `random()` and seeding are promised to."""

    def __init__(self, *seed: object) -> None:
        self._random = random.Random("/".join(map(str, seed)))

    def below(self, n: int) -> int:
        return int(self._random.random() * n)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def pick(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def weighted(self, things: Sequence[T], weights: Sequence[float]) -> T:
        marks = list(accumulate(weights))
        at = self._random.random() * marks[-1]
        return next(thing for thing, mark in zip(things, marks, strict=True) if at < mark)

    def sample(self, things: Sequence[T], n: int) -> list[T]:
        """That many different things, in chance order."""
        pool = list(things)
        if n > len(pool):
            raise ValueError(f"{n} of {len(pool)}")
        for at in range(n):
            other = at + self.below(len(pool) - at)
            pool[at], pool[other] = pool[other], pool[at]
        return pool[:n]

    def day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.below((last - first).days + 1))


def check_digit(first17: str) -> str:
    """
    The last character of an ID number (GB 11643, ISO 7064 MOD 11-2).

    >>> check_digit("11010519491231002")
    'X'
    """
    total = sum(int(digit) * (2 ** (17 - at) % 11) for at, digit in enumerate(first17))
    return "10X98765432"[total % 11]


def fails_luhn(digits: str) -> bool:
    """
    >>> fails_luhn("4111111111111111"), fails_luhn("4111111111111112")
    (False, True)
    """
    doubled = [sum(divmod(int(digit) * (1 + at % 2), 10)) for at, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 != 0


def age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class People:
    """Makes people, each number once."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self._numbers: set[str] = set()

    def surname(self) -> str:
        """Frequent surnames are frequent: the first eight of the list are half of all."""
        few = self.dice.chance(0.55)
        return self.dice.pick(SURNAMES[:8] if few else SURNAMES[8:])

    def name(self, male: bool, surname: str | None = None) -> str:
        last = self.dice.pick(MALE if male else FEMALE)
        return (surname or self.surname()) + (last if self.dice.chance(0.25) else self.dice.pick(FIRST) + last)

    def born(self, age: int) -> date:
        """A birthday of someone who is that old on the day of the briefing."""
        latest = AS_OF.replace(year=AS_OF.year - age)
        earliest = AS_OF.replace(year=AS_OF.year - age - 1) + timedelta(days=1)
        return self.dice.day(earliest, latest)

    def id_number(self, born: date, male: bool, town: int) -> str:
        """18 digits: a division that is not, the birth date, a sequence (odd for men), the check digit."""
        while True:
            sequence = self.dice.below(500) * 2 + male
            first17 = f"{BIRTH_PLACE}08{town % 100:02d}{born:%Y%m%d}{sequence:03d}"
            number = first17 + check_digit(first17)
            if number not in self._numbers:
                self._numbers.add(number)
                return number

    def phone(self) -> str:
        return self._once(lambda: f"100{self.dice.below(10**8):08d}")

    def bank_account(self) -> str:
        """19 digits in a card's form whose last one is wrong."""
        return self._once(lambda: _spoilt(f"62{self.dice.below(10**16):016d}"))

    def _once(self, make: Callable[[], str]) -> str:
        while (number := make()) in self._numbers:
            pass
        self._numbers.add(number)
        return number


def _spoilt(first18: str) -> str:
    return next(first18 + str(last) for last in range(1, 10) if fails_luhn(first18 + str(last)))
