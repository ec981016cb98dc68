"""Every bound of gathering and reporting, with its default; docs/reports.md has the same for operators."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InsightLimits:
    #: how often a room's viewers are looked at; what was gathered is written once a minute
    sample_s: float = 10.0
    #: offers of one room that a minute keeps figures of; more are left out of the funnel
    max_offers: int = 500
    #: what people did with products is remembered so that nobody counts twice, of one room in one process
    max_steps: int = 200_000
    #: rooms whose figures wait to be written, while the database is away
    max_waiting_rows: int = 50_000
    #: points of a report's charts: of a longer show several minutes make one
    max_points: int = 480
    #: a report of a room that is not over is made at most so often, however many ask
    fresh_s: float = 5.0
    #: reports that are kept for that long, of so many rooms
    max_kept: int = 200
    top_questions: int = 5
