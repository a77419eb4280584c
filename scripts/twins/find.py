"""The twin check of one new report, and of many small ones at once: compare, judge, and look at the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from twins.compare import (
    MEMBER,
    compare_sample,
    example_of,
    find_earlier,
    have_other_ids,
    mixture_of,
    note_earlier,
    old_times_of,
    older_of,
    pairs_of,
    probe,
    show_earlier,
    take_sample,
    with_earlier_ids,
)
from twins.judge import judge, stands_out
from twins.kinds import DOUBLED, FEWEST, HOUR, QUARTER, Kind, Twins
from twins.likeness import Probe, find_far, find_renamed, note_matched, shifts_of
from twins.records import Earlier, New
from warehouse.database import number_of

# A copy of another time is looked for in the periods of so many reports, if they have at most so many times as many
# records, or as few. To read all that there is would take 15 ms for each million.
LIKE_REPORTS, LIKE_SIZE = 5, 1.25
# So many records of each of several reports are looked for at any time.
PROBES_OF_EACH = 12
# More records of one key make more pairs than a group is worth.
MOST_ALIKE = 200


def find_twins(
    connection: duckdb.DuckDBPyConnection, new: New, old: Earlier, *, has_other_ids: bool = False
) -> Twins | None:
    """Compare a new report with earlier ones; None if it is none of them in another form.

    Args:
        connection: where the manifest is in raw.reports.
        new: the report.
        old: the earlier records.
        has_other_ids: whether the ids of the report have been replaced by earlier ones.
    """
    note_earlier(connection, new.site_id, new.left_out)
    periods = _periods(connection, new.count)
    if periods is None:
        return None
    take_sample(connection, new.sample, new.site_id, new.time_zone, old)
    if new.unread and _are_without_twins(connection, new, old):
        return None
    find_earlier(connection)
    probes = probe(connection, periods).get(0, [])
    may_be_renamed = number_of(connection, "select count(distinct occurred_at) from twin_found") >= FEWEST
    twins = _judged(connection, new, old) if may_be_renamed else None
    offset = _late_clock(probes)
    if twins is None and offset is not None:
        # Compared again, as if the clocks of the earlier reports had run late as well.
        show_earlier(connection, old, offset)
        find_earlier(connection)
        twins = _judged(connection, new, old)
        show_earlier(connection, old)
        may_be_renamed = False
    twins = twins or _alike(connection, new, old, probes, may_be_renamed=may_be_renamed)
    # To ask for the e-mails takes 4 ms: only where no user has done the same before.
    are_new = not any(one.near or one.earlier for one in probes)
    if twins is None and not has_other_ids and are_new and have_other_ids(connection, old):
        # Compared again, as if each person had the earlier id.
        own = replace(new, sample=with_earlier_ids(connection, new.sample, old), unread=range(0))
        twins = find_twins(connection, own, old, has_other_ids=True)
        return None if twins is None else replace(twins, has_other_ids=True)
    return twins


def may_hold_twins(
    connection: duckdb.DuckDBPyConnection, members: str, old: Earlier, site_id: str, time_zone: str
) -> bool:
    """Whether one of several small reports may be the twin of an earlier one or of one before it among them.

    Where something stands out, it lands alone and is judged (`find_twins`).

    Args:
        connection: where the manifest is.
        members: a table of their records with the columns of raw.activities, and ``member``, the place of the report.
        old: the earlier records.
        site_id: the site of the reports.
        time_zone: the zone of their dates.
    """
    texts = "user_id, category, action, label, content_id, email, first_name, last_name, occurred_at"
    sample = (
        f"select member * {MEMBER} + record_number as record_number, {texts} from {members} where member in"
        f" (select member from {members} group by 1 having count(distinct occurred_at) >= {FEWEST})"
    )
    note_earlier(connection, site_id)
    connection.execute(
        f"insert into twin_reports select distinct report_id, $site, $zone, member from {members}",
        {"site": site_id, "zone": time_zone},
    )
    take_sample(connection, sample, site_id, time_zone, old, PROBES_OF_EACH)
    most = number_of(
        connection,
        "select coalesce(max(records), 0) from (select count(*) as records from twin_sample group by loose_key"
        " union all select count(*) from twin_sample group by second_key)",
    )
    if most > MOST_ALIKE:
        return True
    if most == 0:
        return False
    if have_other_ids(connection, old):
        return True
    find_earlier(connection)
    probed = probe(connection, "true", members).values()
    if any(_late_clock(probes) is not None or find_far(probes) is not None for probes in probed):
        return True
    whole = f"""(
        select report_id, record_number, {texts} from ({old.whole})
        union all
        select report_id, record_number, {texts} from {members}
    )"""
    return any(
        stands_out(compared, kind) for compared in compare_sample(connection, whole).values() for kind in compared.kinds
    ) or bool(find_renamed(connection))


def _periods(connection: duckdb.DuckDBPyConnection, count: int) -> str | None:
    """A condition for the periods of earlier reports with about as many records; None if no earlier report counts."""
    rows = connection.execute(
        f"""
        select first_occurred_at, last_occurred_at, landed_count between $count / {LIKE_SIZE} and $count * {LIKE_SIZE}
        from raw.reports
        where report_id in (select report_id from twin_reports)
        order by abs(landed_count - $count), report_id
        limit {LIKE_REPORTS}
        """,
        {"count": count},
    ).fetchall()
    if not rows:
        return None
    return " or ".join(
        f"occurred_at between timestamp '{first}' and timestamp '{last}'" for first, last, is_like in rows if is_like
    )


def _late_clock(probes: Sequence[Probe]) -> int | None:
    """By how many seconds many records of a report are later than earlier ones, if no zone explains it."""
    shifts = shifts_of(probes)
    most = max(shifts, key=shifts.__getitem__, default=0)
    rivals = [count for other, count in shifts.items() if abs(other - most) not in (0, 1, HOUR)]
    return most if most % QUARTER and shifts[most] >= 2 * max(rivals, default=0) else None


def _are_without_twins(connection: duckdb.DuckDBPyConnection, new: New, old: Earlier) -> bool:
    """Whether none of the other records stands out, by what is around their days; else the sample is as before.

    Each record that an earlier report holds has its equal there, so that it is no twin. Here are at least the pairs and
    the shifts that the comparison of all would find for the others: where none stands out, none would.
    """
    first, last = (new.unread.stop, new.count) if new.unread.start == 0 else (0, new.unread.start - 1)
    is_unread = f"record_number not between {first} and {last}"
    if number_of(connection, f"select count(distinct moment) from twin_sample where {is_unread}") < FEWEST:
        return False
    find_earlier(connection, f"not ({is_unread})")
    connection.execute(f"delete from twin_sample where {is_unread}; delete from twin_probe where {is_unread};")
    probes = probe(connection).get(0, [])
    if not any(shift % QUARTER for shift in shifts_of(probes)) and find_far(probes) is None:
        compared = compare_sample(connection, f"({old.whole})")[0]
        if not any(stands_out(compared, kind) for kind in compared.kinds):
            return True
    take_sample(connection, new.sample, new.site_id, new.time_zone, old)
    return False


def _judged(connection: duckdb.DuckDBPyConnection, new: New, old: Earlier) -> Twins | None:
    """Compare what was found with the sample, and decide."""
    compared = compare_sample(connection, f"({old.whole})")[0]
    weight = new.count / max(1, len(compared.equal) + len(compared.other))
    said = None
    for kind in sorted((*mixture_of(connection, compared), *compared.kinds), key=_rank):
        if not stands_out(compared, kind):
            continue
        older = older_of(connection, *pairs_of(kind))
        is_sure = judge(compared, kind, old_times_of(connection, kind, old, older, weight))
        if is_sure or (is_sure is not None and said is None):
            said = Twins(kind, round(len(kind.times) * weight), older, example_of(connection, kind), is_sure)
        if is_sure:
            break
    return said


def _rank(kind: Kind) -> tuple[bool, int, int]:
    """What is only said comes after what may refuse the report."""
    return DOUBLED in kind.things, -len(kind.times), len(kind.things)


def _alike(
    connection: duckdb.DuckDBPyConnection, new: New, old: Earlier, probes: Sequence[Probe], *, may_be_renamed: bool
) -> Twins | None:
    """Whether the report as a whole is a copy of earlier ones that differs in one column."""
    likeness = find_renamed(connection).get(0) if may_be_renamed else None
    if likeness is not None:
        older = older_of(connection, "(select unnest($ids) as report_id)", {"ids": list(likeness.report_ids)})
    else:
        likeness = find_far(probes)
        if likeness is None:
            return None
        note_matched(connection, likeness)
        older = older_of(connection, f"({old.whole})", {})
    if not older:
        return None
    kind = Kind((likeness.thing,), likeness.shift)
    return Twins(kind, round(likeness.share * new.count), older, None, likeness.is_sure)
