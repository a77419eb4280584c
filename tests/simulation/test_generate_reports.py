"""The generator of reports: its truth, its seeds, its counts, and its sample."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from conftest import ROOT
from simulation.editions import clock_change
from simulation.exporter import HEADER, Losses, timestamp
from simulation.generate import Order, write_reports, write_sample

pytestmark = pytest.mark.slow

Key = tuple[str, str, str]
Interval = tuple[str, str]

ACTIVITIES: tuple[tuple[str, str], ...] = (
    ("Analytics", "Download"),
    ("Badge", "Unlocked"),
    ("CE/CME", "Claimed"),
    ("CE/CME", "Earned"),
    ("Chat", "Message"),
    ("Click Content", "Module"),
    ("Click Content", "Schedule"),
    ("Click Metadata", "Click"),
    ("Comment", "Comment"),
    ("Create Account", "Create"),
    ("Dialog", "Open"),
    ("Favorite", "Favorite"),
    ("Fill in the Blank", "Question"),
    ("Free Text", "Question"),
    ("Hand", "Lower"),
    ("Hand", "Raise"),
    ("Link", "External"),
    ("Link", "Internal"),
    ("Poll", "Question"),
    ("Q&A", "Ask"),
    ("Rating", "Question"),
    ("Reaction", "Emoji"),
    ("Resource", "Download"),
    ("Review", "Review"),
    ("Schedule", "Complete"),
    ("Schedule", "Start"),
    ("Session", "Attend"),
    ("Session", "Joined"),
    ("Session", "Left"),
    ("Sorting", "Question"),
    ("Talk Now", "Accepted"),
    ("Talk Now", "Canceled"),
    ("Talk Now", "Requested"),
    ("Track", "Next"),
    ("Track", "Started"),
    ("Update Details", "Update"),
    ("View Content", "View"),
    ("View Leaderboard", "View"),
    ("View Leaderboard", "View User"),
    ("View Notifications", "View"),
    ("View Users", "View"),
    ("View Users", "View Full Profile"),
    ("Watched", "Progress"),
)
SAMPLE_FILES = {
    "sitewide_2026-05-12.csv": ",",
    "sitewide_2026-05-14.csv": ",",
    "content_keynote_2026-05-14.csv": ";",
    "exporter_2026-05-15.csv": ",",
    "unique_users_2026-05-15.csv": ",",
}


def read(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a report as an administrator's spreadsheet would."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def records_of(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the records of all files of a folder, in the order of the files."""
    for path in sorted(folder.glob("**/*.csv")):
        yield from read(path)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by their name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("**/*.csv")}


