"""The twin check: a copy that differs in one thing is refused with its name, and what only looks like one is loaded."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from unicodedata import normalize
from zoneinfo import ZoneInfo

import duckdb
import pytest

from conftest import warehouse_in
from fuzz.folders import counted_groups
from landing.land import land_reports
from landing.outcome import Declaration, Landing
from loader_fixtures import rows
from naming.aliases import GUIDE_ALIASES, SITE_ALIASES
from naming.dictionary import ACTIVITY_TYPES
from removal.remove import find_report, remove
from warehouse.paths import PROJECT_ROOT

pytestmark = pytest.mark.slow

COLUMNS = ("User ID", "First", "Last", "Email", "Category", "Action", "Label", "Date", "Content ID", "Content Name")
Record = dict[str, str]
Change = Callable[[Record], Record | None]
DATE = "%Y-%m-%d %H:%M:%S"
FIRST_DAY = datetime(2026, 5, 4)


def event(days: int = 5, per_day: int = 20, seed: int = 1, first_day: datetime = FIRST_DAY) -> list[Record]:
    """Records of some people at random times of some days."""
    chance = random.Random(seed)
    records = []
    for day in range(days):
        for _ in range(per_day):
            user = chance.randrange(1, 8)
            page = chance.randrange(1, 5)
            time = first_day + timedelta(days=day, hours=8, seconds=chance.randrange(8 * 3600))
            category, action = chance.choice([("Session", "Joined"), ("Chat", "Message"), ("Poll - Café?", "Question")])
            values = (
                *(f"00{user}{user}{user}{user}", f"First{user}", "Last", f"u{user}@x.example", category, action),
                *(chance.choice(["", "Grüezi", "hello", f"text {page}"]), time.strftime(DATE)),
                *(f"c{page}", f"Page {page}"),
            )
            records.append(dict(zip(COLUMNS, values, strict=True)))
    return sorted(records, key=lambda record: record["Date"])


def write(path: Path, records: list[Record], columns: tuple[str, ...] = COLUMNS) -> Path:
    lines = [",".join(columns), *(",".join(record[column] for column in columns) for record in records)]
    path.write_text("\n".join(lines) + "\n")
    return path


def land(warehouse: duckdb.DuckDBPyConnection, path: Path, declaration: Declaration | None = None) -> Landing:
    [landing] = land_reports(warehouse, [path], declaration or Declaration())
    return landing


def with_time(change: Callable[[datetime], datetime]) -> Change:
    return lambda record: record | {"Date": change(datetime.strptime(record["Date"], DATE)).strftime(DATE)}


def with_id(change: Callable[[str], str]) -> Change:
    return lambda record: record | {"User ID": change(record["User ID"])}


COPIES: dict[str, tuple[Change, str]] = {
    "leading zeros": (with_id(lambda text: text.lstrip("0")), "the way that ids are written, such as 1111 for 001111"),
    "letter case": (lambda record: record | {"Content ID": record["Content ID"].upper()}, "C1 for c1"),
    "a prefix": (with_id(lambda text: f"juno|{text}"), "the way that ids are written"),
    "hashed": (with_id(lambda text: f"{hash(('salt', text)) % 10**12:x}"), "the way that ids are written"),
    "without seconds": (
        with_time(lambda time: time.replace(second=0)),
        "the seconds of their times. They would count twice, so nothing of it was loaded. Fix: load the report as it"
        " was downloaded, and leave out the copy whose seconds a program took away or rounded",
    ),
    "a second later": (with_time(lambda time: time + timedelta(seconds=1)), "the seconds of their times"),
    "5:45 later": (with_time(lambda time: time + timedelta(minutes=345)), "which are 5 hours 45 minutes later here"),
    "15 minutes earlier": (with_time(lambda time: time - timedelta(minutes=15)), "which are 15 minutes earlier here"),
    "26 hours earlier": (with_time(lambda time: time - timedelta(hours=26)), "which are 26 hours earlier here"),
    "7 seconds later": (with_time(lambda time: time + timedelta(seconds=7)), "which are 7 seconds later here"),
    "3:07 later": (with_time(lambda time: time + timedelta(minutes=187)), "which are 3 hours 7 minutes later here"),
    "41:13 earlier": (
        with_time(lambda time: time - timedelta(seconds=2473)),
        "which are 41 minutes 13 seconds earlier here",
    ),
    "a late clock in summer": (
        with_time(lambda time: time + timedelta(seconds=3607 if time > datetime(2026, 5, 6) else 7)),
        "leave out the copy whose clock runs late",
    ),
    "a late clock and no content": (
        lambda record: with_time(lambda time: time + timedelta(seconds=100))(
            record | {"Content ID": "", "Content Name": ""}
        ),
        "1 minute 40 seconds later here",
    ),
    "day and month": (with_time(lambda time: time.replace(day=time.month, month=time.day)), "day and month"),
    "no content": (lambda record: record | {"Content ID": "", "Content Name": ""}, "the content columns"),
    "another encoding": (
        lambda record: record | {name: record[name].encode().decode("cp1252") for name in ("Category", "Label")},
        "letters that are not English",
    ),
    "no ids": (with_id(lambda _: ""), "the way that ids are written."),
    "zeros and seconds": (
        lambda record: with_time(lambda time: time.replace(second=0))(
            with_id(lambda text: text.lstrip("0"))(record) or {}
        ),
        "the way that ids are written, such as 1111 for 001111 and the seconds of their times",
    ),
}


OVERLAPS = ("all of it", "its last day", "some of its records")


@pytest.fixture(scope="module")
def loaded(
    instance: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with the records of the event, for tests whose copy is refused: it stays as it is."""
    with warehouse_in(instance, "loaded") as warehouse:
        first = land(warehouse, write(tmp_path_factory.mktemp("loaded") / "first.csv", event()))
        assert first.landed_count == len(event())
        yield warehouse


