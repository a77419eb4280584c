"""What the macros of the engines give for some rows: values written by hand, the same for DuckDB and for Spark."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TEXT = {"value": "string"}


@dataclass(frozen=True)
class Case:
    """Rows, a query over them that calls a macro, and what it answers.

    Attributes:
        macro: the macro that it is about; of hash_key and local_date the one that they dispatch.
        query: in Jinja; the rows are in the table ``given``, numbered from 0 in ``n``. An expression alone is asked of
            each row, in their order.
        columns: the names and types of the columns of the rows.
        rows: the rows; times and numbers with a fraction as texts, which become what their column is.
        expected: the rows of the answer; of an expression the one value of each. Times and such numbers as texts.
        variables: the variables of the project.
    """

    macro: str
    query: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[Any]]
    expected: Sequence[Any]
    variables: Mapping[str, Any] = field(default_factory=lambda: {"reporting_time_zone": "UTC"})


def by_value(macro: str, expression: str, values: Mapping[str | None, Any], data_type: str = "string") -> Case:
    """A case where an expression is asked of one value at a time."""
    rows = [[value] for value in values]
    return Case(macro, expression, {"value": data_type}, rows, list(values.values()))


def key_of(text: str) -> int:
    """The key of a text: the last eight bytes of its MD5, the smallest first, without their lowest bit."""
    return int.from_bytes(hashlib.md5(text.encode()).digest()[8:], "little") >> 1


CASES = [
    by_value(
        "cleaned",
        "{{ cleaned('value') }}",
        {
            "  a b \t\r\n": "a b",
            "": None,
            " \t\n": None,
            None: None,
            "\N{NO-BREAK SPACE}a": "a",
            "a\v": "a",
            "'\\t": "'\\t",
            "\ufeffa\u200b\u3000": "a",
            "a\u200bb": "a\u200bb",
            "NULL": "NULL",
            "\N{BLACK FLAG}\U000e0067\U000e007f": "\N{BLACK FLAG}\U000e0067\U000e007f",
        },
    ),
    by_value(
        "cleaned_id",
        "{{ cleaned_id('value') }}",
        {
            "7001": "7001",
            "007001": "007001",
            " 7001\u00a0": "7001",
            "\ufeff7001": "7001",
            "70\u200b01": "7001",
            "\u200b 7001 \u200b": "7001",
            "\ufeff\u00a07001\u00ad ": "7001",
            "a b": "a b",
            "aB": "aB",
            "7001.0": "7001.0",
            "NULL": None,
            "null\u00a0": None,
            "\\N": None,
            "NaN": None,
            "undefined": None,
            "—": None,
            "<nil>": None,
            "#REF!": None,
            "#N/A": None,
            "#NV": None,
            "#Н/Д": None,
            "#¡VALOR!": None,
            "#¿Nombre?": None,
            "(Leer)": None,
            "(not set)": None,
            "(En blanco)": None,
            "n.a.": None,
            "nxa.": "nxa.",
            "#NVX": "#NVX",
            "#NAME?": None,
            "#NAME": "#NAME",
            "#DIV/0!": None,
            "Nullable": "Nullable",
            "": None,
            None: None,
        },
    ),
    by_value(
        "cleaned_field",
        "{{ cleaned_field('value') }}",
        {"NULL": None, " None ": None, "a\u200bb\u00a0": "a\u200bb", "A talk on null": "A talk on null", None: None},
    ),
    by_value("unless_null", "{{ unless_null('value') }}", {"\\n": None, "\\\\n": "\\\\n", "n": "n", None: None}),
    by_value(
        "trimmed",
        "{{ trimmed('value') }}",
        {
            " a b ": "a b",
            "\N{NO-BREAK SPACE}\N{EM SPACE}a\N{IDEOGRAPHIC SPACE}": "a",
            "\ta\n": "\ta\n",
            " ": "",
            None: None,
        },
    ),
    by_value(
        "lowered",
        "{{ lowered('value') }}",
        {"ÀB": "àb", "ΟΔΟΣ": "οδοσ", "οδος": "οδος", "İx": "ix", "ẞ": "ß", "": "", None: None},
    ),
    by_value(
        "try_cast",
        "{{ try_cast('value', 'integer') }}",
        {
            "5": 5,
            " 5 ": 5,
            "+5": 5,
            "-18000": -18000,
            "3600.0": 3600,
            "1.5": 2,
            "2.5": 3,
            "-2.5": -3,
            "1e3": 1000,
            "2147483647": 2147483647,
            "2147483648": None,
            "1,5": None,
            "5 stars": None,
            ".": None,
            "": None,
            None: None,
        },
    ),
    by_value(
        "try_cast",
        "{{ try_cast('value', 'decimal(10, 2)') }}",
        {".5": "0.50", "1.005": "1.01", "99999999.99": "99999999.99", "100000000": None, "x": None, None: None},
    ),
    by_value(
        "try_cast",
        "{{ try_cast('value', 'timestamp') }}",
        {
            "2026-05-12": "2026-05-12 00:00:00",
            "2026-5-2 1:2:3": "2026-05-02 01:02:03",
            "2026/05/12 10:00": "2026-05-12 10:00:00",
            "2026-05-12T10:00:00.25": "2026-05-12 10:00:00.250000",
            " 2026-05-12  10:00:00 ": "2026-05-12 10:00:00",
            "2026-05-12 10:00:00 UTC": "2026-05-12 10:00:00",
            "2026-05-12 10:00:00+02:00": "2026-05-12 10:00:00",
            "2026-02-30": None,
            "2026-05-12 25:00:00": None,
            "2026-05-12 10:60:00": None,
            "2026-05-12 10": None,
            "2026-05/12": None,
            "2026-05-12 10:00:00+": None,
            "2026": None,
            "2026-05": None,
            "10:00:00": None,
            "12.05.2026": None,
            "1778580000": None,
            "today": None,
            "": None,
            None: None,
        },
    ),
    Case(
        "try_utc",
        "{{ try_utc('value', 'zone') }}",
        {"value": "string", "zone": "string"},
        [
            ["2026-05-12 10:00:00", "UTC"],
            ["2026-05-12 10:00:00", "Europe/Zurich"],
            ["2026-05-12 10:00:00Z", "Europe/Zurich"],
            ["2026-05-12T10:00:00.5+02:00", "America/New_York"],
            ["2026-05-12 10:00:00-0230", "Europe/Zurich"],
            ["2026-05-12 10:00:00+05", "Europe/Zurich"],
            ["2026-05-12 10:00:00+2:00", "Europe/Zurich"],
            ["2026-05-12 10:00:00 +02:00", "UTC"],
            ["2026-05-12", "Asia/Kolkata"],
            ["1900-01-01", "UTC"],
            ["never", "UTC"],
            ["2026-05-12 10:00:00", None],
            [None, "UTC"],
        ],
        [
            "2026-05-12 10:00:00",
            "2026-05-12 08:00:00",
            "2026-05-12 10:00:00",
            "2026-05-12 08:00:00.500000",
            "2026-05-12 12:30:00",
            "2026-05-12 05:00:00",
            None,
            "2026-05-12 10:00:00",
            "2026-05-11 18:30:00",
            "1900-01-01 00:00:00",
            None,
            None,
            None,
        ],
    ),
    Case(
        "not_materialized",
        "with one as {{ not_materialized() }} (select 1 as a) select a from one",
        TEXT,
        [["x"]],
        [[1]],
    ),
    by_value(
        "regex_group",
        "{{ regex_group('value', breakout_pattern(), 2) }}",
        {
            "Breakout from Keynote #7a": "7a",
            "BREAKOUT FROM A # B [#9]": "9",
            "breakout from two\nlines #1": "1",
            "brea\N{KELVIN SIGN}out from Keynote #7": "7",
            "Breakout from Keynote #7\n": None,
            "Breakout from Keynote": None,
            "": None,
            None: None,
        },
    ),
    by_value(
        "regex_group",
        "{{ regex_group('value', '^(a.c)(x)?$') }}",
        {
            "abc": "abc",
            "a\rc": "a\rc",
            "a\N{LINE SEPARATOR}c": "a\N{LINE SEPARATOR}c",
            "a\N{GRINNING FACE}c": "a\N{GRINNING FACE}c",
            "a\nc": None,
        },
    ),
    by_value("regex_group", "{{ regex_group('value', '^(a.c)(x)?$', 2) }}", {"abcx": "x", "abc": None}),
    by_value(
        "regex_group",
        r"{{ regex_group('value', '[\\p{L}\\p{N}]+', 0) }}",
        {"«Zoë5»": "Zoë5", "\\'": None, "日本": "日本"},
    ),
    by_value(
        "half_md5",
        "{{ hash_key(['value', 'n']) }}",
        {
            "abc": key_of("abc\x1f0"),
            "": key_of("\x1f1"),
            None: key_of("\x1e\x1f2"),
            "Zoë": key_of("Zoë\x1f3"),
            "it's \\ \n": key_of("it's \\ \n\x1f4"),
        },
    ),
    Case(
        "half_md5",
        "{{ hash_key(['moment', 'flag', 'number']) }}",
        {"moment": "timestamp", "flag": "boolean", "number": "decimal(10,2)"},
        [["2026-05-12 10:00:00", True, "4"], ["2026-05-12 10:00:00.5", False, "-0.5"]],
        [key_of("2026-05-12 10:00:00\x1ftrue\x1f4.00"), key_of("2026-05-12 10:00:00.5\x1ffalse\x1f-0.50")],
    ),
    by_value(
        "date_in_zone",
        "{{ local_date('value') }}",
        {"2026-05-12 23:59:59": "2026-05-12", "2026-05-13 00:00:00": "2026-05-13", None: None},
        "timestamp",
    ),
    Case(
        "date_in_zone",
        "{{ local_date('value') }}",
        {"value": "timestamp"},
        [["2026-01-31 10:59:59"], ["2026-01-31 11:00:00"], ["2026-07-31 11:59:59"], ["2026-07-31 12:00:00"], [None]],
        ["2026-01-31", "2026-02-01", "2026-07-31", "2026-08-01", None],
        {"reporting_time_zone": "Pacific/Auckland"},
    ),
    Case(
        "to_utc",
        "{{ to_utc('local', 'zone') }}",
        {"local": "timestamp", "zone": "string"},
        [
            ["2026-01-01 12:00:00", "Europe/Zurich"],
            ["2026-07-01 12:00:00.5", "Europe/Zurich"],
            ["2026-03-29 01:59:59", "Europe/Zurich"],
            ["2026-03-29 02:30:00", "Europe/Zurich"],
            ["2026-03-29 03:00:00", "Europe/Zurich"],
            ["2026-10-25 01:59:59", "Europe/Zurich"],
            ["2026-10-25 02:00:00", "Europe/Zurich"],
            ["2026-10-25 02:59:59", "Europe/Zurich"],
            ["2026-10-25 03:00:00", "Europe/Zurich"],
            ["2026-11-01 01:30:00", "America/New_York"],
            ["2026-04-05 01:45:00", "Australia/Lord_Howe"],
            ["2026-10-04 02:15:00", "Australia/Lord_Howe"],
            ["2026-05-12 10:00:00", "UTC"],
            ["2026-05-12 10:00:00", None],
            [None, "UTC"],
        ],
        [
            "2026-01-01 11:00:00",
            "2026-07-01 10:00:00.500000",
            "2026-03-29 00:59:59",
            "2026-03-29 01:30:00",
            "2026-03-29 01:00:00",
            "2026-10-24 23:59:59",
            "2026-10-25 01:00:00",
            "2026-10-25 01:59:59",
            "2026-10-25 02:00:00",
            "2026-11-01 06:30:00",
            "2026-04-04 15:15:00",
            "2026-10-03 15:45:00",
            "2026-05-12 10:00:00",
            None,
            None,
        ],
    ),
    Case(
        "seconds_between",
        "{{ seconds_between('earlier', 'later') }}",
        {"earlier": "timestamp", "later": "timestamp"},
        [
            ["2026-03-28 12:00:00", "2026-03-29 12:00:00"],
            ["2026-05-12 10:00:00.9", "2026-05-12 10:00:01.1"],
            ["2026-05-12 10:00:01", "2026-05-12 10:00:00"],
            ["2026-05-12 10:00:00", "2026-05-12 10:00:00"],
            [None, "2026-05-12 10:00:00"],
        ],
        [86400, 1, -1, 0, None],
    ),
    by_value(
        "add_minutes",
        "{{ add_minutes('value', -90) }}",
        {"2026-05-12 01:00:00": "2026-05-11 23:30:00", None: None},
        "timestamp",
    ),
    Case(
        "add_seconds",
        "{{ add_seconds('moment', '- seconds') }}",
        {"moment": "timestamp", "seconds": "bigint"},
        [["2026-05-12 00:00:01", 2], ["2026-05-12 00:00:01.5", -86400], ["2026-05-12 00:00:01", None], [None, 1]],
        ["2026-05-11 23:59:59", "2026-05-13 00:00:01.500000", None, None],
    ),
    Case(
        "date_spine",
        "with days as ({{ date_spine('(select min(day) from given)', '(select max(day) from given)') }})"
        " select calendar_date from days order by 1",
        {"day": "date"},
        [["2026-03-01"], [None], ["2026-02-27"]],
        [["2026-02-27"], ["2026-02-28"], ["2026-03-01"]],
    ),
    Case(
        "date_spine",
        "{{ date_spine('(select day from given)', '(select day from given)') }}",
        {"day": "date"},
        [[None]],
        [],
    ),
    Case(
        "minute_spine",
        "with minutes as ({{ minute_spine('given', ['n'], 'since', 'until') }} where n < 9)"
        " select * from minutes order by 1, 2",
        {"since": "timestamp", "until": "timestamp"},
        [
            ["2026-05-12 10:00:30", "2026-05-12 10:02:00"],
            ["2026-05-12 10:00:10", "2026-05-12 10:00:20"],
            ["2026-05-12 10:00:10", None],
        ],
        [
            [0, "2026-05-12 10:00:00"],
            [0, "2026-05-12 10:01:00"],
            [0, "2026-05-12 10:02:00"],
            [1, "2026-05-12 10:00:00"],
        ],
    ),
    Case(
        "newest",
        "select who, {{ newest('value', ['day', 'hour']) }} as value from given group by who order by who",
        {"who": "string", "day": "bigint", "hour": "bigint", "value": "string"},
        [
            *(["a", 1, 9, "old"], ["a", 2, 1, "B"], ["a", 2, 1, "a"], ["a", 3, 1, None]),
            *(["b", 1, 1, None], ["c", 10, 1, "ten"], ["c", 9, 9, "nine"]),
        ],
        [["a", "a"], ["b", None], ["c", "ten"]],
    ),
    Case(
        "last_known",
        "select {{ last_known('value') }} over (order by n rows between unbounded preceding and 1 preceding) as value"
        " from given order by n",
        TEXT,
        [[None], ["a"], [None], ["b"], ["c"]],
        [[None], [None], ["a"], ["a"], ["b"]],
    ),
    Case(
        "next_known",
        "select {{ next_known('value') }} over (order by n rows between current row and unbounded following) as value"
        " from given order by n",
        TEXT,
        [[None], ["a"], [None], ["b"], [None]],
        [["a"], ["a"], ["b"], ["b"], [None]],
    ),
    *(
        Case(
            "quantile",
            "select who, {{ quantile('moment', " + share + ") }} as moment from given group by who order by who",
            {"who": "string", "moment": "timestamp"},
            [
                *(["a", f"2026-05-12 10:00:{second:02}"] for second in (9, 3, 7, 1, 5, 2, 8, 4, 6, 0)),
                *(["b", "2026-05-12 10:00:11"], ["b", None], ["b", "2026-05-12 10:00:10"]),
                *(["c", None], ["d", "2026-05-12 10:00:00"]),
                *(["e", f"2026-05-12 10:00:{second:02}"] for second in range(11)),
            ],
            [
                *(["a", f"2026-05-12 10:00:{a}"], ["b", f"2026-05-12 10:00:{b}"], ["c", None]),
                *(["d", "2026-05-12 10:00:00"], ["e", f"2026-05-12 10:00:{e}"]),
            ],
        )
        for share, a, b, e in [("0.1", "00", "10", "01"), ("1 - 0.1", "08", "11", "09"), ("0.5", "04", "10", "05")]
    ),
    by_value(
        "word_count",
        "{{ word_count('value') }}",
        {
            "one two\tthree\nfour": 4,
            "it's 5 o'clock -- really?!": 4,
            "a\N{NO-BREAK SPACE}b\N{IDEOGRAPHIC SPACE}c": 3,
            "a\vb": 1,
            "日本 Zoë": 2,
            "?! ...": 0,
            "": 0,
            None: None,
        },
    ),
    by_value(
        "folded",
        "{{ folded('value') }}",
        {
            " Ada\t  LOVELACE\n": "ada lovelace",
            "Zoë\N{NO-BREAK SPACE}Ξ": "zoë ξ",
            "ΟΔΟΣ": "οδοσ",
            "a\vb": "a\vb",
            "  ": None,
            "": None,
            None: None,
        },
    ),
    by_value(
        "text_shape",
        "{{ text_shape('value') }}",
        {"Ada@x.org, 42": "xxxxx.xxx, nn", "e\N{COMBINING ACUTE ACCENT}日Ⅷ": "xxxn", "\\'": "\\'", "": "", None: None},
    ),
    Case(
        "text_parts",
        "with parts as ({{ text_parts('given', ['n'], 'value', ';,|', 'part') }}) select * from parts order by 1, 2",
        TEXT,
        [["b;a|c"], ["x,,"], [""], [None]],
        [[0, "a"], [0, "b"], [0, "c"], [1, ""], [1, ""], [1, "x"], [2, ""]],
    ),
    Case(
        "list_text",
        "{{ list_text('list') }}",
        {"list": "string[]"},
        [[["b", "", "B", "a"]], [["it's"]], [[]], [None]],
        ["(no name), B, a, b", "it's", None, None],
    ),
    Case(
        "list_without",
        "{{ list_text(list_without('list', 'other')) }}",
        {"list": "string[]", "other": "string[]"},
        [[["b", "a", "c"], ["b"]], [["a"], ["a"]], [["a"], []], [["a"], None], [None, ["a"]], [[], ["a"]]],
        ["a, c", None, "a", None, None, None],
    ),
    Case(
        "listagg",
        "select who, {{ dbt.listagg('value', \"' > '\", 'order by rank, n') }} as joined"
        " from given group by who order by who",
        {"who": "string", "value": "string", "rank": "bigint"},
        [["a", "y", 2], ["a", "x", 1], ["a", None, 0], ["a", "x", 2], ["b", None, 1]],
        [["a", "x > y > x"], ["b", None]],
    ),
    Case(
        "wildcard_match",
        "{{ wildcard_match('value', 'pattern') }}",
        {"value": "string", "pattern": "string"},
        [
            *(["Joined session", " JOINED*"], ["a_b", "a_b"], ["axb", "a_b"], ["100%", "100%"], ["1000", "100%"]),
            *(["a\\b!", "A\\B!"], ["a!b", "a!!b"], ["line\nbreak", "l*k"], [None, ""], ["x", None], ["ΟΔΟΣ", "οδοσ"]),
            *(["**", "\\*\\*"], ["ab", "\\*\\*"], ["5* hotel", "5\\**"], ["5 hotels", "5\\**"], ["C:\\*", "c:\\\\*"]),
        ],
        [True, True, False, True, False, True, False, True, True, False, True, True, False, True, False, True],
    ),
    Case(
        "wildcard_match",
        "{{ wildcard_match('value', as_pattern('value')) }}"
        " and not {{ wildcard_match(\"'Chat'\", as_pattern('value')) }}",
        TEXT,
        [["*****"], ["a*b"], ["C:\\*"], ["plain"]],
        [True, True, True, True],
    ),
    by_value(
        "is_match",
        """{{ is_match('value', "^(?i)[a-zß-ÿ]+ [0-9]$") }}""",
        {None: None, "": False, "Day 1": True, "ÄRA 2": True, "Day 1\n": False, " Day 1": False, "Day 12": False},
    ),
    by_value(
        "label_shape",
        "{{ label_shape('value') }}",
        {
            None: "blank",
            " \n": "blank",
            "https://acme.example/a?b=1": "url",
            "WWW.acme.example": "url",
            "see https://acme.example": "text",
            "on_demand": "slug",
            "sponsors": "slug",
            "Opening_Keynote": "slug",
            "/a/b-c/": "slug",
            "Tea": "text",
            "tea or coffee": "text",
            "_": "text",
            "4": "number",
            "-0,5": "number",
            ".5": "number",
            "1.2.3": "text",
            "45%": "percent",
            "33,3 %": "percent",
            "50_percent": "percent",
            "★★★☆☆": "stars",
            "4/5": "stars",
            "3 Stars": "stars",
            "4 out of 5": "stars",
            "4 stars left": "text",
            "日本_語": "slug",
            "Zoë": "text",
        },
    ),
    by_value(
        "star_number",
        "{{ star_number('value') }}",
        {
            "4": 4,
            "4 stars": 4,
            "4/5": 4,
            "★★★★": 4,
            "★★★☆☆": 3,
            "Review - 4": 4,
            "review: 4": 4,
            "Rating 4": 4,
            "session_review_4": 4,
            "4.0": 4,
            "4.5": None,
            "1,000": None,
            "four": None,
            "99999999999": None,
            "Preview 4": None,
            "4/10": 4,
            "-3": None,
            " -3": None,
            "–3": None,
            "- 3": 3,
            "Review: -3": None,
            "Review - -3": None,
            "Review -3": 3,
            "Review--3": 3,
            "session_review_-_3": 3,
            "": None,
            None: None,
        },
    ),
    by_value(
        "star_number",
        "{{ star_number('value', 5) }}",
        {
            "4": 4,
            "4/5": 4,
            "4 out of 5": 4,
            "Review - 4/5": 4,
            "4/10": None,
            "4 out of 10": None,
            "4/50": None,
            "6": 6,
            "★★★★": 4,
            "★★★☆☆": 3,
            "★★★☆☆☆☆☆☆☆": None,
            "★★★★★★": 6,
        },
    ),
    Case(
        "is_attended",
        "{{ is_attended('proven') }}",
        {"proven_seconds": "bigint", "proven_ratio": "double"},
        [[301, "0.51"], [300, "0.6"], [900, "0.5"], [900, None], [0, None]],
        [True, False, False, False, False],
        {
            "attendance_measure": "likely",
            "attendance_minimum_seconds": 300,
            "attendance_minimum_ratio": 0.5,
            "attendance_bound_included": False,
        },
    ),
    Case(
        "text_words",
        "with words as ({{ text_words('given', 'value') }}) select value, word from words order by 1, 2",
        TEXT,
        [["Q&A: 5stars!"], ["talkNow"], ["CMECredits"], ["user_LOGGED-in É"], ["?!"]],
        [
            *(["CMECredits", "cme"], ["CMECredits", "credits"], ["Q&A: 5stars!", "5"], ["Q&A: 5stars!", "qa"]),
            *(["Q&A: 5stars!", "stars"], ["talkNow", "now"], ["talkNow", "talk"]),
            *(["user_LOGGED-in É", word] for word in ("in", "logged", "user", "é")),
        ],
    ),
    Case(
        "word_stems",
        "with forms as (select 'left' as word, 'leave' as stands_for),"
        " stems as ({{ word_stems('given', 'value', 'forms') }})"
        " select value, stem from stems order by 1, 2",
        TEXT,
        [
            *(
                ["Liked"],
                ["like"],
                ["replies"],
                ["replied"],
                ["cancelled"],
                ["canceling"],
                ["Left"],
                ["leave"],
                ["status"],
            ),
            *(["raised hands"], ["speed"], ["sessions sessions"], ["press"]),
        ],
        [
            *(["Left", "leav"], ["Liked", "lik"], ["canceling", "cancel"], ["cancelled", "cancel"], ["leave", "leav"]),
            *(
                ["like", "lik"],
                ["press", "pres"],
                ["raised hands", "hand"],
                ["raised hands", "rais"],
                ["replied", "reply"],
            ),
            *(["replies", "reply"], ["sessions sessions", "session"], ["speed", "speed"], ["status", "status"]),
        ],
    ),
    by_value(
        "unless_forgotten",
        "{{ unless_forgotten('value') }}",
        {"Ann": "Ann", "[forgotten]": None, "Ann <[forgotten]>": None, "forgotten": "forgotten", None: None},
    ),
    by_value(
        "decimal_number",
        "{{ decimal_number('value', after=' *%') }}",
        {"4 %": "4.00", "4,5%": "4.50", ".5%": "0.50", "1,500%": None, "4": None, "%": None, "4%\n": None, None: None},
    ),
    by_value(
        "plain_number",
        "{{ plain_number('value') }}",
        {"1½": "1.5", "2 ¼ h": "2.25 h", "¾": ".75", "٢٫٥": "2.5", "１．５": "1.5", "x": "x", None: None},
    ),
]
