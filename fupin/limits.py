"""How often one caller may ask."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable


class Bucket:
    """
    A token bucket for each caller: `burst` at once, then `rate` a second. Remembers the latest `size` callers.

    In memory and per process: it slows a guesser down, it is no quota.
    """

    def __init__(
        self, rate: float, burst: int, size: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = rate
        self.burst = burst
        self.size = size
        self.clock = clock
        self.left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def wait(self, caller: Hashable) -> int:
        """Seconds until this caller may ask; 0 when now."""
        left = self._left(caller)
        return 0 if left >= 1 else math.ceil((1 - left) / self.rate)

    def take(self, caller: Hashable) -> int:
        """Count one request; what `wait` said before it. One that has to wait is not counted."""
        wait = self.wait(caller)
        if not wait:
            self.left[caller] = self._left(caller) - 1, self.clock()
            self.left.move_to_end(caller)
            if len(self.left) > self.size:
                self.left.popitem(last=False)
        return wait

    def _left(self, caller: Hashable) -> float:
        left, at = self.left.get(caller, (float(self.burst), self.clock()))
        return min(float(self.burst), left + (self.clock() - at) * self.rate)
