"""When to stop asking a peer that keeps failing."""

import time


class Breaker:
    """Opens after `limit` failures in a row; after `rest` seconds lets one call through to see."""

    def __init__(self, limit: int = 8, rest: float = 5.0) -> None:
        self.limit = limit
        self.rest = rest
        self.failures = 0
        self.closed_at = 0.0

    def allows(self) -> bool:
        if self.failures < self.limit:
            return True
        if time.monotonic() < self.closed_at:
            return False
        self.closed_at = time.monotonic() + self.rest  # the one call; the others wait for what it finds
        return True

    def succeeded(self) -> None:
        self.failures = 0

    def failed(self) -> None:
        self.failures += 1
        if self.failures >= self.limit:
            self.closed_at = time.monotonic() + self.rest
