"""`make name`: unknown words as decisions, the questions, the rows that they write, and what may leave the machine."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from types import MappingProxyType

import duckdb
import pytest
from rich.console import Console

from conftest import ROOT, Project, copy_project
from naming.aliases import SITE_ALIASES, Alias, add_aliases, read_accepted, remove_aliases
from naming.dialog import Dialog
from naming.dictionary import OTHER, nearest, read_dictionary, search
from naming.run import effect_of, list_decisions
from naming.seed_csv import SeedError, read_seed_csv
from naming.unknown import Candidate, Decision, Pair, Pattern, decisions_of, escaped_pattern, general_pattern
from naming.words import exported, may_leave, shape, vocabulary
from page.reference import ACTIVITY_TYPES, activity_types_page

DICTIONARY = read_dictionary(ROOT)
HEADER = "site_id,category_pattern,action_pattern,label_state,activity_type,priority,note"


def pair(category: str, action: str = "", *types: str, records: int = 1, people: int = 9, site: str = "main") -> Pair:
    """Unknown words with what they might mean."""
    candidates = tuple(Candidate(one, 0.9 - place / 10, "words") for place, one in enumerate(types))
    return Pair(site, category, action, records, people, ("xxxx",), candidates)


def asked(
    decisions: Iterable[Decision],
    answers: Iterable[str],
    path: Path,
    recognised: Iterable[tuple[str, str, str, str, int]] = (),
    shapes: Mapping[tuple[str, str], Mapping[str, int]] = MappingProxyType({}),
) -> tuple[str, list[list[str]]]:
    """What the questions print for these answers, and the rows of the file afterwards."""
    if not path.exists():
        path.write_text(HEADER + "\n", encoding="utf-8")
    console = Console(file=StringIO(), width=200)
    lines = iter(answers)

    def read() -> str:
        answer = next(lines, None)
        if answer is None:
            raise EOFError
        return answer

    Dialog(DICTIONARY, tuple(recognised), path, console, read, shapes).run(list(decisions))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue(), list(csv.reader(path.read_text(encoding="utf-8").splitlines()))[1:]


def test_attendance_comes_first_then_points_then_records() -> None:
    pairs = [
        pair("seen", "page", "content_viewed", records=900),
        pair("talk", "sent", "chat_message_sent", records=40),
        pair("room", "in", "content_viewed", "session_joined", records=3),
        pair("said", "it", "comment_posted", records=50),
    ]
    assert [decision.text for decision in decisions_of(pairs, DICTIONARY)] == [
        "room / in",
        "said / it",
        "talk / sent",
        "seen / page",
    ]


def test_the_same_words_are_one_decision_whatever_their_case_and_site() -> None:
    pairs = [pair("Room", "In", records=2), pair("room", "IN", records=3), pair("room", "in", records=4, site="other")]
    [decision] = decisions_of(pairs, DICTIONARY)
    assert (decision.records, decision.general) == (9, None)
    assert [pattern.text for pattern in decision.literals] == ["room / in"]


def test_siblings_are_one_decision_and_other_words_stay_apart() -> None:
    pairs = [
        pair("Poll - Coffee or tea?", "Question", "poll_answered", records=2),
        pair("poll - Where?", "question", "poll_answered", records=3),
        pair("Rating - Pace", "Question", "rating_answered"),
        pair("Chat - Private", "Message"),
    ]
    decisions = {decision.text: decision for decision in decisions_of(pairs, DICTIONARY)}
    assert set(decisions) == {"poll - * / question", "Rating - Pace / Question", "Chat - Private / Message"}
    assert decisions["poll - * / question"].records == 5
    assert decisions["Rating - Pace / Question"].general is None


def test_texts_of_one_form_that_mean_different_things_are_decided_one_by_one(tmp_path: Path) -> None:
    joined, left = pair("Web: Joined", "Go", "session_joined"), pair("Web: Left", "Go", "session_left")
    apart = decisions_of([joined, left], DICTIONARY)
    assert [(decision.text, decision.general) for decision in apart] == [
        ("Web: Joined / Go", None),
        ("Web: Left / Go", None),
    ]
    # Where most mean one thing, the pattern is offered, and shows what else it takes.
    more = [pair(f"Web: {name}", "Go", "session_joined") for name in ("Entered", "In")]
    decisions = decisions_of([joined, left, *more, pair("Web: Ping", "Go")], DICTIONARY)
    assert [(decision.text, len(decision.pairs)) for decision in decisions] == [
        ("web: * / go", 4),
        ("Web: Left / Go", 1),
    ]
    shown, _ = asked(decisions[:1], ["1", "1", "1"], tmp_path / "aliases.csv")
    assert "Web: Left / Go (1), which may be session_left" in shown


@pytest.mark.parametrize(
    ("category", "action", "pattern"),
    [
        ("Poll: What is a tide?", "Answer", "poll: * / answer"),
        ("Poll:What is a tide?", "Answer", "poll:* / answer"),
        ("Poll – Tide", "", "poll – * / (blank)"),
        ("Answer", "poll | tide", "answer / poll | *"),
        ("poll_what_is_a_tide", "question", "poll_* / question"),
        ("view_full_profile", "click", None),
        ("CE/CME", "Earned", None),
        ("On-demand", "View", None),
        ("*5* - really", "", r"\*5\* - * / (blank)"),
    ],
)
def test_a_text_of_the_events_own_becomes_any_text(category: str, action: str, pattern: str | None) -> None:
    found = general_pattern(pair(category, action))
    assert (found.text if found else None) == pattern


def test_a_pattern_takes_what_dbt_would_take() -> None:
    # As macros/wildcard_match.sql: case and blanks around are ignored, * is any text, \* an asterisk.
    assert Pattern("poll: *", "answer").takes(" Poll: Tea? ", "ANSWER")
    assert not Pattern("poll: *", "answer").takes("Polls: Tea?", "Answer")
    assert Pattern(escaped_pattern("*****"), "").takes("*****", "")
    assert not Pattern(escaped_pattern("*****"), "").takes("Review", "")
    assert not Pattern("a.c", "").takes("abc", "")


def test_an_answer_is_written_at_once_and_the_end_of_the_input_keeps_it(tmp_path: Path) -> None:
    decisions = decisions_of([pair("talk", "sent", "comment_posted", "chat_message_sent"), pair("x", "y")], DICTIONARY)
    shown, rows = asked(decisions, ["2"], tmp_path / "aliases.csv")
    assert rows == [["main", "talk", "sent", "any", "chat_message_sent", "50", ""]]
    assert "1 of 2   talk / sent" in shown
    assert "Sent a message in a chat panel (points)" in shown
    assert "labels: xxxx" in shown


@pytest.mark.parametrize(("answer", "written"), [("1", "session_joined"), ("2", "session_attend_clicked"), ("", None)])
@pytest.mark.parametrize("way", ["1", "session_attend_clicked", "s"])
def test_attend_against_joined_is_always_asked(answer: str, written: str | None, way: str, tmp_path: Path) -> None:
    decisions = [Decision((pair("room", "attend", "session_joined"),))]
    found = [one.activity_type for one in search(DICTIONARY, "entered live session")]
    chosen = [way] if way != "s" else ["s", "entered live session", str(found.index("session_joined") + 1)]
    shown, rows = asked(decisions, [*chosen, answer], tmp_path / "aliases.csv")
    assert "no attendance" in shown
    assert [row[4] for row in rows] == ([written] if written else [])


def test_one_can_skip_keep_as_something_else_and_go_back(tmp_path: Path) -> None:
    decisions = [Decision((pair(name, "", "content_liked"),)) for name in ("one", "two", "three")]
    _, rows = asked(decisions, ["", "1", "b", "o", "7", "q"], tmp_path / "aliases.csv")
    assert rows == [["main", "two", "", "any", "other_activity", "50", ""]]


def test_what_was_decided_before_is_taken_back(tmp_path: Path) -> None:
    decisions = [Decision((pair(name, "", "content_liked"),)) for name in ("one", "two")]
    shown, rows = asked(decisions, ["1", "b", "", "", "b"], tmp_path / "aliases.csv")
    assert rows == []
    shown, rows = asked(decisions, ["b", "1"], tmp_path / "other.csv")
    assert "This is the first one." in shown
    assert len(rows) == 1


def test_a_preview_shows_what_a_row_takes_and_what_it_takes_from_others(tmp_path: Path) -> None:
    decisions = decisions_of([pair("Poll: Tea?", "Go", "poll_answered"), pair("Poll: Milk?", "Go")], DICTIONARY)
    there = [
        ("main", "Poll: Rating", "Go", "rating_answered", 12),
        ("other", "Poll: Elsewhere", "Go", "rating_answered", 13),
        ("main", "Polls", "Go", "content_viewed", 14),
    ]
    shown, rows = asked(decisions, ["1", "1"], tmp_path / "aliases.csv", there)
    assert "Poll: Rating / Go (12), which is rating_answered today" in shown
    assert "Elsewhere" not in shown and "Polls / Go" not in shown
    assert rows == [["main", "poll: *", "go", "any", "poll_answered", "50", ""]]


def test_the_texts_alone_can_be_named(tmp_path: Path) -> None:
    decisions = decisions_of([pair("Poll: Tea?", "Go", "poll_answered"), pair("Poll: 5*?", "Go")], DICTIONARY)
    _, rows = asked(decisions, ["1", "2"], tmp_path / "aliases.csv")
    assert {row[1] for row in rows} == {"Poll: Tea?", r"Poll: 5\*?"}


def test_another_pattern_can_be_written_if_it_takes_the_texts(tmp_path: Path) -> None:
    decisions = [Decision((pair("free_text_what_is_a_tide", "question"),), Pattern("free_*", "question"))]
    shown, rows = asked(decisions, ["poll_answered", "text_*", "free_text_*", "1"], tmp_path / "aliases.csv")
    assert "text_* / question does not take all of these texts." in shown
    assert "free_text_* / question takes:" in shown
    assert rows == [["main", "free_text_*", "question", "any", "poll_answered", "50", ""]]


def test_a_search_finds_by_meaning_and_says_if_it_finds_nothing(tmp_path: Path) -> None:
    assert search(DICTIONARY, "raised hands")[0].activity_type == "hand_raised"
    assert {one.activity_type for one in search(DICTIONARY, "chat")} == {"chat_message_sent"}
    shown, rows = asked([Decision((pair("x", "y"),))], ["n", "zzzz", "chat", "1"], tmp_path / "aliases.csv")
    assert "There is no n here." in shown and "these are the first" not in shown
    assert "No activity type has 'zzzz'" in shown
    assert rows[0][4] == "chat_message_sent"


def test_every_type_can_be_found_by_its_name_and_the_unrecognised_is_none() -> None:
    assert "unrecognised" not in DICTIONARY
    assert len(DICTIONARY) > 45
    for name, found in DICTIONARY.items():
        assert name in [one.activity_type for one in search(DICTIONARY, found.name)]


@pytest.mark.parametrize(
    ("before", "added"),
    [
        (HEADER + "\n", "main,Talk,Sent,any,chat_message_sent,50,\n"),
        (HEADER + "\r\n", "main,Talk,Sent,any,chat_message_sent,50,\r\n"),
        (
            "\ufeff" + HEADER.replace(",", ";") + "\r\nm;a;b;any;other_activity;50;mine",
            "\r\nmain;Talk;Sent;any;chat_message_sent;50;\r\n",
        ),
        (HEADER + ",label_shape\n", "main,Talk,Sent,any,chat_message_sent,50,,\n"),
        (
            HEADER + '\n main,"A ""b""", x ,any,other_activity,50,"mine, and ""mine"""\n',
            "main,Talk,Sent,any,chat_message_sent,50,\n",
        ),
    ],
)
def test_the_file_keeps_its_form_and_the_users_rows(before: str, added: str, tmp_path: Path) -> None:
    path = tmp_path / "aliases.csv"
    path.write_bytes(before.encode())
    alias = Alias("main", "Talk", "Sent", "chat_message_sent")
    add_aliases(path, [alias])
    assert path.read_bytes().decode() == before + added
    remove_aliases(path, [alias])
    assert path.read_bytes().decode().rstrip("\r\n") == before.rstrip("\r\n")


