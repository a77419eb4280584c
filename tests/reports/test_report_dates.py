"""Dates in every form that programs give them: read as what they mean, or refused in words that are true."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import typer

from landing.declarations import declaration_of
from landing.landed import delete_reports
from landing.options import checked
from landing.outcome import Declaration, Given
from landing.times import parsed
from loader_fixtures import land, report_text, rows, write
from reports import date_shapes
from reports.date_formats import DEFAULT_DATE_FORMAT, WITH_OFFSET
from reports.dates import Dates
from warehouse.raw_tables import prepare_raw

OCCURRED = "select occurred_at::varchar from raw.activities order by record_number"
AT, NEXT = "2024-05-13 10:00:01", "2024-05-13 13:00:01"
ZURICH, SUMMER = Declaration(time_zone="Europe/Zurich"), "2024-05-13 08:00:01"


def report_of(*dates: str, header: str = "User ID,Category,Action,Label,Date") -> str:
    """A report of these dates; where there are more columns, a date holds the other fields behind a bar."""
    fields = (",".join('"' + field.replace('"', '""') + '"' for field in written.split("|")) for written in dates)
    return report_text(*(f"{7001 + n},Chat,Message,hi,{field}" for n, field in enumerate(fields)), header=header)


@pytest.mark.parametrize(
    ("dates", "times"),
    [
        # blanks, marks and digits of other scripts
        (["5/13/2024 10:00:01\u202fAM", "5/13/2024 1:00:01\u202fPM"], [AT, NEXT]),
        (["\u200e5\u200e/\u200e13\u200e/\u200e2024\u200e \u200e10\u200e:\u200e00\u200e:\u200e01\u200e \u200eAM"], [AT]),
        (["2024-05-13\u00a010:00:01"], [AT]),
        (["٢٠٢٤-٠٥-١٣ ١٠:٠٠:٠١", "೨೦೨೪-೦೫-೧೩ ೧೦:೦೦:೦೧"], [AT, AT]),
        (["２０２４／０５／１３ １０：００：０１"], [AT]),
        (["२०२४-०५-१३ १०:००:०१"], [AT]),
        # AM and PM
        (["5/13/2024, 10:00:01 a. m.", "5/13/2024, 1:00:01 p. m."], [AT, NEXT]),
        (["13/05/2024 10:00:01 a.m.", "13/05/2024 01:00:01 P.M."], [AT, NEXT]),
        (["13/05/2024 10:00:01AM"], [AT]),
        (["2024/5/13 上午10:00:01", "2024/5/13 下午1:00:01"], [AT, NEXT]),
        (["2024. 5. 13. 오전 10:00:01"], [AT]),
        (["13.05.2024 ÖÖ 10:00:01", "13.05.2024 01:00:01 ÖS"], [AT, NEXT]),
        (["2024. 05. 13. de. 10:00:01", "2024. 05. 13. du. 1:00:01"], [AT, NEXT]),
        (["2024-05-13 10:00:01 fm", "2024-05-13 1:00:01 e.m."], [AT, NEXT]),
        (["2024/05/13 10:00:01 ق.ظ", "2024/05/13 01:00:01 ب.ظ"], [AT, NEXT]),
        (["13.5.2024 г., 10:00:01 пр.об.", "13.5.2024 г., 1:00:01 сл.об."], [AT, NEXT]),
        (["13/5/2024, 10:00:01 पूर्वाह्न", "13/5/2024, 1:00:01 अपराह्न"], [AT, NEXT]),
        (["5/13/2024 12:00:01 AM", "5/13/2024 12:00:01 PM"], ["2024-05-13 00:00:01", "2024-05-13 12:00:01"]),
        (["13/05/2024 10:00:01 SA", "13/05/2024 1:00:01 CH"], [AT, NEXT]),
        (["Sa 13.04.2024 12:00:01", "13.04.2024 Sa 12:00:01"], ["2024-04-13 12:00:01"] * 2),
        (["2024/5/13 中午12:35:04", "2024/5/13 中午11:35:04"], ["2024-05-13 12:35:04", "2024-05-13 11:35:04"]),
        (["2024/5/13 中午1:00:01", "2024/5/13 凌晨12:12:07"], [NEXT, "2024-05-13 00:12:07"]),
        (["2024/5/13 晚上11:00:01", "2024/5/13 早上10:00:01"], ["2024-05-13 23:00:01", AT]),
        # and words that only look like it
        (["am 13.05.2024 um 12:35:04"], ["2024-05-13 12:35:04"]),
        (["um 12:35:04 am 13.05.2024", "12:35:04 Uhr am 13.05.2024"], ["2024-05-13 12:35:04"] * 2),
        (["12:35:04 am 13.05.2024", "12:35:04 pm 13.05.2024"], ["2024-05-13 00:35:04", "2024-05-13 12:35:04"]),
        # fractions
        (["2024-05-13 10:00:01,123", "2024-05-13 10:00:01.987654321", "2024-05-13 10:00:01:123"], [AT, AT, AT]),
        (["2024-05-13 10:00:01.999"], [AT]),
        # numbers
        (["45425.4166782407"], [AT]),
        (["45425,4166782407"], [AT]),
        (["1715594401", "1715594401000", "1715594401000000"], [AT, AT, AT]),
        (["1715594401.347"], [AT]),
        (["20240513100001", "20240513T100001Z", "20240513 100001"], [AT, AT, AT]),
        # years of two digits
        (["13-05-24 10:00:01"], [AT]),
        (["24-05-13 10:00:01"], [AT]),
        (
            ["13-05-24 10:00:01", "21-05-24 10:00:01", "26-05-24 10:00:01"],
            [AT, "2024-05-21 10:00:01", "2024-05-26 10:00:01"],
        ),
        (["13-May-24 10:00:01", "13-MAY-24 10.00.01.000000 AM"], [AT, AT]),
        # names of months and days
        (
            ["13 Sept 2024 10:00", "2. März 2024 10:00", "2 août 2024 à 10:00"],
            ["2024-09-13 10:00:00", "2024-03-02 10:00:00", "2024-08-02 10:00:00"],
        ),
        (
            ["13 de mayo de 2024 10:00:01", "13 mag 2024, 10:00:01", "13 dez. 2024 10:00:01"],
            [AT, AT, "2024-12-13 10:00:01"],
        ),
        (["13 maj 2024 kl. 10:00:01", "13. mai 2024 10:00:01", "13. toukokuuta 2024 klo 10.00.01"], [AT, AT, AT]),
        (["13 maja 2024 10:00:01", "13. května 2024 10:00:01", "13 мая 2024 г., 10:00:01"], [AT, AT, AT]),
        (["13 Mayıs 2024 10:00:01", "2024. május 13. 10:00:01", "13 Mei 2024 pukul 10.00.01"], [AT, AT, AT]),
        (["måndag den 13 maj 2024 kl. 10:00", "poniedziałek, 13 maja 2024 10:00"], ["2024-05-13 10:00:00"] * 2),
        (["2024. május 13., hétfő 10:00:01", "13 Mayıs 2024 Pazartesi 10:00:01"], [AT, AT]),
        (["Monday, May 13, 2024 at 10:00:01 AM", "May 13 2024 10:00:01", "2024-May-13 10:00:01"], [AT, AT, AT]),
        (["2024年5月13日 10:00:01", "2024年5月13日 10时00分01秒"], [AT, AT]),
        (["Mon May 13 10:00:01 2024"], [AT]),
        (["13.05.2024 10.00.01"], [AT]),
        # minutes and seconds of one digit
        (["2024年5月13日 10時0分1秒", "2024年5月13日 13時00分1秒"], [AT, NEXT]),
        (["2024年5月13日 9時5分", "2024년 5월 13일 9시 5분 7초"], ["2024-05-13 09:05:00", "2024-05-13 09:05:07"]),
        (["13.5.2024 10.0.1", "13.05.2024 13.00.1"], [AT, NEXT]),
        (["13 May 2024 10:0:1", "13 May 2024 1.0.01 PM", "13 mai 2024 10h0"], [AT, NEXT, "2024-05-13 10:00:00"]),
        (["10:00:01 13/05/2024"], [AT]),
        (["13.05.2024, 10:00 Uhr"], ["2024-05-13 10:00:00"]),
        # what a spreadsheet puts around a text, and dashes
        (["'2024-05-13 10:00:01", '="2024-05-13 10:00:01"'], [AT, AT]),
        (["13/05/2024 - 10:00:01"], [AT]),
        (["13–05–2024 10:00:01"], [AT]),
        # one with a plan and the platform's own
        ([AT, "2024-05-13T10:00:01", "13 May 2024 10:00:01"], [AT, AT, AT]),
    ],
)
def test_a_date_is_read_as_what_it_means(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, dates: list[str], times: list[str]
) -> None:
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*dates)))

    assert landing.refusal is None
    assert rows(warehouse, OCCURRED) == times
    assert rows(warehouse, "select date from raw.activities order by record_number") == dates


# Every way to write one moment that programs have: before the time, its end, and a zone.
AHEAD = {"+03": "07:00", "+0300": "07:00", "+03:00": "07:00", "-0330": "13:30"}
SEPARATORS = (" ", "T", "t")
SECONDS = ("", ":01", *(f":01{sign}{'123456789'[:n]}" for sign in ".," for n in range(1, 10)))
ZONES = ("", *(f"{blank}{zone}" for blank in ("", " ") for zone in ("Z", "z", "+03", "+0300", "+03:00", "-0330")))
WAYS = {
    f"2024-05-13{separator}10:00{seconds}{zone}": AHEAD.get(zone.strip(), "10:00") + (":01" if seconds else ":00")
    for separator, seconds, zone in itertools.product(SEPARATORS, SECONDS, ZONES)
}


def test_each_separator_fraction_and_zone_is_read_beside_all_others(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert land(warehouse, write(tmp_path / "a.csv", report_of(*WAYS))).refusal is None

    found = warehouse.execute("select date, strftime(occurred_at, '%H:%M:%S') from raw.activities").fetchall()
    read = dict(found)
    assert {written: read.get(written) for written in WAYS} == WAYS


def test_each_way_to_write_a_date_that_needs_no_plan_is_read_as_it_stands(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A report of one way is read by a format where its shape says that one reads it."""
    shapes = {written: re.sub("[0-9]", "9", written) for written in WAYS}
    formats = {
        **{written: WITH_OFFSET for written, shape in shapes.items() if date_shapes.WITH_OFFSET.fullmatch(shape)},
        **{written: DEFAULT_DATE_FORMAT for written, shape in shapes.items() if date_shapes.PLAIN.fullmatch(shape)},
    }
    assert set(formats.values()) == {WITH_OFFSET, DEFAULT_DATE_FORMAT}

    for date_format in set(formats.values()):
        written = [one for one, own in formats.items() if own == date_format]
        read = warehouse.execute(
            f"select written, strftime({parsed(Dates('written', 'written'), date_format)}, '%H:%M:%S')"
            " from (select unnest($written) as written)",
            {"written": written},
        ).fetchall()
        assert dict(read) == {one: WAYS[one] for one in written}