def paired(records: Iterator[dict[str, str]]) -> dict[Key, list[Interval]]:
    """Pair each Joined with the record that follows it, which has to be its Left."""
    events: dict[Key, list[Interval]] = defaultdict(list)
    for record in records:
        if record["Category"] == "Session" and record["Action"] != "Attend":
            key = (record["User ID"], record["Content ID"], record["Label"])
            events[key].append((record["Date"], record["Action"]))
    intervals: dict[Key, list[Interval]] = {}
    for key, session in events.items():
        assert [action for _, action in session] == ["Joined", "Left"] * (len(session) // 2)
        times = [at for at, _ in session]
        intervals[key] = list(zip(times[::2], times[1::2], strict=True))
    return intervals


def true_intervals(path: Path) -> dict[Key, list[Interval]]:
    """Read the truth of a run."""
    rows = (
        duckdb.connect()
        .execute(
            "select user_id, coalesce(content_id, ''), session_name,"
            " started_at::varchar, ended_at::varchar from read_parquet(?) order by all",
            [str(path)],
        )
        .fetchall()
    )
    intervals: dict[Key, list[Interval]] = defaultdict(list)
    for user_id, content_id, session_name, started_at, ended_at in rows:
        intervals[user_id, content_id, session_name].append((started_at, ended_at))
    return dict(intervals)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_log_without_losses_reproduces_the_truth(tmp_path: Path, seed: int) -> None:
    """Without losses, Joined and Left are the true presence, to the second."""
    truth = tmp_path / "truth.parquet"
    order = Order(20_000, tmp_path / "reports", seed, losses=Losses.none(), truth=truth)
    write_reports(order)

    expected = true_intervals(truth)

    assert paired(records_of(order.output)) == expected
    assert any(name.startswith("Breakout from") for _, _, name in expected)
    assert any(name.startswith("Meeting with") for _, _, name in expected)
    assert any(len(intervals) > 1 for intervals in expected.values())


def test_nobody_is_in_two_unrelated_sessions_at_once(tmp_path: Path) -> None:
    """A person is in one session at a time, save for a workshop and its breakouts."""
    truth = tmp_path / "truth.parquet"
    write_reports(Order(20_000, tmp_path / "reports", 4, truth=truth))
    overlapping = duckdb.connect().execute(
        "select count(*) from read_parquet($path) as one join read_parquet($path) as other"
        " on one.user_id = other.user_id and one.started_at < other.ended_at"
        " and other.started_at < one.ended_at"
        " and one.content_id is distinct from other.content_id",
        {"path": str(truth)},
    )

    assert overlapping.fetchone() == (0,)


def test_what_is_said_in_a_session_is_said_by_someone_present(tmp_path: Path) -> None:
    """A chat message, a raised hand or an answer lies within a true stay of its user."""
    truth = tmp_path / "truth.parquet"
    order = Order(20_000, tmp_path / "reports", 5, truth=truth)
    write_reports(order)
    stays: dict[tuple[str, str], list[Interval]] = defaultdict(list)
    for (user_id, content_id, _), intervals in true_intervals(truth).items():
        stays[user_id, content_id] += intervals

    said = [
        record
        for record in records_of(order.output)
        if record["Category"] in {"Chat", "Hand"} or record["Action"] == "Question"
    ]

    assert said
    for record in said:
        present = stays[record["User ID"], record["Content ID"]]
        assert any(start <= record["Date"] <= end for start, end in present), record


def test_losses_lose_what_they_say(tmp_path: Path) -> None:
    """A lost Left is lost at its rate, and changes nothing else in the log."""
    losses = {"lost_left": 0.2}
    order = Order(30_000, tmp_path / "reports", 6, losses=Losses(**_only(losses)))
    write_reports(order)

    actions = [r["Action"] for r in records_of(order.output) if r["Category"] == "Session"]
    joined, left = actions.count("Joined"), actions.count("Left")

    assert 1 - left / joined == pytest.approx(0.2, abs=0.02)


def _only(rates: dict[str, float]) -> dict[str, float]:
    names = Losses.__dataclass_fields__
    return {name: rates.get(name, 0.0) for name in names}


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """A seed fixes every byte; another seed gives other bytes."""
    for folder, seed in (("one", 7), ("two", 7), ("three", 8)):
        write_reports(Order(5_000, tmp_path / folder, seed, files=3))

    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    assert bytes_of(tmp_path / "one") != bytes_of(tmp_path / "three")


@pytest.mark.parametrize(("records", "files", "sites"), [(500, 1, 1), (12_345, 4, 1), (9_000, 2, 3), (60_000, 1, 1)])
def test_count_of_records(tmp_path: Path, records: int, files: int, sites: int) -> None:
    """As many records are written as were wanted, in as many files."""
    order = Order(records, tmp_path, 9, files=files, sites=sites)
    written = write_reports(order)

    assert written == sum(1 for _ in records_of(tmp_path))
    assert written == pytest.approx(records, rel=0.02)
    assert len(bytes_of(tmp_path)) == files * sites
    assert not list(tmp_path.glob("**/*.part"))


def test_later_files_show_edits_and_each_file_one_description(tmp_path: Path) -> None:
    """Within a file a user has one e-mail and company; between files some change."""
    losses = Losses(**_only({"edited_people": 0.5}))
    write_reports(Order(40_000, tmp_path, 10, files=8, losses=losses))
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for path in sorted(tmp_path.glob("*.csv")):
        here: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for record in read(path):
            here[record["User ID"]].add((record["Company"], record["Email"]))
        assert all(len(descriptions) == 1 for descriptions in here.values())
        for user_id, descriptions in here.items():
            seen[user_id] |= descriptions

    assert any(len(descriptions) == 2 for descriptions in seen.values())


def test_overlap_tells_the_end_of_each_file_again(tmp_path: Path) -> None:
    """Each file begins with the last share of the records of the one before; the distinct records stay the same."""
    losses = Losses.none()
    write_reports(Order(8_000, tmp_path / "plain", 11, files=4, losses=losses))
    written = write_reports(Order(8_000, tmp_path / "overlapping", 11, files=4, losses=losses, overlap=0.25))
    plain = [read(path) for path in sorted((tmp_path / "plain").glob("*.csv"))]
    files = [read(path) for path in sorted((tmp_path / "overlapping").glob("*.csv"))]

    assert files[0] == plain[0]
    for number in range(1, 4):
        assert files[number] == plain[number - 1][-500:] + plain[number]
    assert written == sum(map(len, files)) == sum(map(len, plain)) + 3 * 500


def test_repeated_download_shows_the_edits_made_since(tmp_path: Path) -> None:
    """A file downloaded again holds the same records; only what can be edited differs."""
    losses = Losses(**_only({"edited_people": 0.5, "renamed_sessions": 0.5}))
    written = write_reports(Order(6_000, tmp_path, 12, files=2, losses=losses, repeats=1))
    first, again, second = (read(path) for path in sorted(tmp_path.glob("*.csv")))
    fixed = ("User ID", "Date", "Category", "Action", "Content ID")

    def identities(records: list[dict[str, str]]) -> list[list[str]]:
        return [[record[column] for column in fixed] for record in records]

    assert [path.stem.endswith("_again") for path in sorted(tmp_path.glob("*.csv"))] == [False, True, False]
    assert identities(first) == identities(again)
    for column in ("Email", "Company", "Content Name"):
        assert any(old[column] != new[column] for old, new in zip(first, again, strict=True))
    assert written == len(first) + len(again) + len(second)


def test_extracts_hold_one_page_or_one_user(tmp_path: Path) -> None:
    """The download of a page or of a user's history holds all that the sitewide files have of it."""
    order = Order(6_000, tmp_path, 13, files=2, losses=Losses.none(), content_pages=3, user_histories=2)
    written = write_reports(order)
    sitewide = [record for path in sorted(tmp_path.glob("sitewide_*.csv")) for record in read(path)]
    for kind, column, count in (("content", "Content ID", 3), ("user", "User ID", 2)):
        paths = sorted(tmp_path.glob(f"{kind}_*.csv"))
        assert len(paths) == count
        for path in paths:
            number = path.stem.split("_")[1]
            assert read(path) == [record for record in sitewide if record[column] == number]
    assert written == sum(1 for _ in records_of(tmp_path))


def minutes_off_the_schedule(schedule: Path, truth: Path) -> list[float]:
    """Return how long after the scheduled start the median true arrival is, per session."""
    rows = duckdb.connect().execute(
        "select median(date_diff('second', starts_at, started_at)) / 60 from read_csv($schedule, all_varchar = false)"
        " as schedule join read_parquet($truth) as truth"
        " on schedule.site_id = truth.site and schedule.content_id::varchar = truth.content_id"
        " where not starts_with(session_name, 'Breakout from') group by site_id, schedule.content_id",
        {"schedule": str(schedule), "truth": str(truth)},
    )
    return [row[0] for row in rows.fetchall()]


@pytest.mark.parametrize(("moved", "least", "most"), [(0.0, 0, 15), (1.0, 15, 75)])
def test_schedule_is_what_was_planned(tmp_path: Path, moved: float, least: int, most: int) -> None:
    """The schedule has the columns of the seed and a row per session; a moved session was at another time."""
    schedule, truth = tmp_path / "schedule.csv", tmp_path / "truth.parquet"
    losses = Losses(**_only({"moved_sessions": moved}))
    write_reports(
        Order(20_000, tmp_path / "reports", 14, sites=2, losses=losses, truth=truth, schedule=schedule),
    )
    seed = (ROOT / "seeds" / "site" / "session_schedule.csv").read_text().splitlines()[0]
    rows = read(schedule)
    joined = {r["Content ID"] for r in records_of(tmp_path / "reports") if r["Action"] == "Joined" and r["Content ID"]}

    assert schedule.read_text().splitlines()[0] == seed
    assert {row["site_id"] for row in rows} == {"site_1", "site_2"}
    assert {row["content_id"] for row in rows} >= joined
    assert all(row["starts_at"] < row["ends_at"] and row["session_type"] == "session" for row in rows)
    assert all(least <= abs(minutes) <= most for minutes in minutes_off_the_schedule(schedule, truth))


def test_exhibitors_are_the_pages_that_people_visit_as_booths(tmp_path: Path) -> None:
    """The list has the columns of the seed, and its pages are those of the records."""
    exhibitors = tmp_path / "exhibitors.csv"
    write_reports(Order(20_000, tmp_path / "reports", 14, sites=2, losses=Losses.none(), exhibitors=exhibitors))
    rows = read(exhibitors)
    # A call that is cancelled is one to an exhibitor.
    calls = [record for record in records_of(tmp_path / "reports") if record["Action"] == "Canceled"]
    pages = {(record["Content ID"], record["Content Name"]) for record in calls}

    seed = (ROOT / "seeds" / "site" / "exhibitors.csv").read_text().splitlines()[0]
    assert exhibitors.read_text().splitlines()[0] == seed
    assert {row["site_id"] for row in rows} == {"site_1", "site_2"}
    assert {(row["content_id"], row["exhibitor_name"]) for row in rows} == pages
    assert all(row["company"] == row["exhibitor_name"] for row in rows)


def test_smallest_run_has_a_session_over_a_clock_change(tmp_path: Path) -> None:
    """Somebody is present while Europe's clocks change, in a session that began before midnight UTC."""
    truth = tmp_path / "truth.parquet"
    write_reports(Order(4_000, tmp_path / "reports", 15, truth=truth))
    over = [
        key
        for key, intervals in true_intervals(truth).items()
        if any(start < "2022-03-27 00:00" and end > "2022-03-27 01:00" for start, end in intervals)
    ]

    assert over


@pytest.mark.parametrize(
    ("monday", "change"),
    [
        ("2022-03-21", "2022-03-27 01:00:00"),
        ("2022-03-14", None),
        ("2022-10-24", "2022-10-30 01:00:00"),
        ("2022-10-17", None),
        ("2024-03-25", "2024-03-31 01:00:00"),
        ("2022-05-23", None),
    ],
)
def test_clocks_change_on_the_last_sunday_of_march_and_october(monday: str, change: str | None) -> None:
    at = clock_change(int(datetime.fromisoformat(monday).replace(tzinfo=UTC).timestamp()))

    assert (None if at is None else timestamp(at)) == change


def test_command_refuses_a_folder_with_reports(tmp_path: Path) -> None:
    """A second run into the same folder would mix two histories."""
    from generate_reports import app

    arguments = ["generate", "--records", "100", "--output", str(tmp_path)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert CliRunner().invoke(app, arguments).exit_code == 2


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """Generate the sample once and read its files."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return {name: read(folder / name, delimiter) for name, delimiter in SAMPLE_FILES.items()}


def test_committed_sample_is_what_the_code_writes(tmp_path: Path) -> None:
    """The sample in the repository is up to date."""
    write_sample(tmp_path)
    committed = Path(__file__).parents[2] / "sample" / "reports"

    assert bytes_of(tmp_path) == bytes_of(committed)


def test_sample_shows_every_activity(sample: dict[str, list[dict[str, str]]]) -> None:
    """Every Category and Action that is documented, inferred or unknown occurs."""
    pairs = {
        (record["Category"].split(" - ")[0], record["Action"])
        for record in sample["sitewide_2026-05-14.csv"]
        if record["Category"]
    }

    assert pairs == set(ACTIVITIES)


def test_sample_is_small_and_overlaps(sample: dict[str, list[dict[str, str]]]) -> None:
    """The second sitewide file repeats the first; all files together stay readable."""

    def identities(name: str) -> set[tuple[str, ...]]:
        columns = ("User ID", "Date", "Category", "Action", "Content ID")
        return {tuple(str(record[column]) for column in columns) for record in sample[name]}

    assert 3_000 <= sum(len(records) for records in sample.values()) <= 4_500
    assert identities("sitewide_2026-05-12.csv") < identities("sitewide_2026-05-14.csv")
    assert identities("content_keynote_2026-05-14.csv") < identities("sitewide_2026-05-14.csv")
    assert {record["Content ID"] for record in sample["content_keynote_2026-05-14.csv"]} == {"4101"}


def test_sample_holds_the_hard_cases(sample: dict[str, list[dict[str, str]]]) -> None:
    """Damaged records, free text, hostile names and a rename are all in the sample."""
    first, second = sample["sitewide_2026-05-12.csv"], sample["sitewide_2026-05-14.csv"]
    labels = {record["Label"] for record in second if record["Label"]}
    names = {record["Content ID"]: record["Content Name"] for record in first}

    assert sum(record["Category"] is None for record in second) == 1
    assert sum(record["Date"] == "13 May, after lunch" for record in second) == 1
    assert any("\n" in label for label in labels)
    assert any('"' in label for label in labels)
    assert {"Breakout from routine", "Lesson #1: Listen First", "Accumulative Content"} <= labels
    assert any(label.startswith("Breakout from Designing for Everyone #884") for label in labels)
    assert {
        record["Content ID"]
        for record in second
        if record["Content ID"] and record["Content Name"] != names[record["Content ID"]]
    } == {"4102"}


def test_sample_tells_every_user_and_some_who_never_came(sample: dict[str, list[dict[str, str]]]) -> None:
    """The unique users are those of the activities, as they are on the last day, and four more."""
    users = sample["unique_users_2026-05-15.csv"]
    activities = sample["sitewide_2026-05-14.csv"]
    emails = {record["User ID"]: record["Email"] for record in activities}
    anonymous = [user for user in users if not user["User ID"]]

    assert len(users) == 64
    assert {user["User ID"] for user in users} - set(emails) == {"5061", "5062", "5063", "5064", ""}
    assert {user["Email Address"].lower() for user in anonymous} < set(emails.values())
    assert [user["Email Address"] for user in anonymous if user["First Name"] == "Hana"] == [
        "hana.sommerova@example.net"
    ]
    for user in users:
        if user["User ID"] in emails:
            assert user["Email Address"] == emails[user["User ID"]]
            assert user["Created"] <= user["Last Login"]
    assert {tag for user in users for tag in user["Tags"].split("; ") if tag} == {
        *("Exhibitor", "First-timer", "Member", "Speaker", "Staff"),
    }


def test_sample_files_are_dressed_as_declared(tmp_path: Path) -> None:
    """The byte order mark, the line ends and the headers are those of the four downloads."""
    write_sample(tmp_path)
    content = {name: (tmp_path / name).read_bytes() for name in SAMPLE_FILES}
    header = ",".join(HEADER).encode()

    assert content["sitewide_2026-05-12.csv"].startswith(b"\xef\xbb\xbf" + header + b"\r\n")
    assert content["sitewide_2026-05-14.csv"].startswith(header + b"\n")
    assert content["content_keynote_2026-05-14.csv"].startswith(header.replace(b",", b";") + b"\n")
    assert content["exporter_2026-05-15.csv"].startswith(b"Date/Time,Category,")
    assert sum(map(len, content.values())) < 900_000