def test_a_row_with_the_same_pattern_makes_room(tmp_path: Path) -> None:
    path = tmp_path / "aliases.csv"
    path.write_text(HEADER + "\nmain,TALK,sent,any,,50,\nmain,kept,,any,content_liked,50,x\n", encoding="utf-8")
    add_aliases(path, [Alias("main", "Talk", "Sent", "chat_message_sent")])
    assert path.read_text(encoding="utf-8").splitlines()[1:] == [
        "main,kept,,any,content_liked,50,x",
        "main,Talk,Sent,any,chat_message_sent,50,",
    ]


NAMES = ("session_joined", "session_left", "liked", "reaction_sent")


def test_accepted_rows_are_checked_all_or_none(tmp_path: Path) -> None:
    path = tmp_path / "filled.csv"
    path.write_text(
        "category_pattern;action_pattern;activity_type\nroom;in;session joined\nroom;out;session_left\n"
        "open;;\nx;y;qqq\n",
        encoding="utf-8",
    )
    aliases, troubles = read_accepted(path, DICTIONARY, ["main"])
    assert aliases == [Alias("main", "room", "out", "session_left")]
    assert troubles == [
        "filled.csv, line 2: unknown activity type `session joined`; did you mean `session_joined`?",
        "filled.csv, line 5: unknown activity type `qqq`; all of them: docs/reference/activity_types.md",
    ]
    path.write_text(
        "category_pattern,action_pattern,activity_type\n*,*,session_joined\n*****,,liked\n\\*\\*,,reaction_sent\n"
        "room,in,session_joined\nROOM,in,session_left\n",
        encoding="utf-8",
    )
    aliases, troubles = read_accepted(path, {name: DICTIONARY["session_joined"] for name in NAMES}, ["main"])
    assert [alias.activity_type for alias in aliases] == ["reaction_sent", "session_joined"]
    assert [trouble.partition(". Fix")[0] for trouble in troubles] == [
        "filled.csv, line 2: it would take every record",
        "filled.csv, line 3: it would take every record",
        "filled.csv, line 6: `ROOM / in` is session_joined in a row before it, and session_left here",
    ]
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SeedError, match=r"filled\.csv, line 1: there is no column category_pattern\. Fix: "):
        read_accepted(path, DICTIONARY, ["main"])