@pytest.mark.parametrize(
    "written",
    [
        "2024-05-13T10:00:01.123",
        "2024-05-13T10:00:01.123456",
        "2024-05-13t10:00:01",
        "2024-05-13t10:00:01z",
        "2024-05-13T10:00:01z",
    ],
)
def test_a_report_of_one_way_is_read(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, written: str) -> None:
    assert land(warehouse, write(tmp_path / "a.csv", report_of(written, written))).refusal is None
    assert rows(warehouse, OCCURRED) == [AT, AT]


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2024-05-13 10:00:01", SUMMER),
        ("2024-05-13 10:00:01 UTC", AT),
        ("2024-05-13T10:00:01Z", AT),
        ("2024-05-13 10:00:01 Europe/Zurich", SUMMER),
        ("2024-05-13 10:00:01 America/New_York", "2024-05-13 14:00:01"),
        ("2024-05-13T10:00:01+02:00[Europe/Zurich]", SUMMER),
        ("2024-05-13 10:00:01 CEST", SUMMER),
        ("2024-05-13 10:00:01 (PDT)", "2024-05-13 17:00:01"),
        ("2024-05-13 10:00:01 (UTC+3)", "2024-05-13 07:00:01"),
        ("2024-05-13 10:00:01 (Mon)", SUMMER),
        ("2024-05-13 10:00:01 Etc/GMT-3", "2024-05-13 07:00:01"),
        ("2024-05-13 10:00:01 Etc/GMT+5", "2024-05-13 15:00:01"),
        ("2024-05-13 10:00:01 PDT", "2024-05-13 17:00:01"),
        ("2024-05-13 10:00:01.000 -0330", "2024-05-13 13:30:01"),
        ("Mon May 13 2024 10:00:01 GMT+0200 (Central European Summer Time)", SUMMER),
        ("Mon, 13 May 2024 10:00:01 GMT", AT),
        ("5/13/2024 10:00:01 AM EDT", "2024-05-13 14:00:01"),
        ("5/13/2024 10:00:01 AM ET", "2024-05-13 14:00:01"),
        # no seconds before AST
        ("5/13/2024 10:00:01 SAST", "2024-05-13 08:00:01"),
        ("13.05.2024 10:00:01 Sun", SUMMER),
        ("1715594401", AT),
        # long names, as people and Windows write them
        ("2024-05-13 10:00:01 (Eastern Time)", "2024-05-13 14:00:01"),
        ("2024-05-13 10:00:01 U.S. Pacific Time", "2024-05-13 17:00:01"),
        ("2024-05-13 10:00:01 Eastern Time (US & Canada)", "2024-05-13 14:00:01"),
        ("2024-05-13 10:00:01 US Mountain Standard Time", "2024-05-13 17:00:01"),
        ("2024-05-13 10:00:01 Australian Eastern Standard Time", "2024-05-13 00:00:01"),
        ("Mon May 13 2024 10:00:01 GMT-0500 (Eastern Standard Time)", "2024-05-13 15:00:01"),
        # no zone in the text, or one of several meanings: the declared one
        ("45425.4166782407", SUMMER),
        ("2024-05-13 10:00:01 IST", SUMMER),
    ],
)
def test_a_zone_in_the_text_wins_over_the_declared_one_and_shifts_once(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, written: str, time: str
) -> None:
    land(warehouse, write(tmp_path / "a.csv", report_of(written)), ZURICH)

    assert rows(warehouse, OCCURRED) == [time]


