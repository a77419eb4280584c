"""Copies of one download, as spreadsheets and scripts save them, are the same activities by the same people."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import Project
from loader_fixtures import HEADER

pytestmark = pytest.mark.slow

NAMES = ",".join(HEADER)
PAGES = ("4106,Opening,opening", "4106,Opening,opening", ",,")
ACTS = (
    "7001,Ana,Null,Fern Ltd,ana@x.example,Session,Joined,Opening,{0}:00:01,4106,Opening,opening",
    "7001,Ana,Null,Fern Ltd,ana@x.example,Session,Left,Opening,{0}:58:01,4106,Opening,opening",
    "7002,Bo,Reed,Moss AG,bo@x.example,Session,Joined,Opening,{0}:02:02,4106,Opening,opening",
    "7002,Bo,Reed,Moss AG,bo@x.example,Session,Left,Opening,{0}:59:02,4106,Opening,opening",
    "7003,Cy,Sand,Iris Co,cy@x.example,Chat,Message,N/A,{0}:30:00,,,",
    ",,,,,Session,Joined,Opening,{0}:05:00,4106,Opening,opening",
    ",Di,Gast,,di@x.example,Session,Joined,Opening,{0}:06:00,4106,Opening,opening",
)
# Beside fct_activities.
MARTS = ("+fct_sessions", "+user_details", "+guests", "+activity_texts")
DOWNLOAD = [act.format("2024-05-13 10") for act in ACTS]


def floats(line: str) -> str:
    """A line as pandas writes it, where a column has blanks."""
    return ",".join(f"{field}.0" if field in ("7001", "7002", "7003", "4106") else field for field in line.split(","))


def with_nulls(line: str) -> str:
    """A line as a database exports it."""
    return ",".join(field or "NULL" for field in line.split(","))


COPIES = {
    "download.csv": [NAMES, *DOWNLOAD],
    "pandas.csv": [NAMES, *map(floats, DOWNLOAD)],
    "database.csv": [NAMES, *map(with_nulls, DOWNLOAD)],
    "pasted.csv": [
        "\ufeff\ufeff" + NAMES,
        *(line.replace("700", "\ufeff700", 1).replace(",", "\u00a0,", 1) for line in DOWNLOAD),
    ],
    "milliseconds.csv": [NAMES, *(line.replace(":01,", ":01.347,").replace(":02,", ":02.9,") for line in DOWNLOAD)],
    "zone.csv": [
        NAMES,
        *(
            act.format("2024-05-13 12").replace(",4106", " Europe/Zurich,4106").replace(",,,", " CEST,,,")
            if not act.startswith(",")
            else act.format("2024-05-13T10").replace(",4106", "Z,4106")
            for act in ACTS
        ),
    ],
    "excel.csv": [NAMES, *(line.rstrip(",") for line in DOWNLOAD)],
}


def test_copies_of_a_download_are_one(project: Project) -> None:
    for name, lines in COPIES.items():
        (project.root / "reports" / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    landed = project.script("load_reports.py", "reports", ALLOW_TWINS="1")
    assert landed.returncode == 0, landed.stdout + landed.stderr
    built = project.dbt("build", "--select", *MARTS, "--exclude-resource-type", "test", "unit_test")
    assert built.returncode == 0, built.stdout

    [activities] = project.ask("select count(*), count(distinct user_id) from marts.fct_activities")
    people = project.ask("select full_name from restricted.user_details order by 1")
    [sessions] = project.ask("select count(*) from marts.fct_sessions")
    guests = project.ask("select email, activity_count from restricted.guests")
    texts = project.ask("select activity_text from restricted.activity_texts")
    assert activities == (7, 3)
    assert people == [("Ana Null",), ("Bo Reed",), ("Cy Sand",)]
    assert sessions == (1,)
    assert texts == [("N/A",)]
    assert guests == [("di@x.example", 1)], "an e-mail called NULL is none"


def test_a_name_that_duckdb_would_confuse_is_refused_before_anything_is_written(
    project: Project, tmp_path: Path
) -> None:
    result = project.build(WAREHOUSE_PATH=str(tmp_path / "deep" / "raw.duckdb"))

    assert (result.returncode, (tmp_path / "deep").exists()) == (1, False)
    assert "Fix: another name, such as WAREHOUSE_PATH=" in result.stdout