MARTS = """
create schema marts;
create schema restricted;
create table marts.report_reconciliation as
    from (values ('main', 36, 0, 1874))
    as v(site_id, landed_understood_count, landed_other_activity_count, landed_count);
create table marts.fct_session_attendance as from (values (true)) as v(is_attended);
create table marts.unrecognised_activities as
    from (values
        ('main', 'Poll: Ada''s boss?', 'Go', 8, 8, null, 'poll_answered', 0.9, 'words: poll'),
        ('main', 'Talk', 'Sent', 9, 9, 'xx nn', 'chat_message_sent', 0.8, 'words: sent'))
    as v(site_id, category, action, activity_count, unique_user_count, example_labels,
        candidate_1_activity_type, candidate_1_score, candidate_1_reason);
alter table marts.unrecognised_activities add column candidate_2_activity_type varchar;
alter table marts.unrecognised_activities add column candidate_2_score double;
alter table marts.unrecognised_activities add column candidate_2_reason varchar;
alter table marts.unrecognised_activities add column candidate_3_activity_type varchar;
alter table marts.unrecognised_activities add column candidate_3_score double;
alter table marts.unrecognised_activities add column candidate_3_reason varchar;
create table marts.patterns_to_confirm as
    from (values ('main', 'Heart', 'Clicked', 5, 5, 'content_liked', 'normalised', 'content liked'))
    as v(site_id, category, action, activity_count, unique_user_count, activity_type, alias_evidence, alias_pattern);
create table marts.dim_content_names as from (values ('Opening')) as v(content_name);
create table restricted.user_details as
    from (values ('Ada Quill', 'ada@x.example', 'Fern')) as v(full_name, email, company);
"""