@pytest.mark.parametrize("written", ["13.05.2024 8.2", "2024-05-13 8.2"])
def test_a_time_that_may_have_lost_a_zero_is_no_time(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, written: str
) -> None:
    """A spreadsheet may have made 8.2 of 8.20."""
    assert land(warehouse, write(tmp_path / "a.csv", report_of(written))).refusal is not None


def test_zones_may_differ_from_record_to_record(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    dates = ("2024-05-13 10:00:01 CEST", "2024-05-13 10:00:01", "2024-11-13 10:00:01 CET", "2024-10-27 02:30:00")
    land(warehouse, write(tmp_path / "a.csv", report_of(*dates)), ZURICH)

    assert rows(warehouse, OCCURRED) == [SUMMER, SUMMER, "2024-11-13 09:00:01", "2024-10-27 01:30:00"]
    assert rows(warehouse, "select time_flag from raw.activities order by record_number") == [
        None,
        None,
        None,
        "doubled",
    ]


@pytest.mark.parametrize(
    ("fields", "time"),
    [
        ("2024-05-13|10:00:01", AT),
        ("5/13/2024|1:00:01 PM", NEXT),
        ("2024-05-13 00:00:00|10:00:01", AT),
        ("2024-05-13|1899-12-30 10:00:01", AT),
        ("13 May 2024|10:00:01 UTC", AT),
        # a Date that has a time needs no other
        ("2024-05-13 10:00:01|23:00:00", AT),
    ],
)
def test_a_date_and_a_time_in_two_columns_are_joined(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, fields: str, time: str
) -> None:
    text = report_of(fields, header="User ID,Category,Action,Label,Date,Time")
    land(warehouse, write(tmp_path / "a.csv", text))

    assert rows(warehouse, OCCURRED) == [time]
    assert rows(warehouse, "select date from raw.activities") == [fields.split("|")[0]]


@pytest.mark.parametrize(
    ("titles", "fields", "time"),
    [
        ("Time,Date", "10:00:01|2024-05-13", SUMMER),
        ("Activity Date,Activity Time", "5/13/2024|1:00:01 PM", "2024-05-13 11:00:01"),
        ("Event Date,Event Time", "13.05.2024|10:00:01", SUMMER),
        ("Day,Hour", "2024-05-13|10:00:01", SUMMER),
        ("Datum,Uhrzeit", "13.05.2024|10:00:01", SUMMER),
        ("Date,Time", "45425|0.4166782407", SUMMER),
        # the zone of a title, and of a column behind the date
        ("Date (UTC)", "2024-05-13 10:00:01", AT),
        ("Date (UTC),Time (UTC)", "2024-05-13|10:00:01", AT),
        ("Date [America/New_York]", "2024-05-13 10:00:01", "2024-05-13 14:00:01"),
        ("Date (UTC)", "45425.4166782407", AT),
        ("Date (UTC)", "1715594401", AT),
        ("Date (UTC)", "20240513100001", AT),
        ("Date (Eastern Time)", "2024-05-13 10:00:01", "2024-05-13 14:00:01"),
        ("Date (US Central Standard Time)", "2024-05-13 10:00:01", "2024-05-13 15:00:01"),
        ("Date (Mountain Daylight Time)", "2024-01-13 10:00:01", "2024-01-13 16:00:01"),
        ("Date [Pacific Standard Time]", "2024-01-13 10:00:01", "2024-01-13 18:00:01"),
        ("Date (W. Europe Standard Time)", "2024-05-13 10:00:01", SUMMER),
        ("Date,Time Zone", "2024-05-13 10:00:01|Eastern Time", "2024-05-13 14:00:01"),
        # the form of a date
        ("Date (yyyy-MM-dd HH:mm:ss)", "2024-05-13 10:00:01", SUMMER),
        ("Date,Time Zone", "2024-05-13 10:00:01|America/New_York", "2024-05-13 14:00:01"),
        ("Date,Time,Timezone", "2024-05-13|10:00:01|UTC", AT),
        ("Date (Z)", "2024-05-13 10:00:01", AT),
        ("Date,UTC offset", "2024-05-13 10:00:01|-04:00", "2024-05-13 14:00:01"),
        # a zone of the person, and what is no zone
        ("Date,Company,Time Zone", "2024-05-13 10:00:01|x|America/New_York", SUMMER),
        ("Date,Time Zone", "2024-05-13 10:00:01|-18000", SUMMER),
    ],
)
def test_dates_times_and_zones_in_other_columns_are_joined(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, titles: str, fields: str, time: str
) -> None:
    text = report_of(fields, header=f"User ID,Category,Action,Label,{titles}")
    landing = land(warehouse, write(tmp_path / "a.csv", text), ZURICH)

    assert landing.refusal is None
    assert rows(warehouse, OCCURRED) == [time]


@pytest.mark.parametrize(
    ("titles", "fields", "words"),
    [
        ("Date (Swiss time)", (AT,), "title Date (Swiss time) names the zone of its dates as Swiss time, which is not"),
        ("Date (local)", (AT,), "Fix: say which is meant: make build TIME_ZONE=UTC or another, with a name such as"),
        ("Date (heure de Paris)", (AT,), "Fix: say which is meant: make build TIME_ZONE=Europe/Paris or another"),
        ("Date (New York)", (AT,), "Fix: say which is meant: make build TIME_ZONE=America/New_York or another"),
        ("Date (Eastern)", (AT,), "Fix: say which is meant: make build TIME_ZONE=America/New_York or another"),
        ("Date (Zürich)", ("13 May 2024 10:00:01",), "make build TIME_ZONE=Europe/Zurich or another"),
        ("Date,Time (Ortszeit)", ("2024-05-13|10:00:01",), "the title Time (Ortszeit) names"),
        ("Date,Time Zone", (f"{AT}|", f"{AT}|Swiss time"), "the column Time Zone names the zone of its dates as Swiss"),
        ("Date,TZ", (f"{AT}|UTC", f"{AT}|Swiss time"), "the column TZ names the zone of its dates as Swiss time"),
    ],
)
def test_a_zone_that_is_not_known_is_refused_until_one_is_declared(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, titles: str, fields: tuple[str, ...], words: str
) -> None:
    path = write(tmp_path / "a.csv", report_of(*fields, header=f"User ID,Category,Action,Label,{titles}"))

    assert words in (land(warehouse, path).refusal or "")
    landing = land(warehouse, path, Declaration(names_utc=True))
    assert rows(warehouse, OCCURRED) == [AT] * len(fields)
    assert [note.partition("not known. ")[2] for note in landing.notes if "names the zone" in note] == [
        "They were read in UTC, as declared."
    ]


def test_a_known_zone_in_a_column_wins_over_the_declared_one_where_others_are_not_known(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    header = "User ID,Category,Action,Label,Date,Time Zone"
    path = write(tmp_path / "a.csv", report_of(f"{AT}|Eastern Time", f"{AT}|Swiss time", f"{AT}|", header=header))
    land(warehouse, path, ZURICH)

    assert rows(warehouse, OCCURRED) == ["2024-05-13 14:00:01", SUMMER, SUMMER]


@pytest.mark.parametrize(
    ("titles", "fields", "time"),
    [
        ("Date (yyyy-MM-dd HH:mm:ss)", AT, AT),
        ("Date (JJJJ-MM-TT)", AT, AT),
        ("Date [ddmmyyyy hh:mm AM/PM]", AT, AT),
        ("Date (ISO 8601)", AT, AT),
        ("Date (24h)", AT, AT),
        ("Date (required)", AT, AT),
        ("Date (2)", AT, AT),
        ("Date,Zone", f"{AT}|Hall A", AT),
        ("Date,Time Zone", f"{AT}|-18000", AT),
        # dates that say their zone themselves
        ("Date (Swiss time)", "2024-05-13T10:00:01+02:00", SUMMER),
        ("Date (Swiss time)", "1715594401", AT),
        ("Date (Swiss time)", "2024-05-13 10:00:01 CEST", SUMMER),
    ],
)
def test_brackets_without_a_zone_and_dates_with_one_are_read_without_a_word(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, titles: str, fields: str, time: str
) -> None:
    text = report_of(fields, header=f"User ID,Category,Action,Label,{titles}")
    landing = land(warehouse, write(tmp_path / "a.csv", text))

    assert (landing.refusal, list(landing.notes)) == (None, [])
    assert rows(warehouse, OCCURRED) == [time]


def times_of(days: str, form: str) -> tuple[list[str], list[str]]:
    """Two dates of each day in May 2024, as they are written and as they are meant."""
    meant = [datetime(2024, 5, int(day), hour, 5, 1) for day in days.split() for hour in (9, 14)]
    return [f"{time:{form}}" for time in meant], [str(time) for time in meant]


@pytest.mark.parametrize(
    ("days", "form", "date_format", "words"),
    [
        # a year of two digits that comes first
        ("13 14 15", "%y/%m/%d %H:%M:%S", "yy/MM/dd", None),
        ("03 04 05", "%y/%m/%d %I:%M:%S %p", "yy/MM/dd", None),
        ("13 14 15", "%y.%m.%d %H:%M:%S", "yy.MM.dd", None),
        ("03 04 05", "%y.%m.%d %H:%M:%S", "yy.MM.dd", None),
        ("13", "%y/%m/%d %H:%M:%S", "yy/MM/dd", "are of 2024 as yy/MM/dd, of 2013 as dd/MM/yyyy. They were read as yy"),
        # and one that comes last
        ("13 14 15", "%d/%m/%y %H:%M:%S", "dd/MM/yyyy", None),
        ("13", "%d.%m.%y %H:%M:%S", "dd.MM.yyyy", None),
        (
            "25",
            "%d.%m.%y %H:%M:%S",
            "dd.MM.yyyy",
            "of 2024 as dd.MM.yyyy, of 2025 as yy.MM.dd. They were read as dd",
        ),
        # day and month the other way round than nearly everybody writes them
        ("9 10 11 13", "%Y-%d-%m %H:%M:%S", "yyyy-dd-MM", "were read as yyyy-dd-MM, because 2 records can be nothing"),
        (
            "9 10 11 13",
            "%Y.%d.%m. %H:%M:%S",
            "yyyy-dd-MM",
            "make remove with this report, and make build DATE_FORMAT=y",
        ),
        ("9 10 11 13", "%Y/%d/%m %H:%M:%S", "yyyy/dd/MM", "were read as yyyy/dd/MM, because 2 records can be nothing"),
        ("9 10 11 13", "%Y-%d-%mT%H:%M:%SZ", "yyyy-dd-MM", "were read as yyyy-dd-MM, because 2 records can be nothing"),
        ("3 14", "%y.%-m.%-d. %H:%M:%S", "yy.MM.dd", None),
        ("13 14 15", "%d-%m-%Y %I:%M:%S %p", "dd-MM-yyyy", None),
        ("13", "%Y-%d-%m %H:%M:%S", "yyyy-dd-MM", "were read as yyyy-dd-MM, because 2 records can be nothing else"),
        ("9 10 11 13", "%m.%d.%Y %H:%M:%S", "MM.dd.yyyy", "were read as MM.dd.yyyy, because 2 records can be nothing"),
    ],
)
def test_an_order_that_reads_all_dates_close_together_is_taken(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, days: str, form: str, date_format: str, words: str | None
) -> None:
    written, meant = times_of(days, form)
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*written)))

    assert (landing.refusal, landing.landed_count) == (None, len(written))
    assert rows(warehouse, OCCURRED) == meant
    assert rows(warehouse, "select date_format from raw.reports") == [date_format]
    assert [(words or "") in note for note in landing.notes] == ([True] if words else [])