@pytest.mark.parametrize(("copy", "overlap"), list(zip(COPIES, itertools.cycle(OVERLAPS), strict=False)))
def test_a_copy_is_refused_and_its_difference_named(
    loaded: duckdb.DuckDBPyConnection, tmp_path: Path, copy: str, overlap: str
) -> None:
    change, thing = COPIES[copy]
    records = event()
    shared = {"all of it": records, "its last day": records[-20:], "some of its records": records[::3]}[overlap]
    new = event(3, seed=2, first_day=datetime(2026, 5, 9)) if overlap == "its last day" else []

    landing = land(loaded, write(tmp_path / "copy.csv", [c for r in [*shared, *new] if (c := change(r))]))

    assert landing.refusal is not None
    assert thing in landing.refusal
    assert "make remove REPORT=first.csv" in landing.refusal
    assert rows(loaded, "select count(*) from raw.activities") == [len(records)]
    assert rows(loaded, "select count(*) from raw.reports") == [1]


def in_days(decimals: int) -> Change:
    """A time as a spreadsheet has it that shows days with so many decimals."""

    def change(time: datetime) -> datetime:
        day = datetime(1899, 12, 30)
        return day + timedelta(days=round((time - day) / timedelta(days=1), decimals), milliseconds=500)

    return with_time(change)


def cut_to(seconds: int) -> Change:
    """A time whose rest after so many seconds was left away."""
    return with_time(lambda time: time - (time - datetime(1970, 1, 1)) % timedelta(seconds=seconds))


def as_nobody(record: Record) -> Record:
    """A record of an unknown person."""
    return record | dict.fromkeys(("User ID", "First", "Last", "Email"), "")


COPIES_AS_WHOLES: dict[str, tuple[Change, str]] = {
    "days since 1904": (with_time(lambda time: time - timedelta(days=1462)), "which are 1,462 days earlier here"),
    "a year earlier": (with_time(lambda time: time.replace(year=time.year - 1)), "which are 365 days earlier here"),
    "10 days later": (with_time(lambda time: time + timedelta(days=10)), "which are 10 days later here"),
    "30 hours and 7 seconds earlier": (
        with_time(lambda time: time - timedelta(hours=30, seconds=7)),
        "which are 30 hours 7 seconds earlier here",
    ),
    "year and day exchanged": (
        with_time(lambda time: time.replace(year=2000 + time.day, day=time.year - 2000)),
        "the days of their times",
    ),
    "days with 4 decimals": (in_days(4), "rounded in one of them"),
    "days with 3 decimals": (in_days(3), "rounded in one of them"),
    "days with 2 decimals": (in_days(2), "rounded in one of them"),
    "15 seconds": (cut_to(15), "rounded in one of them"),
    "5 minutes": (cut_to(300), "rounded in one of them"),
    "hours": (cut_to(3600), "rounded in one of them"),
    "days": (cut_to(86_400), "rounded in one of them"),
    "nobody": (as_nobody, "their users: each has another id there"),
    "other ids and no names": (
        lambda record: as_nobody(record) | {"User ID": f"x{hash(record['User ID']) % 10**9}"},
        "their users: each has another id there",
    ),
    "names and nothing else": (lambda record: record | {"User ID": "", "Email": ""}, "their users: each has"),
    "other contents": (
        lambda record: record | {"Content ID": f"9{record['Content ID']}"},
        "their content ids: each is another one there",
    ),
}


@pytest.mark.parametrize("copy", COPIES_AS_WHOLES)
def test_a_copy_that_differs_in_a_whole_column_is_refused(
    loaded: duckdb.DuckDBPyConnection, tmp_path: Path, copy: str
) -> None:
    change, thing = COPIES_AS_WHOLES[copy]

    landing = land(loaded, write(tmp_path / "copy.csv", [c for record in event() if (c := change(record))]))

    assert thing in (landing.refusal or "")
    assert "make remove REPORT=first.csv" in (landing.refusal or "")


@pytest.mark.parametrize("copy", ["15 seconds", "days with 2 decimals", "hours"])
def test_what_was_rounded_may_be_the_earlier_one(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, copy: str
) -> None:
    change, thing = COPIES_AS_WHOLES[copy]
    land(warehouse, write(tmp_path / "first.csv", [c for record in event() if (c := change(record))]))

    assert thing in (land(warehouse, write(tmp_path / "second.csv", event())).refusal or "")


