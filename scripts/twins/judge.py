"""Whether twins make a report a copy of earlier ones. The rules are those of docs/decisions/0022."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from twins.kinds import DAY, DOUBLED, FEWEST, FEWEST_OF_A_DAY, HOUR, LABEL, QUARTER, SHIFT, TEXT, Kind

# The share of the records that could be twins; where people come every day at the same time, of all others.
SHARE, SHARE_OF_A_DAY = 0.5, 0.95
MINUTE = timedelta(seconds=60)
# At the same second of the same user a single one is no accident. Fewer than three are only said.
SAID_FROM_ONE = ((DOUBLED,), (LABEL,), (TEXT,))


@dataclass(frozen=True)
class Compared:
    """What the comparison of a sample found.

    Attributes:
        kinds: the kinds of twins, of records that no earlier record equals.
        equal: times of the records that an earlier one equals, in order.
        other: times of the records that none equals, in order.
    """

    kinds: tuple[Kind, ...]
    equal: tuple[datetime, ...]
    other: tuple[datetime, ...]


@dataclass(frozen=True)
class OldTimes:
    """The earlier reports that hold twins: their period, and how many records they have in that of the new one.

    Attributes:
        first: their first time.
        last: their last.
        count: their records whose twins would be in the period of the new report.
        equal_count: of the sample, the records that one of theirs equals.
        weight: records of the new report for each one in its sample.
    """

    first: datetime
    last: datetime
    count: int
    equal_count: int
    weight: float


def with_summer_time(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """The kinds, where copies that are an hour further apart for a part of the year are of one kind."""
    by_name = {(kind.things, kind.shift): kind for kind in kinds}
    joined = []
    for (things, shift), kind in by_name.items():
        times = kind.times
        beside = [by_name.get((things, other)) for other in (shift - HOUR, shift + HOUR) if shift]
        # Those of one season follow those of the other, and are as many again at most.
        for partner in filter(None, beside):
            apart = partner.times[-1] < times[0] or times[-1] < partner.times[0]
            if apart and len(partner.times) <= len(times):
                times = tuple(sorted(times + partner.times))
                break
        joined.append(replace(kind, times=times))
    return tuple(joined)


def stands_out(compared: Compared, kind: Kind) -> bool:
    """Whether a kind of twins is no accident: it has enough times, and a shift stands out from other shifts."""
    if kind.parts or kind.things in SAID_FROM_ONE:
        return True
    return kind.moments >= FEWEST and (SHIFT not in kind.things or _is_one_shift(compared, kind))


def judge(compared: Compared, kind: Kind, old: OldTimes) -> bool | None:
    """Whether twins that stand out make the report a copy: True if it is refused, False if it is said, None if neither.

    Twins are compared with the records that could be twins: those of the report in the period of the earlier reports,
    or those of the earlier reports in the period of the report, whichever are fewer. Records that are equal are none.
    """
    if DOUBLED in kind.things:
        # No wrong zone: a local time does not say which of the two hours it means.
        return False if len(kind.things) == 1 else None
    new_count = sum(_is_within(kind.old_time(time), old) for time in compared.other)
    old_count = old.count - old.equal_count * old.weight
    share = max(
        len(kind.times) / max(new_count, len(kind.times)),
        len(kind.times) * old.weight / old_count if old_count >= len(kind.times) * old.weight else 0,
    )
    if {TEXT, LABEL} & {*kind.things} and SHIFT not in kind.things:
        # A program changes a part of the texts of its copy. If more records are known than have other labels, the
        # report may be a download in which people have edited texts; they do not change the letters.
        is_edited = TEXT not in kind.things and len(kind.times) < len(compared.equal)
        return share > SHARE and kind.moments >= FEWEST and not is_edited
    if SHIFT not in kind.things:
        return kind.moments >= FEWEST if share > SHARE else None
    if kind.shift % DAY == 0:
        # People who come every day leave such twins, but hardly of everything that they do.
        if len(kind.times) < SHARE_OF_A_DAY * len(compared.other) or compared.equal:
            return None
        return kind.moments >= FEWEST_OF_A_DAY
    return True if share > SHARE and not _is_among_equals(compared, kind, old) else None


def _is_within(time: datetime | None, old: OldTimes) -> bool:
    return time is not None and old.first - MINUTE <= time <= old.last + MINUTE


def _is_one_shift(compared: Compared, kind: Kind) -> bool:
    """Whether the twins of one shift stand out: what is repeated every quarter of an hour has twins at many.

    Where no zone explains the shift, their times must be uneven: what a program reports at even times has twins at
    any shift.
    """
    if kind.shift % QUARTER:
        times = sorted(set(kind.times))
        if len({later - earlier for earlier, later in itertools.pairwise(times)}) < FEWEST - 1:
            return False
    apart = {other.shift - kind.shift: len(other.times) for other in compared.kinds if other.things == kind.things}
    rivals = [count for distance, count in apart.items() if abs(distance) not in (0, HOUR)]
    # By summer time there may be twins an hour before or behind, and not both.
    return len(kind.times) >= 2 * max([*rivals, min(apart.get(-HOUR, 0), apart.get(HOUR, 0))])


def _is_among_equals(compared: Compared, kind: Kind, old: OldTimes) -> bool:
    """Whether other records of the same days equal earlier ones, so that no wrong zone explains the twins.

    Where a report goes on after the end of an earlier one, what is repeated has twins there and no equals.
    """
    if not compared.equal:
        return False
    inside = [time for time in kind.times if old.first <= time <= old.last]
    if len(inside) < FEWEST:
        return True
    return bisect_right(compared.equal, inside[-1]) - bisect_left(compared.equal, inside[0]) >= len(inside)