def test_a_late_date_with_the_month_behind_the_day_is_seen(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    written, meant = times_of("5 " * 5001 + "13", "%Y-%d-%m %H:%M:%S")
    land(warehouse, write(tmp_path / "a.csv", report_of(*written)))

    assert rows(warehouse, "select distinct occurred_at::varchar from raw.activities order by 1") == sorted(set(meant))


@pytest.mark.parametrize(
    ("name", "before", "time"),
    [
        ("a.csv", None, "2024-05-25 10:00:01"),
        ("exporter_2025-05-25.csv", None, "2025-05-24 10:00:01"),
        ("exporter_2024-05-26.csv", None, "2024-05-25 10:00:01"),
        ("a.csv", "2025-04-01 10:00:00", "2025-05-24 10:00:01"),
        ("a.csv", "2024-04-01 10:00:00", "2024-05-25 10:00:01"),
    ],
)
def test_the_other_reports_and_the_name_of_the_file_say_which_year_is_meant(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, before: str | None, time: str
) -> None:
    if before is not None:
        land(warehouse, write(tmp_path / "before.csv", report_of(before)))
    landing = land(warehouse, write(tmp_path / name, report_of("25/05/24 10:00:01")))

    assert rows(
        warehouse,
        "select max(occurred_at)::varchar from raw.activities where report_id not in ("
        "select report_id from raw.reports where file_name = 'before.csv')",
    ) == [time]
    assert len(landing.notes) == (name == "a.csv" and before is None)


def test_an_order_that_scatters_the_days_is_not_taken_for_a_few_mistakes(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    dates = [f"2024-05-{day:02} 10:00:01" for day in (5, 6, 7)] + ["2024-13-05 10:00:01"]
    path = write(tmp_path / "a.csv", report_of(*dates))

    assert "DATE_FORMAT=yyyy-MM-dd, which rejects what it does not read, or make build DATE_FORMAT=yyyy-dd-MM" in (
        land(warehouse, path).refusal or ""
    )
    landing = land(warehouse, path, Declaration(date_format="yyyy-MM-dd"))
    assert (landing.landed_count, landing.rejected_count) == (3, 1)


def test_a_declared_order_holds_against_one_that_hardly_anybody_writes(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    written, _ = times_of("9 10 11 13", "%m.%d.%Y %H:%M:%S")
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*written)), Declaration(date_format="dd.MM.yyyy"))

    assert (landing.landed_count, landing.rejected_count) == (6, 2)
    assert any("make remove with this report, and make build DATE_FORMAT=MM.dd.yyyy" in one for one in landing.notes)


