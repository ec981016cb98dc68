"""When to try again. Times between attempts, in seconds."""

from typing import Final

#: to merchants' systems: the schedule that Standard Webhooks recommends, three days in all
MERCHANT: Final = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: to this very server: it is away for a moment only
OWN: Final = (0.5, 1, 2, 4, 8, 15, 30, 60, 300, 900, 3600, 7200, 14_400, 28_800, 57_600, 86_400)
#: notices that a show has begun: worth something for a while only
NOTICE: Final = (10, 60, 300, 900, 1800)


def next_delay_s(schedule: tuple[float, ...], attempts: int) -> float | None:
    """The wait after ``attempts`` failures; None: give up."""
    return schedule[attempts - 1] if attempts <= len(schedule) else None