@pytest.fixture
def named_project(tmp_path: Path) -> Project:
    """A project with a published copy that holds unknown words."""
    project = copy_project(tmp_path)
    with duckdb.connect(str(project.published)) as connection:
        connection.execute(MARTS)
    return project


def named(project: Project, *options: str, answers: str = "") -> str:
    """What `make name` prints for these options and answers."""
    done = subprocess.run(
        [sys.executable, "scripts/name_activities.py", *options],
        cwd=project.root,
        env={**os.environ, "PUBLISHED_PATH": str(project.published), "WAREHOUSE_PATH": str(project.warehouse)},
        input=answers,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_command_asks_writes_and_says_what_is_next(named_project: Project) -> None:
    printed = named(named_project, answers="1\n1\n2\ny\n1\nn\n")
    assert printed.startswith("Understood 36 of 1,874 records (1 %).\n2 questions name the other words: 17 activities.")
    assert "1 more was recognised by a guess (5 activities)" in printed
    assert "3 rows were added to seeds/site/site_activity_aliases.csv." in printed
    assert printed.rstrip().endswith("Next: make build")
    rows = (named_project.root / SITE_ALIASES).read_text(encoding="utf-8").splitlines()[-3:]
    assert rows == [
        "main,Talk,Sent,any,chat_message_sent,50,,",
        "main,Poll: Ada's boss?,Go,any,poll_answered,50,,",
        "main,Heart,Clicked,any,content_liked,50,,",
    ]


@pytest.mark.slow
def test_after_the_end_of_the_input_nothing_is_asked(named_project: Project) -> None:
    printed = named(named_project, answers="1\n")
    assert "1 row was added" in printed
    assert "Build again now" not in printed and "Look at them now" not in printed
    assert printed.rstrip().endswith("Next: make build")


def test_an_accepted_row_shows_what_it_takes() -> None:
    unknown = [pair("Room", "In", records=4), pair("Room", "Inside", records=2), pair("Room", "In", site="other")]
    recognised = [("main", "Room", "Info", "content_viewed", 7), ("main", "Room", "Into", "session_joined", 5)]
    alias = Alias("main", "room", "in*", "session_joined")
    said = effect_of(alias, unknown, recognised, ["main", "other"])
    assert "2 unknown texts (6 activities)" in said
    assert "1 that mean something else today: Room / Info (7, content_viewed)" in said
    assert "session_attend_clicked for who only planned to" in said
    everywhere = effect_of(Alias("", "Room", "In", "chat_message_sent"), unknown, [], ["main", "other"])
    assert everywhere.endswith("2 unknown texts (5 activities).")


def test_one_pair_is_named_by_what_its_labels_show(tmp_path: Path) -> None:
    decisions = [Decision((pair("Link", "Go", "external_link_clicked", "internal_link_clicked"),))]
    shapes = {("link", "go"): {"url": 5, "slug": 3, "text": 1}}
    path = tmp_path / "aliases.csv"
    shown, rows = asked(decisions, ["l", "1", "2", ""], path, shapes=shapes)
    assert "name its records by what the label shows: url 5, slug 3, text 1" in shown
    assert path.read_text(encoding="utf-8").splitlines()[0] == f"{HEADER},label_shape"
    assert [(row[4], row[7]) for row in rows] == [("external_link_clicked", "url"), ("internal_link_clicked", "slug")]
    shown, _ = asked(decisions, ["q"], tmp_path / "other.csv", shapes={("link", "go"): {"url": 5}})
    assert "by what the label shows" not in shown


@pytest.mark.slow
def test_without_an_answer_nothing_is_written(named_project: Project) -> None:
    before = (named_project.root / SITE_ALIASES).read_bytes()
    assert named(named_project).rstrip().endswith("Nothing was written.")
    assert (named_project.root / SITE_ALIASES).read_bytes() == before


@pytest.mark.slow
def test_without_a_terminal_the_words_are_listed_exported_and_accepted(named_project: Project) -> None:
    listed = named(named_project, "--list")
    assert "Talk / Sent\n   9 activities, 9 people, labels: xx nn\n   chat_message_sent 0.80: words: sent" in listed
    words = named_project.root / "words.csv"
    assert "2 unknown words are in" in named(named_project, "--export", str(words))
    text = words.read_text(encoding="utf-8")
    assert "Ada" not in text and "boss" not in text
    words.write_text(text.replace("Talk,Sent,,", "Talk,Sent,chat_message_sent,"), encoding="utf-8")
    accepted = named(named_project, "--accept", str(words))
    assert accepted == (
        "Talk / Sent = chat_message_sent: 1 unknown text (9 activities).\n"
        "1 row was added to seeds/site/site_activity_aliases.csv. Next: make build\n"
    )
    rows = (named_project.root / SITE_ALIASES).read_text(encoding="utf-8").splitlines()
    assert rows[-1] == "main,Talk,Sent,any,chat_message_sent,50,,"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty. Fix: "),
        (
            HEADER.encode() + b"\nmain,caf\xe9\n",
            'line 2: these letters are not UTF-8. Fix: save the file as "CSV UTF-8"',
        ),
        (HEADER.encode() + b'\nmain,"open\n', "line 2: a quotation mark"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_in_words(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "aliases.csv"
    path.write_bytes(content)
    with pytest.raises(SeedError) as caught:
        read_seed_csv(path)
    assert said in str(caught.value)


def test_the_nearest_value_is_found_whatever_its_form() -> None:
    assert nearest("Session Joined", DICTIONARY) == "session_joined"
    assert nearest("chat-mesage-sent", DICTIONARY) == "chat_message_sent"
    assert nearest("zzz", DICTIONARY) is None


KNOWN = {"poll", "chat", "message", "session", "mark", "question"}


@pytest.mark.parametrize(
    ("text", "people", "leaves"),
    [
        ("Chat Message", 1, True),
        ("chatMessage", 1, True),
        ("Wave", 1, False),
        ("Wave", 5, True),
        ("Is it late?", 50, False),
        ("one two three four five", 50, False),
        ("ada@x.example", 50, False),
        ("Ada Session", 50, False),
        ("Opening Keynote", 50, False),
        ("https://x.example", 50, False),
        ("Mark", 50, True),
        # A spreadsheet would run it, or it is the number of a phone or a card.
        ("=1+1", 50, False),
        (" -Poll", 50, False),
        ("\ufeff@Poll", 50, False),
        ("+41 79 123 45 67", 50, False),
        ("4242 4242 4242 4242", 50, False),
    ],
)
def test_what_may_leave_the_machine(text: str, people: int, leaves: bool) -> None:
    assert may_leave(text, people, KNOWN, {"ada", "mark"}, {"opening keynote"}, 5) is leaves


def test_an_export_generalises_or_leaves_out_what_people_wrote() -> None:
    decisions = decisions_of(
        [
            pair("Poll: Are you Ada's boss?", "Question", "poll_answered", records=3),
            pair("Ada Quill", "Chat", "chat_message_sent"),
            pair("my secret", "is out"),
            pair("Wave", "", people=2),
            pair("sorting_order_her_steps", "question"),
        ],
        DICTIONARY,
    )
    rows = exported(decisions, DICTIONARY, known=KNOWN, names={"ada", "quill"}, pages=set(), minimum=5)
    assert [(row["category_pattern"], row["action_pattern"], row["activities"]) for row in rows] == [
        ("poll: *", "question", "3"),
        ("my secret", "is out", "1"),
        ("sorting_*", "question", "1"),
    ]
    assert {row["label_shapes"] for row in rows} == {"word"}


def test_an_export_leaves_out_texts_of_one_form_that_mean_different_things() -> None:
    joined, left = pair("Web: Ferry", "Go", "session_joined"), pair("Web: Lantern", "Go", "session_left")
    more = [pair(f"Web: {name}", "Go", "session_joined") for name in ("Tide", "Osprey")]

    def patterns(*pairs: Pair) -> list[str]:
        decisions = decisions_of(pairs, DICTIONARY)
        rows = exported(decisions, DICTIONARY, known=KNOWN, names=set(), pages=set(), minimum=5)
        return [row["category_pattern"] for row in rows]

    assert patterns(joined, left) == []
    assert patterns(joined, left, *more) == ["web: *"]


def test_labels_leave_as_shapes_only() -> None:
    labels = ["xxxxx://xxx.xx/xx", "xx@xx.xx", "nn %", "n.n", "Xxx xx", "xxx"]
    assert list(map(shape, labels)) == ["url", "address", "percent", "number", "words", "word"]


def test_the_vocabulary_is_of_the_dictionary_and_no_name_of_the_sample() -> None:
    known = vocabulary(ROOT)
    assert {"session", "joined", "chat", "poll"} <= known
    assert not known & {"tide", "osprey", "lantern"}


def test_the_page_of_activity_types_is_the_dictionary() -> None:
    def shipped(page: str) -> list[str]:
        """A fork may write its own types to the page, or leave it as it is."""
        own = {f"| `{one.activity_type}` " for one in DICTIONARY.values() if one.evidence == "site"} - {f"| `{OTHER}` "}
        return [line for line in page.splitlines() if not line.startswith(tuple(own))]

    page = ACTIVITY_TYPES.read_text(encoding="utf-8")
    assert shipped(page) == shipped(activity_types_page()), "Fix: .venv/bin/python scripts/write_reference.py"
    for name, found in DICTIONARY.items():
        if found.evidence != "site":
            assert f"`{name}` | {found.meaning}" in page


def test_a_list_of_no_words_says_so() -> None:
    console = Console(file=StringIO(), record=True)
    list_decisions([], console)
    assert console.export_text() == "No word of the reports is unknown.\n"