@pytest.mark.parametrize(
    ("days", "is_scattered"),
    [("3 4 5 6 7 8", True), ("5 6", True), ("5", False)],
)
@pytest.mark.parametrize(
    ("form", "declared", "other"),
    [
        ("%m/%d/%Y %H:%M:%S", "dd/MM/yyyy", "MM/dd/yyyy"),
        ("%d/%m/%Y %H:%M:%S", "MM/dd/yyyy", "dd/MM/yyyy"),
        ("%d-%m-%y %H:%M:%S", "MM-dd-yyyy", "dd-MM-yyyy"),
    ],
)
def test_an_order_that_was_declared_before_is_asked_again_where_it_scatters_the_days(
    warehouse: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    days: str,
    is_scattered: bool,
    form: str,
    declared: str,
    other: str,
) -> None:
    path = write(tmp_path / "a.csv", report_of(*times_of(days, form)[0]))
    landing = land(warehouse, path, Declaration(remembered_date_format=declared))
    way = f"make build DATE_FORMAT={other} DECLARE=once, or make build DATE_FORMAT={declared}"
    assert (way in (landing.refusal or "")) is is_scattered

    # The user's word for this load holds, and the other reading is said.
    landing = land(warehouse, path, Declaration(date_format=declared))
    assert landing.refusal is None
    if is_scattered:
        assert rows(warehouse, "select date_format from raw.reports") == [declared]
        assert [f"{other} from 2024-05-0" in note for note in landing.notes] == [True]


@pytest.mark.parametrize(
    ("without", "count", "is_said"),
    [("%m/%d/%y %H:%M", 10, True), ("%m/%d/%Y %H:%M", 40, True), ("%m/%d/%Y %H:%M", 9, False), ("%m/%d/%y", 10, False)],
)
@pytest.mark.parametrize("seconds", ["%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p"])
def test_times_without_seconds_among_times_with_them_are_said(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, without: str, count: int, is_said: bool, seconds: str
) -> None:
    """LibreOffice in en_GB saves 03/04/2026 00:12:34 as 03/04/26 00:12, and leaves 03/13/2026 00:19:51."""
    times = [datetime(2024, 5, 13, 10, minute, 7) for minute in range(60)]
    written = [at.strftime(without if n < count else seconds) for n, at in enumerate(times)]
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*written)))

    said = f"{count} of the 60 times in its column Date have no seconds"
    assert (landing.landed_count, [said in note for note in landing.notes if "no seconds" in note]) == (
        60,
        [True] if is_said else [],
    )


def test_times_of_a_program_that_leaves_zeros_away_are_read_without_a_word(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    times = [datetime(2024, 5, 13 + n // 60 // 24, n // 60 % 24, n % 60, n * 7 % 60) for n in range(900)]
    written = [at.isoformat().removesuffix(":00") if at.second == 0 else at.isoformat() for at in times]
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*written)))

    assert (landing.landed_count, landing.notes) == (900, [])


def test_dates_as_the_platform_writes_them_are_read_and_named_where_they_may_be_swapped(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    swapped = [f"2024-{month:02}-03 {hour}:00:01" for month in range(4, 13) for hour in (10, 11)]
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*swapped)))

    assert rows(warehouse, OCCURRED) == swapped
    [note] = landing.notes
    assert "yyyy-dd-MM from 2024-03-04 to 2024-03-12" in note
    assert "a spreadsheet has swapped day and month" in note


def test_an_order_that_was_declared_before_holds_where_it_has_the_days_together(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    written, meant = times_of("3 4 5 6 7 8", "%d/%m/%Y %H:%M:%S")
    path = write(tmp_path / "a.csv", report_of(*written))
    landing = land(warehouse, path, Declaration(remembered_date_format="dd/MM/yyyy"))

    assert (landing.refusal, landing.notes) == (None, [])
    assert rows(warehouse, OCCURRED) == meant


@pytest.mark.parametrize("date_format", ["%H:%M", "yyyy-MM-dd"])
def test_a_declared_format_that_reads_no_date_is_said_once(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, date_format: str
) -> None:
    path = write(tmp_path / "a.csv", report_of("05/03/2024 10:00:01", "06/03/2024 10:00:01"))
    refusal = land(warehouse, path, Declaration(date_format=date_format)).refusal or ""

    assert f"{date_format}, which was declared as its DATE_FORMAT, reads none of its dates, and its column" in refusal
    assert "make build DATE_FORMAT=dd/MM/yyyy or make build DATE_FORMAT=MM/dd/yyyy" in refusal


def test_a_declared_order_gives_way_to_one_that_reads_more(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    written, meant = times_of("9 10 11 13", "%m/%d/%Y %H:%M:%S")
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*written)), Declaration(date_format="dd/MM/yyyy"))

    assert rows(warehouse, OCCURRED) == meant
    assert "its dates are written as MM/dd/yyyy, and not all of them as dd/MM/yyyy, which was declared." in (
        landing.notes
    )


@pytest.mark.parametrize(
    ("date_format", "time"), [("epoch", "2011-05-12 22:55:05"), ("%d%m%y%H%M", "2024-05-13 09:05:00")]
)
def test_a_number_of_two_readings_is_read_as_declared(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, date_format: str, time: str
) -> None:
    path = write(tmp_path / "a.csv", report_of("1305240905"))

    assert f"make build DATE_FORMAT={date_format}".replace("=%", "='%") in (land(warehouse, path).refusal or "")
    land(warehouse, path, Declaration(date_format=date_format))
    assert rows(warehouse, OCCURRED) == [time]


