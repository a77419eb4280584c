"""How the head of a report is read: names, delimiter, encoding, and what is refused."""

from __future__ import annotations

import codecs
import quopri
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loader_fixtures import HEADER, SHORT_HEADER, activity, report_text, write
from reports import rows as report_rows
from reports.encoding import encoding_of, survey
from reports.format import read_format
from reports.rows import RowCount, count_rows, examine_rows
from reports.text import ReportRefused, without_blanks_beside_quotes

REQUIRED = ("User ID", "Category", "Action", "Date")
one_folder = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def refusal_of(path: Path) -> str:
    with pytest.raises(ReportRefused) as refused:
        read_format(path)
    return str(refused.value)


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("User ID", "user_id"),
        ("user_id", "user_id"),
        ("USERID", "user_id"),
        ("  user   id ", "user_id"),
        ("First Name", "first_name"),
        ("LAST", "last_name"),
        ("company", "company"),
        ("E-Mail", "email"),
        ("Email", "email"),
        ("Date/Time", "date"),
        ("DATETIME", "date"),
        ("date time", "date"),
        ("ContentID", "content_id"),
        ("content_name", "content_name"),
        ("ContentName", "content_name"),
        ("CONTENT-SLUG", "content_slug"),
        ("Activity Date", "date"),
        ("Timestamp", "date"),
        ("Datum", "date"),
        ("Surname", "last_name"),
        ("Organisation", "company"),
        ("E-mail Address", "email"),
        ("Date (UTC)", "date"),
        ("Content Slug", "content_slug"),
    ],
)
def test_a_column_is_known_by_each_of_its_names(tmp_path: Path, title: str, column: str) -> None:
    others = [name for name in REQUIRED if name.lower().replace(" ", "_") != column]
    report = read_format(write(tmp_path / "a.csv", ",".join([*others, title]) + "\n"))

    assert report.columns[column] == len(others)
    assert report.extra == ()


@one_folder
@given(order=st.permutations(HEADER), seed=st.randoms(use_true_random=False))
def test_columns_are_found_in_any_order_and_case(tmp_path: Path, order: list[str], seed: random.Random) -> None:
    titles = ["".join(seed.choice((letter.upper(), letter.lower())) for letter in name) for name in order]
    report = read_format(write(tmp_path / "a.csv", ",".join(titles) + "\n"))

    assert report.header == tuple(titles)
    assert report.columns["date"] == order.index("Date")
    assert report.columns["first_name"] == order.index("First")
    assert report.columns["content_slug"] == order.index("Content Slug")
    assert sorted(report.columns.values()) == list(range(12))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    report = read_format(write(tmp_path / "a.csv", delimiter.join(HEADER) + "\n"))

    assert report.delimiter == delimiter
    assert report.header == HEADER


def test_another_delimiter_inside_quoted_names_does_not_mislead(tmp_path: Path) -> None:
    head = '"a,b,c,d,e";User ID;Category;Action;"Fav, ""colour"", food";Date\n'
    report = read_format(write(tmp_path / "a.csv", head))

    assert report.delimiter == ";"
    assert [report.header[index] for index in report.extra] == ["a,b,c,d,e", 'Fav, "colour", food']


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16")],
)
def test_the_encoding_is_found(tmp_path: Path, encoding: str, named: str) -> None:
    path = write(tmp_path / "a.csv", report_text(activity("u1", "grüezi")).encode(encoding))
    report = read_format(path, encoding_of(path, survey(path)))

    assert report.encoding == named
    assert report.header[0] == "User ID"


def test_content_columns_may_be_missing(tmp_path: Path) -> None:
    report = read_format(write(tmp_path / "a.csv", report_text()))

    assert set(report.columns) == {"user_id", "category", "action", "label", "date"}


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_report_without_a_required_column_is_refused_by_its_name(tmp_path: Path, missing: str) -> None:
    titles = [title for title in HEADER if title != missing]
    message = refusal_of(write(tmp_path / "a.csv", ",".join(titles) + "\n"))

    assert message.startswith(f"its header has no column {missing};")
    assert "Company" in message
    assert "Fix:" in message


