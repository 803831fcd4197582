"""What a world is made from: the same configuration always makes the same world."""

from __future__ import annotations

import hashlib
import random
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

ORDERS_A_DAY_MOST = 10_000


@dataclass(frozen=True, slots=True)
class WorldConfig:
    """Seed, volume and shares. `fault_share` and `lookalike_share` are parts of all orders (0.05 = 5 %)."""

    seed: int = 1
    orders_per_day: int = 200
    fault_share: float = 0.05
    lookalike_share: float = 0.10
    starts_at: datetime = datetime(2026, 3, 2, tzinfo=UTC)
    days: int | None = None  # orders stop after so many days; None: never
    kinds: tuple[str, ...] = ()  # only these faults and look-alikes; empty: all

    def __post_init__(self) -> None:
        if not 0 < self.orders_per_day <= ORDERS_A_DAY_MOST:
            raise ValueError(f"orders_per_day is {self.orders_per_day}: 1 to {ORDERS_A_DAY_MOST}")
        if self.fault_share < 0 or self.lookalike_share < 0 or self.fault_share + self.lookalike_share > 1:
            raise ValueError("fault_share and lookalike_share are shares of all orders: together at most 1")

    def stream(self, *parts: object) -> random.Random:
        """Random numbers for one thing, named by `parts`: no other thing's draws can disturb them."""
        text = "\x1f".join(str(part) for part in (self.seed, *parts))
        return random.Random(hashlib.blake2b(text.encode(), digest_size=16).digest())

    def day(self, index: int) -> datetime:
        return self.starts_at + timedelta(days=index)

    def dump(self) -> dict:
        return asdict(self) | {"starts_at": self.starts_at.isoformat(), "kinds": list(self.kinds)}

    @classmethod
    def load(cls, stored: dict) -> WorldConfig:
        return cls(
            **stored | {"starts_at": datetime.fromisoformat(stored["starts_at"]), "kinds": tuple(stored["kinds"])}
        )