FUTURE = datetime.now(UTC).date() + timedelta(days=3)


@pytest.mark.parametrize(
    ("written", "words", "declared"),
    [
        ("1985-03-01 00:00:00", "make build MIN_DATE=1985-03-01", Declaration(min_date=date(1985, 3, 1))),
        # Dates that programs write for none: no command is offered that would load them.
        ("1970-01-01 00:00:00", "Fix: correct it, or delete the record.", None),
        ("0024-05-13 10:00:01", "Fix: correct it, or delete the record.", None),
        ("1904-01-01 00:00:00", "Fix: correct it, or delete the record.", None),
        ("9999-12-31 23:59:59", "Fix: correct it, or delete the record.", None),
        (f"{FUTURE} 00:00:00", f"make build MAX_DATE={FUTURE}", Declaration(max_date=FUTURE)),
        ("2567-05-13 10:00:01", "of the Buddhist calendar", None),
    ],
)
def test_an_impossible_date_is_rejected_alone_and_the_offered_command_loads_it(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, written: str, words: str, declared: Declaration | None
) -> None:
    path = write(tmp_path / "a.csv", report_of(written, AT))
    landing = land(warehouse, path)

    assert rows(warehouse, OCCURRED) == [AT]
    [rejected] = landing.examples
    assert (rejected.record_number, rejected.column_name, rejected.value) == (1, "Date", written)
    assert words in rejected.reason
    if declared is not None:
        path.write_text(path.read_text() + "\n")
        assert land(warehouse, path, declared).landed_count == 2


@pytest.mark.parametrize("written", ["1999-12-31 10:00:00", f"{datetime.now(UTC).date() + timedelta(days=1)} 23:59:59"])
def test_an_old_record_and_one_of_tomorrow_are_loaded(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, written: str
) -> None:
    assert land(warehouse, write(tmp_path / "a.csv", report_of(written, AT))).landed_count == 2


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (["13/05/2567 10:00:01"], "are of the Buddhist calendar"),
        (
            ["13/05/67"],
            "have years of two digits, such as '13/05/67': 2067 is impossible, and 67 may be 2567 of the Bud",
        ),
        (
            ["13/05/69 10:00:01"],
            "1969 is impossible, and 69 may be 2569 of the Buddhist calendar, which is 2026. Fix: l",
        ),
        (["1445-11-05 10:00:01"], "are of the Islamic calendar"),
        (["1403/02/24 10:00"], "are of the Persian calendar"),
        (["R6/5/13 10:00"], "are of the Japanese calendar"),
        (["113/05/13 10:00"], "are of the Minguo calendar"),
        (["5784-09-05 10:00"], "are of the Hebrew calendar"),
        (["2099-01-01 10:00:00", "2099-01-02 10:00:00"], "are in the future"),
        (["1970-01-01 00:00:00"], "lie before 1990-01-01, such as '1970-01-01 00:00:00': the platform was not there"),
        (["1985-03-01 00:00:00", "1986-03-01 00:00:00"], "if the dates are right, make build MIN_DATE=1985-03-01"),
        (["00:01.0"], "times without a day"),
        (["########"], "too narrow"),
        (["1.71559E+12"], "a spreadsheet has shortened"),
        (["2405130905"], "make build DATE_FORMAT='%y%m%d%H%M', which reads it as 2024-05-13 09:05:00"),
        (["130520240905"], "make build DATE_FORMAT='%d%m%Y%H%M', which reads it as 2024-05-13 09:05:00"),
        (["240513090501"], "make build DATE_FORMAT='%y%m%d%H%M%S', which reads it as 2024-05-13 09:05:01"),
        (["1705240905"], "DATE_FORMAT=epoch, which reads it as 2024-01-14 14:01:45, or make build DATE_FORMAT='%y%m"),
        (["26-05-24 10:00"], "make build DATE_FORMAT=dd-MM-yyyy or make build DATE_FORMAT=yy-MM-dd"),
        (["05/06/2024 10:00"], "make build DATE_FORMAT=dd/MM/yyyy or make build DATE_FORMAT=MM/dd/yyyy"),
        (
            ["2024-05-13 10:00:01 IST"],
            "zone IST, which may be several. Fix: say which is meant: make build TIME_ZONE=Asia/K",
        ),
        (["2024-05-13 10:00:01 cst"], "make build TIME_ZONE=America/Chicago or make build TIME_ZONE=Asia/Shanghai or"),
        (
            ["2024-05-13 10:00:01 BST"],
            "make build TIME_ZONE=Europe/London or make build TIME_ZONE=Asia/Dhaka or another",
        ),
        (["2024-05-13 10:00:01 (Swiss time)"], "holds no date that is known"),
        (["2024-05-13 10:00:01 Central Standard Time (Mexico)"], "holds no date that is known"),
        (["yesterday"], "holds no date that is known"),
        # A format that reads them all is offered, whatever stands between the numbers.
        (["2024:05:13 10:00:01"], "make build DATE_FORMAT='%Y:%m:%d %H:%M:%S', which reads it as 2024-05-13 10:00:01"),
        (["13.5.2024 ob 14.00.01"], "make build DATE_FORMAT='%d.%m.%Y ob %H.%M.%S', which reads it as 2024-05-13"),
        (["5.6.2024 ob 14.00.01"], "as 2024-06-05 14:00:01, or make build DATE_FORMAT='%m.%d.%Y ob %H.%M.%S'"),
        # a word that may mean the afternoon, or on in Portuguese
        (["10:00:01 em 13/05/2024", "11:00:01 em 13/05/2024"], "holds no date that is known"),
        (["13.5.2024 ob 2.00.01"], "No hour is after 12, so a word in it may mean AM or PM"),
        (["5.6.2024 ob 10.00.01", "13.6.2024 ob 14.00.01"], "as 2024-06-05 10:00:01"),
        (["13MAY2024:10:00:01"], "make build DATE_FORMAT='%d%b%Y:%H:%M:%S', which reads it as 2024-05-13 10:00:01"),
        (["13/June/2024:10:00:01 +0200"], "DATE_FORMAT='%d/%B/%Y:%H:%M:%S %z', which reads it as 2024-06-13 08:00:01"),
        (["2024-134T10:00:01"], "make build DATE_FORMAT='%Y-%jT%H:%M:%S', which reads it as 2024-05-13 10:00:01"),
        (["2024:05:13 01:00:01.5 PM"], "make build DATE_FORMAT='%Y:%m:%d %I:%M:%S.%f %p', which reads it as 2024"),
        # but none that takes a part for another
        (["2024-05-01 24:00:00"], "see which forms are known"),
        (["2024:05:13 10:00:01:12"], "see which forms are known"),
        # and none that passes over a zone
        (["2024:05:13 10:00:01 Swiss"], "see which forms are known"),
        (["2024:05:13 10:00:01 Z"], "see which forms are known"),
    ],
)
def test_what_cannot_be_read_is_refused_by_what_it_is(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, dates: list[str], words: str
) -> None:
    path = write(tmp_path / "a.csv", report_of(*dates))
    refusal = land(warehouse, path).refusal or ""

    assert words in refusal
    assert "Fix:" in refusal and "--date-format" not in refusal
    for offered in re.findall(r"DATE_FORMAT='?([^',]+?)'?(?=,| or |$)", refusal):
        assert land(warehouse, path, Declaration(date_format=offered)).landed_count == len(dates)
        [(report_id,)] = warehouse.execute("select report_id from raw.reports").fetchall()
        delete_reports(warehouse, [report_id])


