"""What a report and an earlier one in another form have in common, where each holds what the other lacks.

Neither of two such reports can be left out, and both together count twice what they share. It is cut out of the one
that says less: by its times, if all that the two have in these times is in both.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb

from twins.kinds import CONTENT, IDS, LABEL, SECONDS, Twins
from twins.records import New

Span = tuple[datetime, datetime]
# Other things are corrected by loading the report with another setting: then its records equal the earlier ones.
CANNOT_BE_DECLARED = {CONTENT, IDS, LABEL, SECONDS}


def how_to_cut(connection: duckdb.DuckDBPyConnection, twins: Twins, new: New) -> str:
    """How to load two such reports and lose nothing; '' where one of them can be left out.

    Args:
        connection: where they were compared.
        twins: what was found.
        new: the new report.
    """
    if not CANNOT_BE_DECLARED.issuperset(twins.kind.things):
        return ""
    older, own = _spans(connection, twins, new.period)
    if _is_older_poorer(connection, twins):
        if all(own[0] <= first and last <= own[1] for first, last in older):
            return ""
        names = " and ".join(one.removal for one in twins.older)
        when, file = _said([own], twins.older[0].time_zone), "its file" if len(twins.older) == 1 else "its files"
        return (
            f" If each has records that the other lacks: {names}, delete the records {when} from {file}, and load all."
        )
    outside, lacking = _counts(connection, twins, older)
    if not outside and not lacking:
        return ""
    when = _said(older, new.time_zone)
    which = f"the records {when}" if not lacking else "the records that are in both"
    return f" If each has records that the other lacks: delete {which} from this file, and load the rest."


def _is_older_poorer(connection: duckdb.DuckDBPyConnection, twins: Twins) -> bool:
    """Whether the earlier reports say less than the new one."""
    if CONTENT not in twins.kind.things:
        return SECONDS in twins.kind.things and any(time.second for time in twins.kind.times)
    row = connection.execute(
        "select count(*) filter (old_id is null) > count(*) filter (new_id is null) from twin_pairs"
        " where list_contains(things, $content)",
        {"content": CONTENT},
    ).fetchone()
    return bool(row and row[0])


def _spans(connection: duckdb.DuckDBPyConnection, twins: Twins, period: str) -> tuple[list[Span], Span]:
    """The periods of the earlier reports, and that of the new one."""
    of_sample = "select min(moment), max(moment) from twin_sample"
    new = connection.execute(period or of_sample).fetchone() or (datetime.max, datetime.min)
    older = connection.execute(
        "select first_occurred_at, last_occurred_at from raw.reports where list_contains($ids, report_id) order by all",
        {"ids": [one.report_id for one in twins.older]},
    ).fetchall()
    if SECONDS in twins.kind.things:
        # A time without seconds may be before the first of its minute.
        new, older = _of_minute(new), [_of_minute(span) for span in older]
    return _joined(older), new


def _joined(spans: list[Span]) -> list[Span]:
    """Periods in their order, with those that overlap as one."""
    joined: list[Span] = []
    for first, last in spans:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _of_minute(span: tuple[datetime, ...]) -> Span:
    return span[0].replace(second=0), span[1]


def _counts(connection: duckdb.DuckDBPyConnection, twins: Twins, spans: list[Span]) -> tuple[int, int]:
    """Of the sample: the records outside of these periods, and those inside that no earlier report has."""
    row = connection.execute(
        """
        with judged as (
            select
                list_bool_or(list_transform($spans, lambda span: moment between span[1] and span[2])) as is_inside,
                record_number in (
                    select record_number from twin_pairs
                    where list_contains($things::varchar[][], things) or len(things) = 0
                ) as is_there
            from twin_sample
        )
        select count(*) filter (not is_inside), count(*) filter (is_inside and not is_there) from judged
        """,
        {"spans": [list(span) for span in spans], "things": twins.kind.things_of_each},
    ).fetchone()
    return row or (0, 0)


def _said(spans: list[Span], zone: str) -> str:
    """Some periods in words, by the clock of a zone."""

    def local(time: datetime) -> str:
        return f"{time.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"

    return " and ".join(f"from {local(first)} to {local(last)}" for first, last in spans) + f" ({zone})"
