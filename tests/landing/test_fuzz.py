"""A short run of the fuzzer, and the inputs that once broke something."""

from __future__ import annotations

from collections.abc import Sequence

import hypothesis
import pytest

from fuzz.folders import judge_folder, make_folder
from fuzz.inputs import FuzzInput, make_input, structured_reports
from fuzz.oracle import Judge
from landing.outcome import Declaration
from loader_fixtures import SHORT_HEADER, activity, report_text

pytestmark = pytest.mark.slow

USERS = "User ID|First Name|Last Login\r\n"
# An empty archive says less: a member has a name of no letters, and nothing in it.
ARCHIVE_WITHOUT_NAMES = (
    b"PK\x03\x04" + bytes(26) + b"PK\x01\x02" + bytes(42) + b"PK\x05\x06" + bytes(4) + b"\1\0\1\0.\0\0\0\x1e\0\0\0\0\0"
)
# Inputs that broke something, in the fewest bytes that still did.
KEPT = {
    "utf-16 was declared, and the file has no mark": FuzzInput(
        ".csv", report_text(activity("u1")).encode(), Declaration(encoding="utf-16")
    ),
    "a lone CR in a file of CRLF became a piece of a text": FuzzInput(
        ".csv",
        (USERS + '"1"|"L2|"x"|"2026"\r*2"|"Bruno"|"2026"\r\n"3"|"Carys"|"2026"\r\n').encode(),
    ),
    "two bytes that mean nothing in ASCII became a letter of UTF-8": FuzzInput(
        ".csv", report_text(activity("u1", "é"), activity("u2")).encode(), Declaration(encoding="ascii")
    ),
    "DuckDB gives up at a header with a line break": FuzzInput(
        ".csv", b'"two\nlines",User ID,,Category,position,Date,last name,Action,\r\r\r'
    ),
    "a header with a line break of another kind took the quote of the first record with it": FuzzInput(
        ".csv", b'"User ID","Fir\r\nst Name","Last Login"\r"5057","Elif","2026"\r'
    ),
    "a record of 600,000 fields took DuckDB hours": FuzzInput(
        ".csv", report_text(activity("u1"), "u2,Chat" + ",x" * 600_000, activity("u3")).encode()
    ),
    "600,000 blanks inside a title took hours": FuzzInput(
        ".csv", report_text(activity("u1"), header=SHORT_HEADER + ",x" + " " * 600_000 + "y").encode()
    ),
    "a member without a name is in the archive": FuzzInput(".zip", ARCHIVE_WITHOUT_NAMES),
    "a header of more than a million characters was cut": FuzzInput(
        ".csv", report_text(activity("u1"), header=SHORT_HEADER + ",x" + "y" * 1_200_000).encode()
    ),
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    """One warehouse in memory for all inputs."""
    return Judge()


@pytest.mark.parametrize("name", KEPT)
def test_what_broke_something_does_so_no_more(judge: Judge, name: str) -> None:
    assert judge.judge({"kept": KEPT[name]}) == {}


# 257 has a quote that the header leaves open, which took all records with it; 100511 is a workbook without a sheet,
# 105182 a report at which DuckDB gives up though its lines end alike. In the header of 65471 the wrong encoding
# puts signs that Unicode has not named, and that no reader shows. 1002143 has a comma behind the last title, and
# semicolons between the others.
@pytest.mark.parametrize("seed", [257, 65_471, 100_511, 105_182, 1_002_143])
def test_a_seed_that_broke_something_does_so_no_more(judge: Judge, seed: int) -> None:
    assert judge.judge({"kept": make_input(seed)}) == {}


# Of the seeds below 150 the others reach no pair of lines of the loader that these miss, and fifty more reach two
# (30 November 2026). make fuzz takes thousands.
FAR_REACHING = (
    *(2, 5, 10, 13, 16, 26, 30, 35, 41, 42, 46, 48, 54, 57, 59, 60, 62, 69, 74, 78, 79, 80, 90, 93, 104, 111, 120),
    *(124, 127, 132, 133, 139, 149),
)


@pytest.mark.parametrize("seeds", [range(25), FAR_REACHING], ids=["first", "far reaching"])
def test_nothing_breaks_on_mutated_reports(judge: Judge, seeds: Sequence[int]) -> None:
    made = {f"seed{seed}": make_input(seed) for seed in seeds}

    assert judge.judge(made, again=len(made) == 25) == {}


@hypothesis.settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
)
@hypothesis.given(one=structured_reports())
def test_nothing_breaks_on_reports_that_are_put_together(judge: Judge, one: FuzzInput) -> None:
    assert judge.judge({"structured": one}) == {}


# The folder of seed 2 reaches nothing more.
@pytest.mark.parametrize("seed", [0, 1, 3])
def test_small_reports_of_a_folder_land_as_each_would_alone(seed: int) -> None:
    what, grouped_count = judge_folder(make_folder(seed))
    assert (what, grouped_count > 0) == ("", True)


def test_a_seed_is_always_the_same_input() -> None:
    assert [make_input(seed) for seed in range(30)] == [make_input(seed) for seed in range(30)]
    assert make_folder(3) == make_folder(3)