def test_a_declaration_that_reads_no_date_gives_way_to_the_form_that_is_found(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", report_of("5/13/2024 10:00:01"))
    landing = land(warehouse, path, Declaration(date_format="dd.MM.yyyy"))

    assert landing.landed_count == 1
    assert "its dates are written as MM/dd/yyyy, and not all of them as dd.MM.yyyy, which was declared." in (
        landing.notes
    )


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (["2024-05-13", "2024-05-14"], "every time is midnight"),
        (["13.05.2024"], "every time is midnight"),
        (["45425", "45426"], "every time is midnight"),
        ([f"2024-05-{day} 00:00:00" for day in range(10, 16)], "every time is midnight"),
        ([f"2024-05-{day}T00:00:00.000Z" for day in range(10, 16)], "every time is midnight"),
        # midnight of another zone, noon
        ([f"2024-05-{day}T02:00:00+02:00" for day in range(10, 16)], "every time is 02:00:00"),
        ([f"2024-05-{day} 12:00:00" for day in range(10, 16)], "every time is 12:00:00"),
        (["2024-05-13 12:00:00"] * 6, "every time is 12:00:00"),
        (["2024-05-13 11:30:00"] * 6, None),
        ([f"2024-05-13 10:{minute}:00" for minute in range(10, 22)], "ends in :00"),
        ([f"13.05.2024 10:{minute}" for minute in range(10, 22)], "ends in :00"),
        ([f"5/13/2024 10:{minute} AM" for minute in range(10, 22)], "ends in :00"),
        ([f"2024-05-13 10:{minute}:01" for minute in range(10, 22)], None),
        # digits of other scripts say when it was, too
        ([f"٢٠٢٤-٠٥-١{day} ١٠:٠٠:٠{day}" for day in "١٢٣٤٥٦"], None),
        ([f"２０２４-05-1{day} 12:00:00" for day in range(1, 7)], "every time is 12:00:00"),
        ([AT, "2024-05-13 00:00:00"], None),
        # numbers of days with few decimals
        (["45425.4166782407", "45425.5"], None),
        (["45425.41668"], None),
        (["45425.4167", "45425.5"], "a time may be 9 seconds off"),
        (["45425,417"], "a time may be 87 seconds off"),
        (["45425.42"], "a time may be 15 minutes off"),
        (["45425.5", "45425.375"], None),
    ],
)
def test_times_that_tell_less_than_they_should_are_said(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, dates: list[str], words: str | None
) -> None:
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*dates)))

    assert landing.landed_count == len(dates)
    assert [(words or "") in note for note in landing.notes] == ([True] if words else [])


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["14.05.2024"], "1 of its records has a day and no time of the day"),
        (["14.05.2024", "05.14.2024", "15.05.2024"], "2 of its records have a day and no time of the day"),
        (["31.31.2024"], None),
        (["05.14.2024"], None),
        (["14.05.2124"], None),
        (["01.01.1900"], None),
    ],
)
def test_days_without_a_time_are_counted_if_they_land(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, days: list[str], words: str | None
) -> None:
    dates = [f"13.05.2024 10:{minute}:01" for minute in range(10, 22)]
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*dates, *days)))

    assert [(words or "") in note for note in landing.notes] == ([True] if words else [])


@pytest.mark.parametrize(
    ("dates", "form"),
    [
        (["1715594401", "1715594402"], "epoch"),
        (["1715594401123", "1715594402456"], "epoch"),
        (["1715594401123456", "1715594402456789"], "epoch"),
        (["1715594401.5", "1715594402"], "epoch"),
        (["45425.4166782407", "45426.5"], "spreadsheet days"),
        (["13 May 2024 10:00:01", "14 May 2024 10:00:02"], "month by name"),
        (["Mon May 13 2024 10:00:01", "2024-05-14 10:00:01", "Tue May 14 2024 10:00:02"], "month by name"),
        (["20240513100001", "20240514100002"], "yyyyMMdd"),
        (["20240513T100001Z"], "yyyyMMdd"),
        (["2024-05-13 10:00:01 AM", "2024-05-14 10:00:02 PM"], "yyyy-MM-dd"),
        ([AT, "1715594401", AT], "yyyy-MM-dd"),
    ],
)
def test_a_form_that_is_brought_into_the_usual_one_has_its_name_and_is_read_again_by_it(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, dates: list[str], form: str
) -> None:
    path = write(tmp_path / "a.csv", report_of(*dates))
    found = []
    for declaration in (Declaration(), Declaration(date_format=form)):
        landing = land(warehouse, path, declaration)
        assert (landing.landed_count, "which was declared" in str(landing.notes)) == (len(dates), False)
        assert rows(warehouse, "select date_format from raw.reports") == [form]
        found.append(rows(warehouse, OCCURRED))
        delete_reports(warehouse, rows(warehouse, "select report_id from raw.reports"))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("dates", "landed"),
    [
        # of 12 hours, and AM at an hour that has none
        (["13 May 2024 14:00 AM", "13 May 2024 9:00 AM", "13 May 2024 9:00 PM"], ["09:00", "21:00"]),
        (["2024/5/13 晚上12:00", "2024/5/13 下午1:00"], ["13:00"]),
        # of 24 hours, with a word that is none of the halves of a day
        (["13 May 2024 14:00 AM", "13 May 2024 12:30 AM"], ["14:00", "12:30"]),
        (["13.04.2024 14:00 Sa", "13.04.2024 12:30 Sa"], ["14:00", "12:30"]),
    ],
)
def test_am_at_an_hour_after_noon_is_no_am(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, dates: list[str], landed: list[str]
) -> None:
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*dates)))

    assert [time[11:16] for time in rows(warehouse, OCCURRED)] == landed
    assert landing.rejected_count == len(dates) - len(landed)
    assert any("AM, or a word that looks like it" in note for note in landing.notes) is (landing.rejected_count == 0)


