"""The encoding of a report: found and said, and a broken byte costs its record alone and is never replaced."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from landing.outcome import Declaration
from loader_fixtures import (
    DAY,
    SHORT_HEADER,
    activity,
    land,
    landed_users,
    rejected_numbers,
    report_text,
    rows,
    write,
)
from reports.encoding import encoding_of, survey

LABELS = "select label from raw.activities order by record_number"
ENCODING = "select encoding from raw.reports"
WORDS = {
    "cp1252": [
        "Grüezi mitenand",
        "Ça va très bien",
        "El niño está aquí",
        "Straße für Fußgänger",
        "café – “à la carte”",
    ],
    "cp1250": ["Zażółć gęślą jaźń", "Dzień dobry, jak się masz?", "Łódź i Kraków są piękne", "Proszę o więcej miejsc"],
    "cp1251": ["Добрый день, коллеги", "Спасибо за презентацию", "Когда следующая сессия?", "Привет из Москвы"],
    "cp1253": ["Καλημέρα σε όλους", "Ευχαριστώ πολύ", "Πότε είναι η επόμενη ομιλία;", "Χαιρετισμούς από Αθήνα"],
    "cp932": ["おはようございます", "ありがとうございました", "次のセッションはいつですか", "素晴らしい発表でした"],
    "gb18030": ["大家早上好", "谢谢你的演讲", "下一场会议什么时候开始", "非常精彩的报告"],
    "big5": ["大家早安", "謝謝您的演講", "下一場會議什麼時候開始", "非常精彩的報告"],
    "cp949": ["안녕하세요 여러분", "발표 감사합니다", "다음 세션은 언제인가요", "훌륭한 발표였습니다"],
}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.csv"


def chat(labels: list[str], times: int = 1) -> str:
    """A report where people say these things."""
    return report_text(*(activity(f"u{number}", f'"{label}"') for number, label in enumerate(labels * times)))


@pytest.mark.parametrize("times", [1, 6])
@pytest.mark.parametrize("encoding", WORDS)
def test_the_encoding_of_an_office_program_is_found_and_said(
    warehouse: duckdb.DuckDBPyConnection, report: Path, encoding: str, times: int
) -> None:
    landing = land(warehouse, write(report, chat(WORDS[encoding], times).encode(encoding)))

    assert rows(warehouse, LABELS) == WORDS[encoding] * times
    assert rows(warehouse, ENCODING) == [encoding]
    [note] = landing.notes
    assert f"was read as {encoding}" in note
    assert "ENCODING=" in note


def test_labels_that_are_longer_than_what_is_looked_at_are_not_taken_for_another_encoding(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    labels = ["a" * odd + "次のセッションはいつですか。" * 60 for odd in range(4)]
    land(warehouse, write(report, chat(labels).encode("cp932")))

    assert rows(warehouse, LABELS) == labels
    assert rows(warehouse, ENCODING) == ["cp932"]


@pytest.mark.parametrize("words", ["cp1252", "cp1251", "cp932"])
@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("utf-32-le", "utf-32-le"),
        ("utf-32-be", "utf-32-be"),
    ],
)
def test_unicode_is_found_with_and_without_a_mark_whatever_the_labels_are(
    warehouse: duckdb.DuckDBPyConnection, report: Path, encoding: str, named: str, words: str
) -> None:
    landing = land(warehouse, write(report, chat(WORDS[words], 20).encode(encoding)))

    assert rows(warehouse, LABELS) == WORDS[words] * 20
    assert rows(warehouse, ENCODING) == [named]
    assert landing.notes == []


@pytest.mark.parametrize(
    ("declared", "content", "label", "named"),
    [
        ("cp1250", b"\xb3\xf3d\x9f", "łódź", "cp1250"),
        ("latin2", b"\xb3\xf3d\xbc", "łódź", "iso8859-2"),
        ("utf-8", "Grüezi".encode(), "Grüezi", "utf-8"),
        ("utf-8-sig", "Grüezi".encode(), "Grüezi", "utf-8"),
        ("iso2022_jp", "日本".encode("iso2022_jp"), "日本", "iso2022_jp"),
        ("cp1252", b"Hello", "Hello", "cp1252"),
        ("cp932", "次のセッションはいつですか".encode("cp932"), "次のセッションはいつですか", "cp932"),
    ],
)
def test_a_declared_encoding_holds_where_the_file_leaves_it_open(
    warehouse: duckdb.DuckDBPyConnection, report: Path, declared: str, content: bytes, label: str, named: str
) -> None:
    before, after = report_text(activity("u1", "@")).encode().split(b"@")
    landing = land(warehouse, write(report, before + content + after), Declaration(encoding=declared))

    assert rows(warehouse, LABELS) == [label]
    assert rows(warehouse, ENCODING) == [named]
    assert landing.notes == []


@pytest.mark.parametrize("declared", ["cp1252", "cp1250", "utf-16", "gb18030"])
@pytest.mark.parametrize("broken", [b"", b"\xe9"])
def test_letters_in_utf_8_win_over_what_is_declared(
    warehouse: duckdb.DuckDBPyConnection, report: Path, declared: str, broken: bytes
) -> None:
    """Else one file in the folder that is not in UTF-8 would spoil the names in all others."""
    text = chat(["Grüezi", "日本"]).encode() + b"u3,Chat,Message," + broken + f",{DAY}\n".encode()
    landing = land(warehouse, write(report, text), Declaration(encoding=declared))

    assert rows(warehouse, LABELS) == ["Grüezi", "日本", *([""] if not broken else [])]
    assert landing.rejected_count == len(broken)
    assert landing.notes == [f"its letters are in utf-8, so it was not read as {declared}, which was declared"]


def test_a_mark_wins_over_what_is_declared(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    land(warehouse, write(report, chat(["łódź"]).encode("utf-16")), Declaration(encoding="cp1252"))

    assert rows(warehouse, LABELS) == ["łódź"]
    assert rows(warehouse, ENCODING) == ["utf-16"]


@pytest.mark.parametrize(("declared", "written"), [("utf-16", "utf-16-le"), ("utf-32", "utf-32-le")])
def test_utf_16_that_is_declared_needs_no_mark(
    warehouse: duckdb.DuckDBPyConnection, report: Path, declared: str, written: str
) -> None:
    land(warehouse, write(report, chat(["łódź"]).encode(written)), Declaration(encoding=declared))

    assert rows(warehouse, LABELS) == ["łódź"]


@pytest.mark.parametrize("declared", ["utf-16", "utf-32", "idna", "ascii", "utf-7", "cp037"])
def test_a_declared_encoding_that_is_wrong_ends_in_no_other_text(
    warehouse: duckdb.DuckDBPyConnection, report: Path, declared: str
) -> None:
    text = chat(["Grüezi", "hello"]).encode("cp1252")
    landing = land(warehouse, write(report, text), Declaration(encoding=declared))

    if landing.refusal is not None:
        assert "Fix:" in landing.refusal
    assert "Grüezi" not in rows(warehouse, LABELS)


# --- Broken bytes ---


@pytest.mark.parametrize("count", [1, 3])
def test_a_byte_that_windows_1252_does_not_know_costs_its_record_alone(
    warehouse: duckdb.DuckDBPyConnection, report: Path, count: int
) -> None:
    lines = [activity(f"u{number}", f"Grüezi {number}") for number in range(1, 40)]
    content = report_text(*lines).encode("cp1252")
    for number in range(1, count + 1):
        content = content.replace(b"Gr\xfcezi %d," % (10 * number), b"Gr\xfcezi \x81%d," % (10 * number))
    landing = land(warehouse, write(report, content))

    broken = [10 * number for number in range(1, count + 1)]
    assert rejected_numbers(warehouse) == broken
    assert rows(warehouse, ENCODING) == ["cp1252"]
    assert rows(warehouse, LABELS) == [f"Grüezi {number}" for number in range(1, 40) if number not in broken]
    assert landing.examples[0].column_name == "Label"
    # In Windows-1252 an ü is one byte.
    assert "not in cp1252: byte 8 of Label is 0x81. Fix:" in landing.examples[0].reason
    assert rows(warehouse, "select record_text from raw.rejected_records")[0] == activity("u10", "Grüezi \\x8110")


def test_a_few_broken_bytes_in_utf_8_cost_their_records_alone(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    lines = [activity(f"u{number}", "Grüezi 😀").encode() for number in range(1, 21)]
    lines[4] = lines[4].replace("ü".encode(), b"\xfc")
    lines[9] = lines[9][: -len(DAY) - 2] + b"," + DAY.encode()
    landing = land(warehouse, write(report, b"\n".join([SHORT_HEADER.encode(), *lines])))

    assert rejected_numbers(warehouse) == [5, 10]
    assert rows(warehouse, ENCODING) == ["utf-8"]
    assert set(rows(warehouse, LABELS)) == {"Grüezi 😀"}
    assert [record.reason.split(". ")[0] for record in landing.examples] == [
        "it is not in utf-8: byte 3 of Label is 0xFC",
        "it is not in utf-8: byte 9 of Label is 0xF0",
    ]


@pytest.mark.parametrize("declared", ["ascii", "cp932", "cp949"])
def test_two_bytes_that_mean_nothing_do_not_become_a_letter_of_utf_8(
    warehouse: duckdb.DuckDBPyConnection, report: Path, declared: str
) -> None:
    # All three hold bytes that are wrong there in the encoding; in UTF-8 the first and the last are letters.
    content = report_text(activity("u1"), activity("u2", "@"), activity("u3")).encode()
    # Else most of its letters would be in UTF-8, and it too.
    content += activity("u4", "@@@@").encode().replace(b"@", b"\xff") + b"\n"
    broken = {"ascii": b"\xc3\xa9", "cp932": b"\xf0\x20\x80\xfd", "cp949": b"\xc9\x80"}[declared]
    land(warehouse, write(report, content.replace(b"@", broken)), Declaration(encoding=declared))

    assert [user for _, user in landed_users(warehouse) if user != "u4"] == ["u1", "u3"]
    text, *_ = rows(warehouse, "select record_text from raw.rejected_records order by record_number")
    assert "\\x" in text
    assert "\\xff" not in text


@pytest.mark.parametrize(
    ("content", "rejected"),
    [
        ("\ufeff" + report_text(activity("u1"), activity("u2", "a\ud800b"), activity("u3")), [2]),
        ("\ufeff" + report_text(activity("u1"), activity("u2", "a\udc00"), activity("u3")), [2]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_half_a_character_of_utf_16_costs_its_record_alone(
    warehouse: duckdb.DuckDBPyConnection, report: Path, encoding: str, content: str, rejected: list[int]
) -> None:
    land(warehouse, write(report, content.encode(encoding, errors="surrogatepass")))

    assert landed_users(warehouse) == [(1, "u1"), (3, "u3")]
    assert rejected_numbers(warehouse) == rejected


@pytest.mark.parametrize("last", ["", "\n"])
def test_an_odd_last_byte_of_utf_16_is_not_passed_over(
    warehouse: duckdb.DuckDBPyConnection, report: Path, last: str
) -> None:
    text = report_text(activity("u1"), activity("u2")).removesuffix("\n") + last
    land(warehouse, write(report, text.encode("utf-16") + b"1"))

    assert rejected_numbers(warehouse) == ([3] if last else [2])
    assert rows(warehouse, "select count(*) from raw.activities") == [2 if last else 1]


def test_no_text_is_taken_for_the_sign_that_stands_for_broken_bytes(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    land(warehouse, write(report, chat(["replaced: \ufffd", "fine"])))

    assert rows(warehouse, LABELS) == ["replaced: \ufffd", "fine"]


# --- The survey ---


@pytest.mark.parametrize("cut", range(1, 5))
def test_a_character_that_is_cut_off_at_the_end_is_no_utf_8(tmp_path: Path, cut: int) -> None:
    content = "a😀".encode()[:cut]
    seen = survey(write(tmp_path / "a.csv", content))

    assert seen.is_utf8 == (cut == 1)
    assert seen.byte_count == cut


def test_characters_across_the_pieces_that_are_read_are_utf_8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.encoding._CHUNK_BYTES", 3)
    path = write(tmp_path / "a.csv", "ü中😀" * 5)

    assert survey(path).is_utf8
    assert encoding_of(path, survey(path)) == "utf-8"


def test_what_is_mostly_utf_8_stays_it_wherever_the_pieces_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.encoding._CHUNK_BYTES", 64)
    path = write(tmp_path / "a.csv", ("Grüezi 中文 😀\n" * 50).encode() + b"caf\xe9\n" * 5)

    assert encoding_of(path, survey(path)) == "utf-8"