def test_of_two_reports_the_one_with_the_most_is_named_first(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    land(warehouse, write(tmp_path / "a.csv", event()[:20]))
    land(warehouse, write(tmp_path / "b.csv", event()[20:]))

    refusal = land(warehouse, write(tmp_path / "copy.csv", list(map(as_nobody, event())))).refusal or ""

    assert "are already in b.csv, a.csv, the same in all but their users" in refusal


@pytest.fixture(scope="module")
def small_reports(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The event and other ones."""
    others = [event(seed=seed, first_day=FIRST_DAY + timedelta(days=7 * seed)) for seed in range(2, 7)]
    folder = tmp_path_factory.mktemp("small reports")
    return [write(folder / f"{number}.csv", records) for number, records in enumerate([event(), *others])]


@pytest.fixture(scope="module")
def landed_together(
    instance: duckdb.DuckDBPyConnection, small_reports: list[Path]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with the small reports, for tests whose copy is refused."""
    with warehouse_in(instance, "landed_together") as warehouse:
        with counted_groups() as grouped:
            landings = list(land_reports(warehouse, small_reports, Declaration()))
        assert [landing.landed_count for landing in landings] == [100] * grouped[0] == [100] * 6
        yield warehouse


@pytest.mark.parametrize("copy", ["days since 1904", "5 minutes", "other ids and no names"])
def test_a_copy_among_many_small_reports_is_refused(
    landed_together: duckdb.DuckDBPyConnection,
    warehouse: duckdb.DuckDBPyConnection,
    small_reports: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    copy: str,
) -> None:
    change, thing = COPIES_AS_WHOLES[copy]
    copied = write(tmp_path / "copy.csv", [c for record in event() if (c := change(record))])

    assert thing in (land(landed_together, copied).refusal or "")

    # With the copy they land alone.
    monkeypatch.setattr("landing.land.land_report", lambda _, file, *__: Landing(file.path, "alone"))
    landings = land_reports(warehouse, [*small_reports, copied], Declaration())
    assert [landing.name for landing in landings] == ["alone"] * 7


@pytest.mark.parametrize(
    ("change", "thing"),
    [
        (with_time(lambda time: time + timedelta(days=7)), "which are 7 days later here"),
        (
            lambda record: record | {"User ID": f"x{record['User ID']}", "First": "Another", "Email": ""},
            "their users: each has another id there",
        ),
    ],
    ids=["a week later", "other names"],
)
def test_a_copy_that_may_be_none_is_said(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, change: Change, thing: str
) -> None:
    records = event(2)
    land(warehouse, write(tmp_path / "first.csv", records))

    landing = land(warehouse, write(tmp_path / "second.csv", [c for record in records if (c := change(record))]))

    assert landing.landed_count == 40
    assert thing in landing.notes[0]


def without_content(record: Record) -> Record:
    return record | {"Content ID": "", "Content Name": ""}


def without_seconds(record: Record) -> Record:
    return with_time(lambda time: time.replace(second=0))(record) or {}


def between(records: list[Record], refusal: str) -> tuple[list[Record], list[Record]]:
    """The records in the times that the refusal names, and the others."""
    found = re.search(r"delete the records from (.{19}) to (.{19}) \((.*?)\) from", refusal)
    assert found is not None, refusal
    zone = ZoneInfo("Europe/Zurich")
    assert found[3] == str(zone)
    first, last = found[1], found[2]
    inside = [record for record in records if first <= record["Date"] <= last]
    return inside, [record for record in records if record not in inside]


@pytest.mark.parametrize("change", [without_content, without_seconds], ids=["content", "seconds"])
@pytest.mark.parametrize("is_new_poorer", [True, False])
def test_of_copies_that_overlap_in_part_the_overlap_is_cut_out_and_nothing_is_lost(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, *, change: Callable[[Record], Record], is_new_poorer: bool
) -> None:
    zone = Declaration(time_zone="Europe/Zurich")
    records = event(10, first_day=datetime(2026, 3, 24))
    whole, poor = records[60:], [change(record) for record in records[:120]]
    first, second = (whole, poor) if is_new_poorer else (poor, whole)
    land(warehouse, write(tmp_path / "first.csv", first), zone)

    refusal = land(warehouse, write(tmp_path / "second.csv", second), zone).refusal or ""

    cut, rest = between(poor, refusal)
    assert (len(cut), len(rest)) == (60, 60)
    if not is_new_poorer:
        assert "make remove REPORT=first.csv, delete the records" in refusal
        remove(warehouse, find_report(warehouse, "first.csv", tmp_path))
        assert land(warehouse, tmp_path / "second.csv", zone).landed_count == len(whole)
    assert land(warehouse, write(tmp_path / "rest.csv", rest), zone).landed_count == 60
    assert rows(warehouse, "select count(*) from raw.activities") == [len(records)]


@pytest.mark.parametrize("is_lost_first", [True, False])
def test_a_copy_that_lost_am_and_pm_and_has_the_same_name_is_called_by_its_id(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, is_lost_first: bool
) -> None:
    whole, lost = tmp_path / "a" / "report.csv", tmp_path / "b" / "report.csv"
    records = event(first_day=FIRST_DAY + timedelta(hours=4))
    for path, change in ((whole, lambda time: time), (lost, lambda time: time.replace(hour=time.hour % 12 or 12))):
        path.parent.mkdir()
        write(path, [changed for record in records if (changed := with_time(change)(record))])
    first, second = (lost, whole) if is_lost_first else (whole, lost)
    land(warehouse, first)
    refusal = land(warehouse, second).refusal or ""

    [report_id] = rows(warehouse, "select report_id from raw.reports")
    when = "later" if is_lost_first else "earlier"
    assert (
        f"are already in report.csv (id {report_id[:8]}), the same in all but their times, which are 12 hours {when}"
        in (refusal)
    )
    assert "leave out the copy whose times have lost AM and PM, or if another zone is meant: make build TIME" in refusal
    assert f"If report.csv (id {report_id[:8]}) is the wrong one: make remove REPORT={report_id[:8]}, then" in refusal
    assert find_report(warehouse, report_id[:8], tmp_path / "no.duckdb").report_id == report_id


def test_where_one_copy_holds_all_of_the_other_nothing_is_cut(
    loaded: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    poor = [without_content(record) for record in event()]
    refusal = land(loaded, write(tmp_path / "part.csv", poor[20:60])).refusal or ""
    assert "lacks" not in refusal
    # What has records of its own among those of the other cannot be cut by the time.
    mixed = sorted([*poor[20:60], *map(without_content, event(seed=9)[20:40])], key=lambda record: record["Date"])
    refusal = land(loaded, write(tmp_path / "mixed.csv", mixed)).refusal or ""
    assert "delete the records that are in both from this file, and load the rest" in refusal


def test_the_same_records_of_another_site_are_refused(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(warehouse, write(tmp_path / "first.csv", event()), Declaration("academy"))

    landing = land(warehouse, write(tmp_path / "again.csv", event()[:-1]), Declaration("main"))

    assert landing.refusal is not None
    assert "the site: academy there, main here" in landing.refusal
    assert "make build SITE=academy" in landing.refusal


def test_twins_are_loaded_where_they_are_allowed(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(warehouse, write(tmp_path / "first.csv", event()), Declaration("academy"))

    landing = land(warehouse, write(tmp_path / "again.csv", event()[:-1]), Declaration("main", allows_twins=True))

    assert landing.landed_count == 99
    assert landing.notes[0].startswith("99 of its 99 records are also in first.csv, the same in all but the site")


def test_a_zone_that_was_forgotten_in_summer_is_found(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    records = event(10, first_day=datetime(2026, 3, 24))
    land(warehouse, write(tmp_path / "first.csv", records), Declaration(time_zone="Europe/London"))

    landing = land(warehouse, write(tmp_path / "again.csv", records[:-1]))

    assert landing.refusal is not None
    assert "which are 1 hour later here" in landing.refusal
    assert "make build TIME_ZONE=Europe/London" in landing.refusal


@pytest.mark.parametrize("are_together", [True, False])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_time(lambda time: time + timedelta(hours=9)), "ids are written and their times, which are 9 hours later"),
        (with_time(lambda time: time.replace(second=0)), "ids are written and the seconds of their times"),
    ],
)
def test_a_copy_with_other_ids_and_other_times_is_known_by_the_emails(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, change: Change, words: str, are_together: bool
) -> None:
    records = event()
    copy = [changed for record in with_new_ids(records) if (changed := change(record))]
    paths = [write(tmp_path / "first.csv", records), write(tmp_path / "second.csv", copy)]
    if are_together:
        _, landing = land_reports(warehouse, paths, Declaration())
    else:
        land(warehouse, paths[0])
        landing = land(warehouse, paths[1])

    assert f"already in first.csv, the same in all but the way that {words}" in (landing.refusal or "")


def test_people_who_have_new_ids_at_the_next_event_are_loaded(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    land(warehouse, write(tmp_path / "first.csv", event()))
    landing = land(warehouse, write(tmp_path / "second.csv", with_new_ids(event(seed=2))))

    assert (landing.refusal, landing.notes) == (None, [])


def with_new_ids(records: list[Record]) -> list[Record]:
    return [record | {"User ID": f"9{int(record['User ID']) * 7}"} for record in records]


@pytest.mark.parametrize("zone", ["Europe/Zurich", "Australia/Lord_Howe"])
@pytest.mark.parametrize("is_local_first", [True, False])
@pytest.mark.parametrize("few", [0, 1])
def test_a_copy_of_the_night_that_clocks_are_set_back_is_loaded_and_said(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, zone: str, is_local_first: bool, few: int
) -> None:
    """A time that the clocks show twice may be that of the copy an hour before, or half an hour in Lord Howe."""
    night = {"Europe/Zurich": datetime(2025, 10, 25, 20), "Australia/Lord_Howe": datetime(2025, 4, 5, 11)}[zone]
    chance = random.Random(3)
    times = sorted(night + timedelta(seconds=chance.randrange(8 * 3600)) for _ in range(80))
    records = [record | {"Date": f"{time:{DATE}}Z"} for record, time in zip(event(4, 20), times, strict=True)]

    def on_the_wall(time: datetime) -> datetime:
        return time.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))

    local = [record | {"Date": f"{on_the_wall(time):{DATE}}"} for record, time in zip(records, times, strict=True)]
    first = [n for n, time in enumerate(times) if (wall := on_the_wall(time)).fold == 0 and _is_shown_twice(wall)]
    assert len(first) > 2
    if few:
        gone = set(first[few:])
        records, local = ([one for n, one in enumerate(report) if n not in gone] for report in (records, local))
        first = first[:few]
    declared = Declaration(time_zone=zone)
    reports = [("local", local, declared), ("with_z", records, declared)]
    notes = []
    for name, report, declaration in reports if is_local_first else reports[::-1]:
        landing = land(warehouse, write(tmp_path / f"{name}.csv", report), declaration)
        assert landing.refusal is None
        notes += [note for note in landing.notes if "are also in" in note]

    older = "local" if is_local_first else "with_z"
    assert [note.partition(". They")[0] for note in notes] == [
        f"{len(first)} of its {len(records)} records are also in {older}.csv, the same in all but their times, in an"
        " hour that the clocks showed twice when summer time ended"
    ]


def _is_shown_twice(time: datetime) -> bool:
    return time.replace(fold=0).utcoffset() != time.replace(fold=1).utcoffset()


def test_a_copy_of_one_page_in_another_zone_is_found_in_all_of_the_site(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    records = event(5, 60)
    page = [record for record in records if record["Content ID"] == "c1"]
    land(warehouse, write(tmp_path / "page.csv", page), Declaration(time_zone="America/New_York"))

    landing = land(warehouse, write(tmp_path / "all.csv", records))

    assert landing.refusal is not None
    assert "which are 4 hours earlier here" in landing.refusal


def test_a_new_copy_of_many_reports_names_some_of_them(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    records = event()
    for number in range(5):
        day = records[number * 20 : number * 20 + 20]
        land(warehouse, write(tmp_path / f"day {number}.csv", day), Declaration(time_zone="Asia/Tokyo"))

    landing = land(warehouse, write(tmp_path / "all.csv", records))

    assert landing.refusal is not None
    assert "which are 9 hours later here" in landing.refusal
    assert "and 2 more reports" in landing.refusal
    assert "make remove REPORT='day " in landing.refusal


# --- Labels ---


def said(label: str, change: Callable[[int], Record] = lambda _: {}, category: str = "Chat") -> list[Record]:
    """Twelve people who write something, each a number of their own where the label has a place for it."""
    blank = dict.fromkeys(COLUMNS, "")
    return [
        blank
        | {"User ID": f"{7000 + one}", "Category": category, "Action": "Message", "Label": label.format(one)}
        | {"Date": f"2026-05-04 10:{one:02}:07", "Content ID": "c1"}
        | change(one)
        for one in range(12)
    ]


CHANGED_LABELS = {
    "decomposed letters": ("Grüezi {}", normalize("NFD", "Grüezi {}")),
    "ends of lines": ("one\ntwo {}", "one\r\ntwo {}"),
    "no ends of lines": ("one\ntwo {}", "one two {}"),
    "a no-break space": ("hello there {}", "hello\xa0there {}"),
    "curly quotes": ("it's {}", "it’s {}"),
    "an entity": ("R&D {}", "R&amp;D {}"),
    "an emoji that was lost": ("nice 👍 {}", "nice ? {}"),
    "an apostrophe before a formula": ("={}+1", "'={}+1"),
    "a formula": ("=D{}", "#NAME?"),
    "zeros before a number": ("00{}", "{}"),
    "a long text that was cut": ("x" * 300 + "{}", "x" * 255),
}
THEIR_LABELS = "the same in all but their labels."


def said_in(change: str, label: str) -> list[Record]:
    """What people say, for each change other ones at other times."""
    place = list(CHANGED_LABELS).index(change)
    return said(
        f'"{label}"',
        lambda one: {"User ID": f"{8000 + 100 * place + one}", "Date": f"2026-05-{4 + place:02} 10:{one:02}:07"},
    )


@pytest.fixture(scope="module")
def labelled(
    instance: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with all labels before they were changed, for tests whose copy is refused."""
    records = [record for change, (before, _) in CHANGED_LABELS.items() for record in said_in(change, before)]
    with warehouse_in(instance, "labelled") as warehouse:
        first = land(warehouse, write(tmp_path_factory.mktemp("labelled") / "first.csv", records))
        assert first.landed_count == len(records) == 12 * len(CHANGED_LABELS)
        yield warehouse


@pytest.mark.parametrize("change", CHANGED_LABELS)
def test_a_copy_in_which_a_program_changed_the_labels_is_refused(
    labelled: duckdb.DuckDBPyConnection, tmp_path: Path, change: str
) -> None:
    _, after = CHANGED_LABELS[change]

    refusal = land(labelled, write(tmp_path / "copy.csv", said_in(change, after))).refusal or ""

    assert refusal.startswith(f"12 of its 12 records are already in first.csv, {THEIR_LABELS}")
    assert "leave out the copy whose labels a program has changed" in refusal
    assert "make remove REPORT=first.csv" in refusal
    assert "ENCODING" not in refusal


def test_texts_in_words_that_no_alias_has_are_labels(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(warehouse, write(tmp_path / "first.csv", said("00{}", category="Geplauder")))

    assert THEIR_LABELS in (
        land(warehouse, write(tmp_path / "copy.csv", said("{}", category="Geplauder"))).refusal or ""
    )


@pytest.mark.parametrize(("site_id", "is_known"), [("main", True), ("other", False)])
def test_an_alias_of_the_site_says_what_a_label_is(
    warehouse: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    site_id: str,
    is_known: bool,
) -> None:
    for seed in (ACTIVITY_TYPES, GUIDE_ALIASES, SITE_ALIASES):
        (tmp_path / seed).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / seed).write_bytes((PROJECT_ROOT / seed).read_bytes())
    with (tmp_path / SITE_ALIASES).open("a") as aliases:
        aliases.write(f"{site_id},Chat,Message,any,content_liked,,,\n")
    monkeypatch.setattr("twins.labels.PROJECT_ROOT", tmp_path)
    land(warehouse, write(tmp_path / "first.csv", said("00{}")))

    assert (land(warehouse, write(tmp_path / "copy.csv", said("{}"))).refusal is None) is is_known


def test_aliases_of_a_site_that_cannot_be_read_are_left_out(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("naming.aliases.SITE_ALIASES", Path("seeds/none.csv"))
    land(warehouse, write(tmp_path / "first.csv", said("00{}")))

    assert THEIR_LABELS in (land(warehouse, write(tmp_path / "copy.csv", said("{}"))).refusal or "")


def test_letters_that_an_encoding_changed_are_no_labels(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(warehouse, write(tmp_path / "first.csv", said("Grüezi {}")))

    refusal = land(warehouse, write(tmp_path / "copy.csv", said("GrÃ¼ezi {}"))).refusal or ""

    assert "letters that are not English" in refusal
    assert "leave out the copy whose letters a program has changed" in refusal
    # the copy is in UTF-8: no other encoding brings them back
    assert "ENCODING" not in refusal


def test_letters_that_were_read_in_a_wrong_encoding_have_another(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    land(warehouse, write(tmp_path / "first.csv", said("Grüezi {}")))
    copy = write(tmp_path / "copy.csv", said("Grüezi {}"))
    copy.write_bytes(copy.read_text(encoding="utf-8").encode("mac_roman"))

    refusal = land(warehouse, copy, Declaration(encoding="cp1252")).refusal or ""

    assert "make build ENCODING=… with the encoding of the file" in refusal


# In so many records a program changed letters and in so many labels; so many others are new, and lack.
MIXTURES = {
    (6, 6, 0): True,
    (4, 2, 0): True,
    (1, 2, 0): True,
    (6, 6, 30): True,
    (6, 6, 30, 30): False,
    (2, 0, 30, 30): False,
}


@pytest.mark.parametrize(("counts", "is_refused"), MIXTURES.items())
def test_letters_and_labels_that_a_program_changed_are_counted_together(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, counts: tuple[int, ...], *, is_refused: bool
) -> None:
    """Each alone is no larger part of what is new, and was said by none."""
    letters, labels, news, lacking = (*counts, 0)[:4]
    land(warehouse, write(tmp_path / "first.csv", [*said("Grüezi {}"), *said("00{}", later), *event()]))

    changed = [*said("GrÃ¼ezi {}")[:letters], *said("{}", later)[:labels]]
    known = [*said("Grüezi {}")[letters:], *said("00{}", later)[labels:], *event()[lacking:]]
    copy = [*changed, *known, *event(1, news, seed=9, first_day=FIRST_DAY + timedelta(minutes=1))]
    landing = land(warehouse, write(tmp_path / "copy.csv", copy))

    count = letters + labels
    said_of_it = landing.refusal or "".join(landing.notes)
    assert said_of_it.startswith(f"{count} of its {124 + news - lacking} records are al")
    assert "letters that are not English, which an encoding has changed" in said_of_it
    assert (", or their labels" in said_of_it) == (labels > 0)
    assert (landing.refusal is not None) == is_refused
    assert not is_refused or "Fix: load the report as it was downloaded, and leave out the copy" in said_of_it


def later(one: int) -> Record:
    """At other times, on another page."""
    return {"Date": f"2026-05-04 11:{one:02}:07", "Content ID": "c2"}


def test_changed_labels_among_many_that_are_known_are_said(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    land(warehouse, write(tmp_path / "first.csv", [*said("00{}"), *event()]))

    landing = land(warehouse, write(tmp_path / "copy.csv", [*said("{}"), *event()]))

    assert landing.refusal is None
    [note] = landing.notes
    assert note.startswith(f"12 of its 112 records are also in first.csv, {THEIR_LABELS} They count twice if")


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(("before", "after"), [("it's {}", "it’s {}"), ("Grüezi {}", "GrÃ¼ezi {}")])
def test_one_changed_label_is_said_and_not_refused(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, count: int, before: str, after: str
) -> None:
    land(warehouse, write(tmp_path / "first.csv", [*said(before), *event()]))

    copy = [*said(after)[:count], *said(before)[count:], *event()]
    landing = land(warehouse, write(tmp_path / "copy.csv", copy))

    assert landing.refusal is None
    [note] = landing.notes
    assert note.startswith(f"{count} of its 112 records are also in first.csv, the same in all but ")


# --- What is no copy ---


def renamed(record: Record) -> Record:
    return record | {"First": "New", "Email": "new@x.example", "Content Name": "New name"}


def daily(days: range, users: int = 6, time: str = "09:00:00") -> list[Record]:
    """The same people doing the same at the same time of every day."""
    blank = dict.fromkeys(COLUMNS, "")
    return [
        blank
        | {"User ID": str(user), "Category": "Session", "Action": "Joined", "Label": "Stand-up", "Content ID": "9"}
        | {"Date": f"2026-05-{day:02} {time[:-2]}{user:02}"}
        for day in days
        for user in range(users)
    ]


def beats(first: int, last: int) -> list[Record]:
    """A player that reports every quarter of an hour, for each of some people."""
    blank = dict.fromkeys(COLUMNS, "")
    return [
        blank
        | {"User ID": str(user), "Category": "Video", "Action": "Playing", "Label": "Talk", "Content ID": "9"}
        | {"Date": (FIRST_DAY + timedelta(minutes=15 * beat, seconds=user)).strftime(DATE)}
        for beat in range(first, last)
        for user in range(6)
    ]


def viewing(start: datetime, users: int = 1) -> list[Record]:
    """People who watch a talk, each a little later, with a record for each tenth of it."""
    blank = dict.fromkeys(COLUMNS, "")
    return [
        blank
        | {"User ID": str(user), "Category": "Video", "Action": "Progress", "Label": f"{tenth}0 %", "Content ID": "9"}
        | {"Date": (start + timedelta(seconds=10 * tenth + user * (start.minute + 1))).strftime(DATE)}
        for tenth in range(11)
        for user in range(users)
    ]


def sessions(name: str, category: str = "Session", page: str = "c1") -> list[Record]:
    """Twelve people who come to a page."""
    return said(name, lambda _: {"Action": "Joined", "Content ID": page}, category)


def crowd(first_user: int, seed: int, first_day: datetime = FIRST_DAY) -> list[Record]:
    """Many people who come within two minutes, answer a poll within 20 seconds, and leave within two minutes."""
    chance = random.Random(seed)
    blank = dict.fromkeys(COLUMNS, "")
    return sorted(
        (
            blank
            | {"User ID": str(user), "Category": category, "Action": action, "Label": label, "Content ID": page}
            | {"Date": (first_day + timedelta(hours=hour, seconds=chance.randrange(within))).strftime(DATE)}
            for user in range(first_user, first_user + 200)
            for hour, page in ((9, "c1"), (11, "c2"))
            for hour, category, action, label, within in (
                (hour, "Session", "Joined", "Keynote", 120),
                (hour, "Poll - Well?", "Question", chance.choice("ABCD"), 20),
                (hour + 1, "Session", "Left", "Keynote", 120),
            )
        ),
        key=lambda record: record["Date"],
    )


def in_step(first_user: int, actions: tuple[str, ...] = ("Joined", "Left")) -> list[Record]:
    """People who are let in and out one by one."""
    blank = dict.fromkeys(COLUMNS, "")
    return [
        blank
        | {"User ID": str(first_user + number), "Category": "Session", "Action": action, "Content ID": "c1"}
        | {"Date": (FIRST_DAY + timedelta(hours=hour, seconds=number)).strftime(DATE)}
        for hour, action in enumerate(actions)
        for number in range(200)
    ]


def whole_minutes(record: Record) -> Record:
    """A record of a report without seconds and content columns."""
    return without_content(without_seconds(record))


NO_COPIES: dict[str, tuple[list[Record], list[Record]]] = {
    "an overlapping download with other names": (event()[:80], [renamed(record) for record in event()[40:]]),
    "ids with invisible signs": (
        event(),
        [record | {"User ID": f"\u200b {record['User ID']}\u2003", "Email": "NULL"} for record in event()],
    ),
    "a download of the next days": (event(), event(5, seed=3, first_day=datetime(2026, 5, 9))),
    "a download of other days that day and month could be": (
        event(3, first_day=datetime(2026, 5, 3)),
        event(3, seed=5, first_day=datetime(2026, 3, 5)),
    ),
    "one person's history beside another's": (
        [record for record in event() if record["User ID"] == "001111"],
        [record for record in event() if record["User ID"] == "002222"],
    ),
    "one page beside another": (
        [record for record in event() if record["Content ID"] == "c1"],
        [record for record in event() if record["Content ID"] == "c2"],
    ),
    "one page, then all of the site": ([record for record in event() if record["Content ID"] == "c1"], event()),
    "the same people every day": (daily(range(4, 6)), daily(range(6, 8))),
    "the same people every day, and what was there": (daily(range(4, 6)), daily(range(4, 10))),
    "what is repeated every quarter of an hour": (beats(0, 16), beats(16, 32)),
    "the same, and what was there": (beats(0, 16), beats(0, 32)),
    "a talk that somebody watches again": (viewing(FIRST_DAY), viewing(FIRST_DAY + timedelta(minutes=67))),
    "a talk that two people watch again": (viewing(FIRST_DAY, 2), viewing(FIRST_DAY + timedelta(minutes=67), 2)),
    "a talk that is watched again, and what was there": (
        viewing(FIRST_DAY),
        viewing(FIRST_DAY) + viewing(FIRST_DAY + timedelta(hours=23, seconds=7)),
    ),
    "pages whose names were edited": (
        event(),
        [record | {"Label": "A new name"} if record["Category"] == "Session" else record for record in event()],
    ),
    "a page whose name has a trademark now": (sessions("Acme"), sessions("Acme™")),
    "pages whose names were edited, in words that no alias has": (
        [*sessions("One", "Sitzung"), *sessions("Two", "Sitzung", "c2")],
        [*sessions("Eins", "Sitzung"), *sessions("Zwei", "Sitzung", "c2")],
    ),
    "two messages in one second": (said("hello {}"), [*said("hello {}"), *said("me too {}")]),
    "messages of one minute, some of them in an earlier report": (
        [whole_minutes(record) for record in said("hello {}")],
        [whole_minutes(record) for record in [*said("hello {}"), *said("me too {}"), *said("bye {}")]],
    ),
    "one page beside another, without seconds and content": (
        [whole_minutes(record) for record in event() if record["Content ID"] == "c1"],
        [whole_minutes(record) for record in event() if record["Content ID"] == "c2"],
    ),
    "many people beside as many others": (crowd(1000, 1), crowd(5000, 2)),
    "many people beside as many unknown ones": (crowd(1000, 1), [as_nobody(record) for record in crowd(5000, 2)[::10]]),
    "people in the same seconds as others": (in_step(1000), in_step(5000)),
    "the same people in the same agenda a week later": (crowd(1000, 1), crowd(1000, 2, FIRST_DAY + timedelta(days=7))),
    "the same a week later, without seconds": (
        [cut_to(60)(record) or record for record in crowd(1000, 1)],
        [cut_to(300)(record) or record for record in crowd(1000, 2, FIRST_DAY + timedelta(days=7))],
    ),
    "sixty people at the same second of each day": (daily(range(4, 5), 59), daily(range(5, 12), 59)),
    "two activities": (event()[:2], [with_time(lambda time: time.replace(second=0))(r) or r for r in event()[:2]]),
    "one activity": (event()[:1], event()[1:2]),
    "nothing": (event(), []),
}


@pytest.mark.parametrize("kind", NO_COPIES)
def test_what_is_no_copy_is_loaded(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str) -> None:
    old, new = NO_COPIES[kind]
    land(warehouse, write(tmp_path / "old.csv", old))

    landing = land(warehouse, write(tmp_path / "new.csv", new))

    assert landing.refusal is None
    assert landing.landed_count == len(new)
    others = ("the seconds are lost", "have no user id")
    assert [note for note in landing.notes if not any(words in note for words in others)] == []


def test_many_people_a_day_later_are_said_and_not_refused(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    records = event(1, 30)
    land(warehouse, write(tmp_path / "old.csv", records))
    later = [with_time(lambda time: time + timedelta(days=1))(record) or record for record in records]

    landing = land(warehouse, write(tmp_path / "new.csv", later))

    assert landing.landed_count == 30
    assert "which are 24 hours later here" in landing.notes[0]


def test_a_report_without_names_is_no_copy(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(warehouse, write(tmp_path / "old.csv", event()))
    columns = tuple(column for column in COLUMNS if column not in ("First", "Last", "Email"))

    assert land(warehouse, write(tmp_path / "new.csv", event(), columns)).landed_count == 100


def test_the_sample_is_no_site_of_yours(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(warehouse, write(tmp_path / "old.csv", event()), Declaration("sample"))

    assert land(warehouse, write(tmp_path / "new.csv", event()[:-1])).landed_count == 99


def test_of_a_long_report_a_sample_is_compared(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twins.records.SAMPLE", 50)
    land(warehouse, write(tmp_path / "old.csv", event(5, 60)), Declaration(time_zone="Asia/Tokyo"))

    landing = land(warehouse, write(tmp_path / "new.csv", event(5, 60)[:-1]))

    assert landing.refusal is not None
    assert landing.refusal.startswith("about 299 of its 299 records are already in old.csv")