@pytest.mark.parametrize(
    ("dates", "zone", "flags", "words"),
    [
        (["2024-03-31 02:30:00", AT], "Europe/Zurich", ["nonexistent", None], "1 record has a time that the clocks"),
        (
            ["2024-10-27 02:30:00", "2024-10-27 02:30:01"],
            "Europe/Zurich",
            ["doubled"] * 2,
            "2 records have a time that",
        ),
        (["2024-10-27 04:30:00", AT], "Europe/Zurich", [None, None], None),
        (["2024-10-27 02:30:00", AT], "UTC", [None, None], None),
        # a zone in the text
        (
            ["2024-10-27 02:30:00 Europe/Zurich", AT],
            "UTC",
            ["doubled", None],
            "1 record has a time that the clocks sho",
        ),
        (["2024-03-31 02:30:00 Europe/Zurich"], "America/New_York", ["nonexistent"], "when summer time began"),
        (["2024-10-27 02:30:00 CEST", "2024-10-27 02:30:00 America/New_York"], "Europe/Zurich", [None, None], None),
    ],
)
def test_times_that_the_clocks_skipped_or_showed_twice_are_flagged_and_counted(
    warehouse: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    dates: list[str],
    zone: str,
    flags: list[str | None],
    words: str | None,
) -> None:
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*dates)), Declaration(time_zone=zone))

    assert rows(warehouse, "select time_flag from raw.activities order by record_number") == flags
    assert [(words or "") in note for note in landing.notes] == ([True] if words else [])


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (Declaration(max_date=date(2024, 5, 12)), "lie after MAX_DATE=2024-05-12, which was given"),
        (Declaration(min_date=date(2024, 5, 14)), "lie before MIN_DATE=2024-05-14, which was given"),
    ],
)
def test_a_date_that_the_user_made_impossible_names_the_setting(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, declared: Declaration, words: str
) -> None:
    refusal = land(warehouse, write(tmp_path / "a.csv", report_of(AT)), declared).refusal or ""
    assert words in refusal and "clock" not in refusal and "platform" not in refusal

    other = "2024-05-12 10:00:01" if "MAX" in words else "2024-05-14 10:00:01"
    [rejected] = land(warehouse, write(tmp_path / "b.csv", report_of(AT, other)), declared).examples
    assert f"it {words.split(',')[0].replace('lie', 'lies')}." in rejected.reason


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Given(time_zone="Zurich"), "'Zurich' is no IANA time zone. Fix: TIME_ZONE=Europe/Zurich"),
        (Given(time_zone="utc"), "Fix: TIME_ZONE=UTC"),
        (Given(time_zone="new york"), "Fix: TIME_ZONE=America/New_York"),
        (Given(time_zone="BST"), "'BST' may be several zones. Fix: TIME_ZONE=Europe/London or TIME_ZONE=Asia/Dhaka"),
        (Given(date_format="DD/MM/YYYY"), "'DD/MM/YYYY' is no format of dates. Fix: DATE_FORMAT=dd/MM/yyyy"),
        (Given(date_format="nonsense"), "'nonsense' is none of yyyy-MM-dd"),
        (Given(date_format="TT.MM.JJJJ"), "Fix: DATE_FORMAT=dd.MM.yyyy"),
        (Given(date_format="jj/mm/aaaa HH:mm"), "Fix: DATE_FORMAT=dd/MM/yyyy"),
        (Given(date_format="m/d/Y"), "Fix: DATE_FORMAT=MM/dd/yyyy"),
        (Given(date_format="YY-MM-DD"), "Fix: DATE_FORMAT=yy-MM-dd"),
    ],
)
def test_a_misspelled_setting_is_repeated_with_the_right_spelling(given: Given, words: str) -> None:
    with pytest.raises(typer.BadParameter) as error:
        checked(given)
    assert words in error.value.message


@pytest.mark.parametrize(
    ("time_zone", "words"),
    [("EST", "5 hours behind UTC on every day"), ("Etc/GMT-2", "2 hours ahead of UTC"), ("Europe/Zurich", None)],
)
def test_a_zone_without_summer_time_is_said(
    warehouse: duckdb.DuckDBPyConnection, time_zone: str, words: str | None
) -> None:
    prepare_raw(warehouse)
    _, said = declaration_of(warehouse, Given(time_zone=time_zone), [])
    assert [(words or "") in line for line in said] == ([True] if words else [])


HALF_DAYS = [
    f"2024-05-{day} {hour:02}:{minute:02}:01"
    for day in (13, 14)
    for hour, minute in (
        (8, 15),
        (9, 20),
        (10, 0) if day == 13 else (10, 30),
        (11, 59),
        (12, 40),
        (1, 10),
        (2, 5),
        (5, 15),
    )
]
AFTERNOONS = [re.sub(r" 0(1|2|5):", lambda found: f" {int(found[1]) + 12}:", written) for written in HALF_DAYS]


@pytest.mark.parametrize(
    ("dates", "record"),
    [
        (HALF_DAYS, 6),
        (HALF_DAYS[::-1], 4),
        ([f"{written[8:10]}.05.2024 {written[11:16]}" for written in HALF_DAYS], 6),
        ([f"5/{written[8:10]}/2024 {written[11:]}" for written in HALF_DAYS], 6),
        ([f"{written.replace(' ', 'T')}Z" for written in HALF_DAYS], 6),
        # few records, hours of a whole day, another order of records
        (HALF_DAYS[:8], None),
        (AFTERNOONS, None),
        ([*HALF_DAYS, "2024-05-15 00:10:01"], None),
        ([*HALF_DAYS, "2024-05-15 13:10:01"], None),
        ([f"13.05.2024 {written[11:16]}" for written in AFTERNOONS], None),
        (sorted(HALF_DAYS), None),
        ([*HALF_DAYS, "2024-05-14 03:10:01"], None),
        ([*HALF_DAYS, "2024-05-13 10:10:01"], None),
        ([f"2024-05-{day} {time}:01" for day in range(10, 15) for time in ("01:10", "12:40")], None),
        ([f"5/13/2024 {written[11:]} {'AM' if 7 < int(written[11:13]) < 12 else 'PM'}" for written in HALF_DAYS], None),
    ],
)
def test_a_clock_of_12_hours_without_am_and_pm_is_said(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, dates: list[str], record: int | None
) -> None:
    landing = land(warehouse, write(tmp_path / "a.csv", report_of(*dates)))

    assert landing.landed_count == len(dates)
    found = [re.findall("at record ([0-9]+): a 12-hour clock", note) for note in landing.notes]
    assert [int(number) for numbers in found for number in numbers] == ([record] if record else [])


def test_one_late_record_makes_no_download_reach_further(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    days = [f"2019-05-{day} 10:00:01" for day in range(10, 20)]
    land(warehouse, write(tmp_path / "a.csv", report_of(*days, AT)))

    assert rows(warehouse, "select usual_last_occurred_at::varchar, last_occurred_at::varchar from raw.reports") == [
        (days[-1], AT)
    ]