@pytest.mark.parametrize(
    ("also", "named"),
    [("Date/Time", "Date"), ("date", "Date"), ("user_id", "User ID"), ("ContentID", "Content ID")],
)
def test_a_known_column_that_stands_twice_is_refused(tmp_path: Path, also: str, named: str) -> None:
    message = refusal_of(write(tmp_path / "a.csv", ",".join((*HEADER, also)) + "\n"))

    assert f"the column {named} twice" in message
    assert "Fix:" in message


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "it is empty"),
        ("bom.csv", codecs.BOM_UTF8, "it is empty"),
        ("line.csv", b"\n", "nothing but blank lines"),
        (
            "mail.csv",
            quopri.encodestring(",".join(HEADER).encode() + b"\nu1,A,B,C,a@x.example,Chat,Message,hi,2024-05-13\n"),
            "as a mail carries them (quoted-printable)",
        ),
        ("broken-header.csv", b"User ID,Caf\xe9\n", "its header is not in utf-8: Caf\\xe9"),
        (
            "quote.csv",
            b'User ID,Category,Action,Date,"Points\nu1,Chat,Message,\n',
            "a double quote in its header is not closed",
        ),
        ("half.csv", b'User ID,Category,Action,Date,"a"b"\nu1,Chat,Message,\n', "a double quote in its header is not"),
        ("title.csv", b"Activity report\n\nUser ID,Category,Action,Label,Date\n", "its header is in row 3 only"),
        (
            "low-title.csv",
            b"\n;;\nActivities, all\nUser ID;Category;Action;Label;Date\n",
            "its header is in row 4 only",
        ),
        (
            "notes.csv",
            b"Please do not share\n",
            "it looks like notes, and no report begins so: Please do not share. Fix: if it is none, delete the sheet",
        ),
        ("pivot.csv", b"Row Labels,Count of Action\nChat,20\n", "it looks like a pivot table"),
        ("pivot-of-ids.csv", b"User ID,COUNTA of Action\n7001,20\n", "it looks like a pivot table"),
        ("colons.csv", b"User ID:Category:Action:Date\n7001\n", "separated by none of , ; tab and |: User ID:Category"),
        ("other.csv", b"Invoice,Sum\n1,20\n", "no column User ID, Category, Action, Date; it reads: Invoice, Sum"),
        ("no-header.csv", b"u1,Chat,Message,hi,2024-05-01 10:00:00\n", "it has no header: its first row is a record"),
        (
            "event.csv",
            b"User,Event Category,Action,Date\n1\n",
            "rename User to User ID, if it is that column; rename Ev",
        ),
        ("column.csv", b"User ID,Label\nu1,hi\n", "no column Category, Action, Date"),
        ("open-quote.csv", b'User ID,Category,"Action,Label,Date\nu1,Chat\n', "no column Action, Date"),
    ],
)
def test_a_file_that_is_no_report_is_refused_with_a_fix(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    message = refusal_of(write(tmp_path / name, content))

    assert said in message
    assert "Fix:" in message


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("between", [" {} ", "{} ", " {}", "   {}"])
def test_blanks_between_delimiters_and_double_quotes_are_passed_over(
    tmp_path: Path, delimiter: str, between: str
) -> None:
    """In the records DuckDB does the same, but the second count would part a field at a delimiter inside of it."""
    titles = [f'"{title}"' for title in (*HEADER, f"Points{delimiter} 'earned'")]
    report = read_format(write(tmp_path / "a.csv", " " + between.format(delimiter).join(titles) + "\n"))

    assert report.delimiter == delimiter
    assert report.header == (*HEADER, f"Points{delimiter} 'earned'")
    assert sorted(report.columns.values()) == list(range(12))
    assert report.is_spaced and not report.is_usual


def test_blanks_beside_quotes_are_taken_out_of_the_table_alone() -> None:
    lines = [
        '"a", "b" ,"c ""d"" , ""e"" "\r\n',
        ' "x, ""\n',
        ' "" , ", "y" \n',
        "a , b,  \n",
        '"a" "b", "c"\n',
        '7, "", 8\n',
    ]
    tight = ['"a","b","c ""d"" , ""e"" "\r\n', '"x, ""\n', ' "" , ","y"\n', "a , b,  \n", '"a" "b","c"\n', '7,"", 8\n']

    assert list(without_blanks_beside_quotes(lines)) == tight


@pytest.mark.parametrize(
    "above",
    [
        *("\n\n", "  \r\n", "sep=,\n", "sep=;\r\n", '"sep=,"\r', "SEP=\t\n", "\ufeff", "\ufeff\n", "sep=,,,,\n"),
        *(",,,,\n", ";; ;;\r\n,,,,\r\n", '"","",""\n', "||\n\n", "sep=;\n;;;;\n"),
    ],
)
def test_what_excel_puts_above_the_header_is_passed_over(tmp_path: Path, above: str) -> None:
    report = read_format(write(tmp_path / "a.csv", above + report_text(activity("u1"))))

    assert report.header == tuple(SHORT_HEADER.split(","))
    assert report.start == len(above.removeprefix("\ufeff"))


@one_folder
@given(
    blanks=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_blank_rows_are_counted_with_everything_before_them(tmp_path: Path, blanks: list[int], line_end: str) -> None:
    text = SHORT_HEADER + line_end
    row = 1
    expected: list[int] = []
    for count in blanks:
        text += line_end * count + activity("u1", f'"two{line_end}{line_end}lines, ""quoted"""') + line_end
        expected += range(row + 1, row + 1 + count)
        row += count + 1
    path = write(tmp_path / "a.csv", text)

    report = read_format(path)
    assert examine_rows(path, report, ()).blank == expected
    assert count_rows(path, report) == RowCount(row, 4 * (len(blanks) + 1))


@pytest.mark.parametrize(
    ("records", "rows"),
    [
        ("7,a\r8,b\n9,c\r\n10,d\r", 5),
        # only text is between the two signs, and they are two ends
        ("7,a\rb\n", 3),
        ('7,"a\rb"\n8,c\r\n', 3),
        ('7,"a\n"\r8,c\nd', 4),
    ],
)
def test_rows_that_end_in_several_ways_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: str, rows: int
) -> None:
    path = write(tmp_path / "a.csv", "User ID,First Name\n" + records)
    for chunk_bytes in (*range(1, 12), 1 << 22):
        monkeypatch.setattr(report_rows, "_CHUNK_BYTES", chunk_bytes)
        assert count_rows(path, read_format(path)).rows == rows, chunk_bytes


@pytest.mark.parametrize(
    ("line", "is_stray"),  # or, if None, only looks so
    [
        ('7,"a" "b"', True),
        ('7,"a"   "b"', True),
        ('7,"a" "b" "c"', True),
        ('7,"" "b"', True),
        ('7,"a" ', False),
        ('7,"a","b"', False),
        ('7,"a ""b"" c"', False),
        ('7," ""b"" "," "', False),
        ('7,"a"" ""b"', False),
        ('7, "a" "b"', True),
        ('"7" "8",a', True),
        ('7,a "b" "c"', None),
        ('7,"x, ""a"" ""b"""', False),
        ('7,"a" \n8,"b"', False),
    ],
)
def test_double_quotes_that_stray_are_seen_wherever_the_file_is_read_in_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, is_stray: bool | None
) -> None:
    path = write(tmp_path / "a.csv", f"User ID,First Name\n{line}\n")
    for chunk_bytes in (*range(1, 30), 1 << 22):
        monkeypatch.setattr(report_rows, "_CHUNK_BYTES", chunk_bytes)

        report = read_format(path)

        assert count_rows(path, report).may_have_stray_quotes == (is_stray is not False), chunk_bytes
        assert examine_rows(path, report, ()).stray == ([2] if is_stray else []), chunk_bytes
