"""The shared copy: pseudonyms that still join, no number of few people, and never half a file."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from conftest import ROOT, open_elsewhere
from loader_fixtures import rows
from page import write_page as page_writer
from page.write_page import write_page
from publishing import share as sharer
from publishing.export_table import export
from publishing.parquet import publish_to_parquet
from publishing.publish import publish
from publishing.published_tables import left_out
from publishing.share import define_pseudonyms, minimum_for, personal_text, share
from publishing.workbook import write_workbook
from warehouse.copies import Mark, mark_of, page_mark
from warehouse.database import BLOCK_SIZE, connect, looked_into
from warehouse.errors import WarehouseError
from warehouse.mart_models import Model, read_models
from warehouse.paths import marts_path
from warehouse.salts import pseudonym_salt
from warm_start import run_warm

pytestmark = pytest.mark.slow

SALT = "a salt for the tests, and no secret"
# Five of Auk in site a, four in site b; two have no company. User 1 is of both sites.
MARTS = """
create schema marts;
create schema restricted;
create table marts.dim_users as
    select site_id || ':' || user_id as user_key, site_id, user_id::varchar as user_id, company
    from (values ('a', 1, 'Auk'), ('a', 2, 'Auk'), ('a', 3, 'Auk'), ('a', 4, 'Auk'), ('a', 5, 'Auk'), ('a', 6, null),
        ('b', 1, 'Auk'), ('b', 2, 'Auk'), ('b', 3, 'Auk'), ('b', 4, 'Auk'), ('b', 5, null))
        as v(site_id, user_id, company);
create table marts.fct_activities as
    select i as activity_key, 'a:' || (1 + i % 6) as user_key,
        case when i > 2 then 'a:' || (6 - i % 6) end as viewed_user_key,
        'a' as site_id, (1 + i % 6)::varchar as user_id, case when i % 2 = 0 then i - 1 end as opened_activity_key,
        case when i % 2 = 0 then 'a:41' else 'a:name:77:1' end as session_key,
        'a:track:' || i % 3 as course_key, i * 2 as points, 'Auk' as company,
        'r' as report_id, case when i % 6 < 4 then 'Few' end as team, 'All' as circle
    from range(1, 21) as r(i);
create table marts.fct_groups as
    select 'g' || people as group_key, 'name of ' || people as name, people, people * 10 as amount, people / 2 as mean,
        timestamp '2026-05-01' as first_at, date '2026-05-01' as day, true as is_big, people as level, 'w' as word
    from range(7) as r(people);
create table restricted.user_details as
    select user_key, site_id, user_id, case when user_id <> '2' then 'Bo' end as first_name,
        'same@mail.example' as email, company, [user_id] as tags, 3 as age
    from marts.dim_users;
create table restricted.texts as
    select activity_key, user_key, site_id,
        case activity_key when 1 then null when 2 then 'yes' when 3 then 'yes' else 'no' end as text
    from marts.fct_activities;
"""
UNCHANGED, PSEUDONYM = {"shared_as": "unchanged"}, {"shared_as": "pseudonym"}
MODELS = {
    "dim_users": Model(columns={"company": {"blank_small_groups": True}}),
    "fct_activities": Model(columns={name: {"blank_small_groups": True} for name in ("company", "team", "circle")}),
    "fct_groups": Model(
        "people",
        ("day",),
        {"level": UNCHANGED, "word": {"blank_small_groups": True}, "name": UNCHANGED, "group_key": UNCHANGED},
    ),
    "user_details": Model(
        columns={
            "first_name": {"shared_as": "user_pseudonym"},
            "company": {"blank_small_groups": True},
            "email": PSEUDONYM,
            "tags": PSEUDONYM,
        }
    ),
    "texts": Model(columns={"text": PSEUDONYM}),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse and its published copy, for each test to copy."""
    folder = tmp_path_factory.mktemp("made")
    connect(folder / "warehouse.duckdb").close()
    with connect(marts_path(folder / "warehouse.duckdb")) as connection:
        connection.execute(MARTS)
    publish(folder / "warehouse.duckdb", folder / "copy.duckdb")
    return folder


@pytest.fixture(scope="module")
def made_with_shared(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the shared copy."""
    folder = tmp_path_factory.mktemp("made_with_shared")
    shutil.copytree(made, folder, dirs_exist_ok=True)
    assert share(folder / "copy.duckdb", folder / "shared.duckdb", SALT, 5, MODELS) == 5
    return folder


@pytest.fixture
def published(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("WAREHOUSE_PATH", "PUBLISHED_PATH", "SHARED_PATH"):
        monkeypatch.setenv(name, str(tmp_path / f"{name.split('_')[0].lower()}.duckdb"))
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "copy.duckdb"


@pytest.fixture
def shared(published: Path, made_with_shared: Path) -> Path:
    shutil.copytree(made_with_shared, published.parent, dirs_exist_ok=True)
    return published.with_name("shared.duckdb")


def ask(path: Path, query: str) -> list[Any]:
    with looked_into(path) as connection:
        return rows(connection, query)


def both(published: Path, shared: Path, query: str) -> list[Any]:
    """The answer of the shared copy, which must be that of the published one."""
    answer = ask(shared, query)
    assert answer == ask(published, query)
    return answer


def test_the_tables_of_a_schema_that_is_not_shared_are_named(published: Path) -> None:
    assert left_out(published) == ""
    with duckdb.connect(str(published)) as connection:
        connection.execute("create schema ours; create table ours.fct_x (a int)")
    said = "Left out: ours.fct_x. Fix: +schema: site for these models in dbt_project.yml, then make build."
    assert left_out(published) == said


def test_the_mark_of_a_copy_is_described(published: Path, shared: Path) -> None:
    for path in (published, shared):
        assert (
            ask(path, "select comment from duckdb_columns() where table_name = 'about_this_copy' and comment is null")
            == []
        )


def test_a_user_has_one_pseudonym_in_every_table_and_column(shared: Path) -> None:
    [(key, user)] = ask(shared, "select distinct user_key, user_id from marts.fct_activities where points = 2")
    assert re.fullmatch("u_[0-9a-f]{16}", user)
    assert key == f"a:{user}"
    assert ask(shared, "select user_key from restricted.user_details where site_id || ':' || user_id <> user_key") == []
    viewed = "select distinct viewed_user_key from marts.fct_activities where viewed_user_key is not null"
    assert set(ask(shared, viewed)) <= set(ask(shared, "select user_key from marts.dim_users"))


def test_joins_and_counts_stay_as_they_were(published: Path, shared: Path) -> None:
    assert both(
        published, shared, "select count(*) from marts.fct_activities join marts.dim_users using (user_key)"
    ) == [20]
    assert both(
        published, shared, "select count(distinct user_key), count(viewed_user_key) from marts.fct_activities"
    ) == [(6, 18)]
    activities = "select count(*) from marts.fct_activities as a join"
    assert both(
        published, shared, f"{activities} marts.fct_activities as b on a.opened_activity_key = b.activity_key"
    ) == [10]
    assert both(published, shared, f"{activities} restricted.texts as b using (activity_key)") == [20]
    assert both(published, shared, "select count(*) n from restricted.texts group by text order by n") == [1, 2, 17]
    users = "select site_id, count(distinct user_id) from marts.dim_users group by 1 order by 1"
    assert both(published, shared, users) == [("a", 6), ("b", 5)]


def test_one_id_in_two_sites_is_two_people(shared: Path) -> None:
    assert ask(shared, "select count(distinct user_id) from marts.dim_users") == [11]


def test_a_later_copy_has_the_same_pseudonyms_and_another_salt_others(published: Path, shared: Path) -> None:
    keys = "select user_key from marts.dim_users union all select activity_key::varchar from marts.fct_activities"
    query = f"{keys} order by 1"
    first = ask(shared, query)
    share(published, shared, SALT, 5, MODELS)
    assert ask(shared, query) == first
    share(published, shared, SALT + "!", 5, MODELS)
    assert set(ask(shared, query)).isdisjoint(first)


def test_no_row_tells_its_user_by_its_place(shared: Path) -> None:
    keys = ask(shared, "select user_key from marts.dim_users")
    assert keys == sorted(keys)


def test_a_key_made_from_the_name_of_a_meeting_is_salted(published: Path, shared: Path) -> None:
    keys = sorted(ask(shared, "select distinct session_key from marts.fct_activities"))
    assert keys[0] == "a:41"
    assert re.fullmatch("a:name:[0-9a-f]{16}", keys[1])
    # The name of a course may be a text that is hidden.
    courses = ask(shared, "select distinct course_key from marts.fct_activities")
    assert len(courses) == 3
    assert all(re.fullmatch("a:track:[0-9a-f]{16}", key) for key in courses)


HOSTS = {"personal_page_hosts": ["linkedin.com", "x.com"], "schemes_without_host": ["mailto", "tel"]}


@pytest.mark.parametrize(
    ("text", "reaches"),
    [
        ("ask ada.okafor@post.example", True),
        ("ask ada%40post.example, or ada%2540post%252Eexample", True),
        ("ada (at) post [dot] example", True),
        ("ada&commat;post.example", True),
        ("ada&#x40;post.example", True),
        ("ada&#0064;post.example", True),
        ("ada\uff20post.example", True),
        ("ada18\u200b@example.org", True),
        ("ada19@exam\u00adple.org", True),
        ("ada\x01@example.org", True),
        ("ada9 @ example.org", True),
        ("ada9 @example.org", True),
        ("ada9@ example.org", True),
        ("ada21@example\u3002org", True),
        ("ada\ufe6bpost\uff0eexample", True),
        ("Lunch @ 12.30", False),
        ("Drinks @ Bar. Then dinner", False),
        ("Q&A @noon", False),
        ("call +41 44 555 01 23", True),
        ("Phone:+41445550123", True),
        ("+49\u2013151\u20135550014", True),
        ("+\u200b49 151 5550014", True),
        ("\uff0b\uff14\uff19\u3000\uff11\uff15\uff11\u3000\uff15\uff15\uff15\uff10\uff10\uff11\uff14", True),
        ("+49\u202f151\u00a05550014", True),
        ("2026\u201305\u201312, 10:00\u201311:00", False),
        ("?tel=%2B41445550123", True),
        ("(0041) 44/555 01 23", True),
        ("Day of 2026-05-12, 09:00 2026-05-13, 10.30-11.45", False),
        ("Room 1234567", False),
        ("1+1234567", False),
        ("https://de.linkedin.com:443/in/ada", True),
        ("leave/https%253A%252F%252Fx.com%252Fada", True),
        ("LinkedIn.com\\in\\ada", True),
        ("linkedin\uff0ecom/in/ada", True),
        ("linkedin%2Ecom/in/ada", True),
        ("linked\u200bin.com\uff0fin\uff0fada", True),
        ("mailto\uff1aada", True),
        ("How to use linkedin.com", False),
        ("netflix.com/title", False),
        ("Mailto:ada", True),
        ("go/tel%3A0445550123", True),
        ("Hotel: a room", False),
        ("", False),
    ],
)
def test_a_text_that_reaches_one_person_is_known(text: str, reaches: bool) -> None:
    with duckdb.connect() as connection:
        define_pseudonyms(connection, SALT, HOSTS)
        assert connection.execute("select reaches_person(?)", [text]).fetchall() == [(reaches,)]


def test_a_host_is_found_in_whatever_case() -> None:
    settings = {"personal_page_hosts": [" Profiles.Example "], "schemes_without_host": []}
    texts = {"profiles.example/ada": True, "a: b, c/d": False}
    for text, reaches in texts.items():
        assert duckdb.execute("select regexp_matches(?, ?)", [text, personal_text(settings)]).fetchall() == [(reaches,)]


def test_a_text_that_reaches_one_person_is_never_shared_as_it_is(published: Path) -> None:
    with connect(published) as connection:
        connection.execute(
            "create table marts.titles as select * from (values ('Slides', 'Slides'), ('ada@post.example', null),"
            " ('See +41 44 555 01 23', 'ada@post.example'), ('https://www.linkedin.com/in/ada', null))"
            " as v(title, other); alter table marts.fct_activities add column target varchar default 'ada@post.example'"
        )
        connection.execute("update marts.fct_activities set target = 'bo@post.example' where activity_key = 1")
    model = Model(columns={"title": UNCHANGED, "other": UNCHANGED}, is_about_nobody=True)
    activities = MODELS["fct_activities"]
    activities = replace(activities, columns={**activities.columns, "target": {"blank_small_groups": True}})
    target = published.with_name("shared.duckdb")
    share(published, target, SALT, 5, {**MODELS, "titles": model, "fct_activities": activities})
    found = ask(target, "from marts.titles")
    assert found[0] == ("Slides", "Slides")
    assert all(re.fullmatch("p_[0-9a-f]{16}", title) for title, _ in found[1:])
    # They still join.
    assert [other for _, other in found[1:]] == [None, found[1][0], None]
    assert ask(target, "select distinct target from marts.fct_activities order by 1") == [found[1][0], None]


def test_names_become_the_pseudonym_of_the_user_and_null_stays_null(shared: Path) -> None:
    assert ask(shared, "select count(*) from restricted.user_details where first_name = user_id") == [9]
    assert ask(shared, "select count(*) from restricted.user_details where first_name is null") == [2]


def test_every_text_of_a_restricted_table_is_hidden(shared: Path) -> None:
    [(email, tags, age)] = ask(shared, "select distinct email, tags, age from restricted.user_details")
    assert re.fullmatch("p_[0-9a-f]{16}", email)
    assert (tags, age) == (None, 3)
    assert ask(shared, "select distinct left(text, 2) from restricted.texts where text is not null") == ["p_"]


def test_rows_of_few_people_keep_their_keys_and_words_and_lose_their_numbers(shared: Path) -> None:
    found = {row[0]: row[1:] for row in ask(shared, "from marts.fct_groups")}
    assert len(found) == 7
    at, day = datetime(2026, 5, 1), date(2026, 5, 1)
    assert found["g5"] == ("name of 5", 5, 50, 2.5, at, day, True, 5, "w")
    assert found["g4"] == ("name of 4", None, None, None, None, day, None, 4, None)


def test_a_value_that_few_users_of_a_site_have_is_blank_in_every_table(shared: Path) -> None:
    for table in ("marts.dim_users", "restricted.user_details"):
        found = ask(shared, f"select site_id, company, count(*) from {table} group by all order by all")
        assert found == [("a", "Auk", 5), ("a", None, 1), ("b", None, 5)]
    assert ask(shared, "select distinct company from marts.fct_activities") == ["Auk"]


def test_many_activities_of_few_people_are_few(shared: Path) -> None:
    # Four people did fourteen activities for their team; what dim_users does not have is counted in the table itself.
    assert ask(shared, "select distinct team, circle from marts.fct_activities") == [(None, "All")]


def test_the_salt_is_made_once_and_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PSEUDONYM_SALT", raising=False)
    salt = pseudonym_salt(tmp_path / "activity.duckdb")
    assert len(salt) == 64
    assert pseudonym_salt(tmp_path / "activity.duckdb") == salt
    assert (tmp_path / "pseudonym_salt").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("PSEUDONYM_SALT", "one that was kept elsewhere")
    other = tmp_path / "other" / "activity.duckdb"
    assert pseudonym_salt(other) == "one that was kept elsewhere"
    monkeypatch.setenv("PSEUDONYM_SALT", "short")
    with pytest.raises(WarehouseError, match="shorter than 16"):
        pseudonym_salt(tmp_path / "activity.duckdb")


def test_another_salt_than_that_of_the_copies_before_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = tmp_path / "activity.duckdb"
    monkeypatch.setenv("PSEUDONYM_SALT", "one that was kept elsewhere")
    assert pseudonym_salt(warehouse) == "one that was kept elsewhere"
    # It is forgotten with the next command.
    monkeypatch.delenv("PSEUDONYM_SALT")
    with pytest.raises(
        WarehouseError, match=r"is not there, and copies were made with a salt before.*Fix: give the salt"
    ):
        pseudonym_salt(warehouse)
    assert not (tmp_path / "pseudonym_salt").exists()
    monkeypatch.setenv("PSEUDONYM_SALT", "one that was kept elsewhere!")
    with pytest.raises(WarehouseError, match=r"not the salt of the copies before.*Fix: the same PSEUDONYM_SALT"):
        pseudonym_salt(warehouse)
    monkeypatch.setenv("PSEUDONYM_SALT", " ")
    with pytest.raises(WarehouseError, match="PSEUDONYM_SALT is blank"):
        pseudonym_salt(warehouse)
    # On purpose.
    monkeypatch.delenv("PSEUDONYM_SALT")
    (tmp_path / "pseudonym_salt.check").unlink()
    assert len(pseudonym_salt(warehouse)) == 64
    (tmp_path / "pseudonym_salt").write_text("f" * 64)
    with pytest.raises(WarehouseError, match="not the salt of the copies before"):
        pseudonym_salt(warehouse)


def test_a_salt_that_is_no_text_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PSEUDONYM_SALT", raising=False)
    (tmp_path / "pseudonym_salt").write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(WarehouseError, match=r"pseudonym_salt is no text.*Fix: put the file back"):
        pseudonym_salt(tmp_path / "activity.duckdb")


@pytest.mark.parametrize("damaged", [b"", b"\xff\xfe1\x00", b"0123456789abcde", b"0123456789ABCDEF", b"0" * 17])
def test_a_check_value_that_is_damaged_is_named_and_not_the_salt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bytes
) -> None:
    monkeypatch.delenv("PSEUDONYM_SALT", raising=False)
    salt = pseudonym_salt(tmp_path / "activity.duckdb")
    (tmp_path / "pseudonym_salt.check").write_bytes(damaged)
    with pytest.raises(WarehouseError, match=r"pseudonym_salt.check is damaged.* Fix: put the file back; or delete it"):
        pseudonym_salt(tmp_path / "activity.duckdb")
    (tmp_path / "pseudonym_salt.check").unlink()
    assert pseudonym_salt(tmp_path / "activity.duckdb") == salt


def test_an_empty_file_of_salt_is_no_salt(tmp_path: Path) -> None:
    (tmp_path / "pseudonym_salt").touch()
    with pytest.raises(WarehouseError, match="holds no salt"):
        pseudonym_salt(tmp_path / "activity.duckdb")


def test_the_salt_is_nowhere_in_the_copy(shared: Path) -> None:
    assert SALT.encode() not in shared.read_bytes()


@pytest.mark.parametrize("macro", ["pseudonym_hash('user', user_key)", "pseudonym_hash(kind, value::varchar)"])
def test_two_that_get_one_pseudonym_are_refused(
    published: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, macro: str
) -> None:
    before = shared.read_bytes()
    assert macro in sharer.MACROS
    monkeypatch.setattr(sharer, "MACROS", sharer.MACROS.replace(macro, f"{macro}[:1]"))
    with pytest.raises(WarehouseError, match=r"two values of .* got one pseudonym"):
        share(published, shared, SALT, 5, MODELS)
    assert shared.read_bytes() == before
    assert not list(shared.parent.glob("*.unfinished*"))


@pytest.mark.parametrize(
    ("change", "models", "said"),
    [
        # A mart that somebody adds, in whatever schema, says what it is before it is shared.
        (
            "create table marts.fct_firms as select company, count(*) as people from marts.dim_users group by 1",
            {**MODELS, "fct_firms": Model(columns={"company": {"blank_small_groups": True}})},
            r"marts\.fct_firms does not say how many people .*Fix: count them .* fct_firms\.yml .*cohort_size: none",
        ),
        (
            "create table marts.fct_firms as select company, count(*) as people from marts.dim_users group by 1",
            {**MODELS, "fct_firms": Model("people")},
            r"marts\.fct_firms does not say whether company can name a person.*shared_as",
        ),
        (
            "create table restricted.firms as select company as firm_key, 9::ubigint as people from marts.dim_users",
            {**MODELS, "firms": Model("people")},
            r"restricted\.firms does not say whether firm_key can name",
        ),
        (
            "create table marts.kinds as select 'Auk Works'::enum('Auk Works') as kind",
            {**MODELS, "kinds": Model(is_about_nobody=True)},
            r"marts\.kinds does not say whether kind can name",
        ),
        (
            "create table marts.new as select 1 as i",
            MODELS,
            "no model says .* new .*Fix: make build, .*no model makes.* an alias",
        ),
        (
            "create table marts.ids as select '7' as user_id",
            {**MODELS, "ids": Model()},
            "has a user_id and no site_id",
        ),
        (
            "alter table marts.fct_activities drop column user_key",
            {
                **MODELS,
                "dim_users": Model(columns={"company": UNCHANGED}),
                "fct_activities": Model(
                    columns={
                        "points": {"blank_small_groups": True},
                        **{name: UNCHANGED for name in ("company", "team", "circle")},
                    }
                ),
            },
            "neither a cohort size nor users",
        ),
    ],
)
def test_what_cannot_be_shared_safely_is_not_shared(
    published: Path, change: str, models: Mapping[str, Model], said: str
) -> None:
    with connect(published) as connection:
        connection.execute(change)
    target = published.with_name("shared.duckdb")
    with pytest.raises(WarehouseError, match=said):
        share(published, target, SALT, 5, models)
    assert not target.exists()


# Ids as a platform has them; the rows of a mart of the site are these users.
SITE_MART = """
create schema if not exists site;
create table site.fct_x as
    select 'a' as site_id, (70010 + i)::varchar as user_id, 'a:' || (70010 + i) as user_key, {column}
    from range(20) as r(i);
"""


def shared_with(published: Path, column: str, meta: Mapping[str, Any] | None) -> list[Any]:
    """The values of a column, called ``x`` if it has no other name, of a mart of the site in the shared copy."""
    name = column.split(" as ")[-1]
    with connect(published) as connection:
        connection.execute(SITE_MART.format(column=column))
    target = published.with_name("shared.duckdb")
    share(published, target, SALT, 5, {**MODELS, "fct_x": Model(columns={name: meta} if meta else {})})
    return ask(target, f"select distinct {name} from site.fct_x")


@pytest.mark.parametrize(
    "column",
    [
        "(70010 + i)::bigint as member_no",
        "(70010 + i)::double as member_no",
        "49151000000 + i as phone",
        "date '1990-01-01' + i::integer as birthday",
        "date '1990-01-01' + i::integer as birth_date",
        "timestamp '1990-01-01' as born_at",
        "i % 2 = 0 as is_ill",
        "i::decimal(10, 2) as salary",
    ],
)
def test_each_column_of_a_mart_of_the_site_says_what_it_is_shared_as(published: Path, column: str) -> None:
    name = column.split(" as ")[-1]
    with pytest.raises(WarehouseError, match=rf"site\.fct_x does not say whether {name} can name a person"):
        shared_with(published, column, None)


@pytest.mark.parametrize(
    "column", ["i as chat_count", "i / 2 as attended_ratio", "i as some_seconds", "i as group_key"]
)
def test_a_measure_and_the_hash_of_a_key_need_no_word(published: Path, column: str) -> None:
    assert len(shared_with(published, column, None)) == 20


@pytest.mark.parametrize("meta", [None, UNCHANGED])
@pytest.mark.parametrize("value", ["(70010 + i)::bigint", "(70010 + i)::double", "case when i > 9 then 70010 + i end"])
def test_the_id_of_a_user_is_never_beside_the_pseudonym(
    published: Path, value: str, meta: Mapping[str, Any] | None
) -> None:
    with pytest.raises(WarehouseError, match=r'site\."fct_x" has the id of the user in chat_count, beside'):
        shared_with(published, f"{value} as chat_count", meta)


def test_the_id_of_a_user_is_found_as_a_text_and_in_a_mart_of_ours(published: Path) -> None:
    with pytest.raises(WarehouseError, match="has the id of the user in member"):
        shared_with(published, "(70010 + i)::varchar as member", UNCHANGED)
    with connect(published) as connection:
        connection.execute(
            "create table marts.members as select user_key, user_id::bigint as points from site.fct_x;"
            " drop table site.fct_x"
        )
    with pytest.raises(WarehouseError, match="has the id of the user in points"):
        share(published, published.with_name("shared.duckdb"), SALT, 5, {**MODELS, "members": Model()})


@pytest.mark.parametrize(
    ("value", "shared"),
    [("(70010 + i)::bigint", r"\d+"), ("date '1990-01-01' + i::integer", "None"), ("i % 2 = 0", "None")],
)
def test_whatever_is_to_be_a_pseudonym_is_one_or_empty(published: Path, value: str, shared: str) -> None:
    found = shared_with(published, f"{value} as x", PSEUDONYM)
    assert all(re.fullmatch(shared, str(one)) for one in found)
    assert not {str(70010 + i) for i in range(20)} & {str(one) for one in found}


@pytest.mark.parametrize(
    "name", ["site_id", "content_id", "report_id", "activity_type", "activity_family", "session_key", "room_key"]
)
def test_a_text_is_no_id_of_ours_because_its_column_is_called_so(published: Path, name: str) -> None:
    with pytest.raises(WarehouseError, match=rf'site\."fct_y" has values in {name} that no mart of ours has'):
        shared_from(published, f"select 'Ada Okafor' as {name}", {})
    [found] = shared_from(published, f"select 'Ada Okafor' as {name}", {name: PSEUDONYM})
    assert re.fullmatch("p_[0-9a-f]{16}", found)


def test_an_id_of_ours_stays(published: Path) -> None:
    assert shared_from(published, "select 'r' as report_id", {}) == ["r"]
    assert shared_from(published, "select 'a:41' as first_session_key", {}) == ["a:41"]


def shared_from(published: Path, query: str, columns: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """The shared form of a mart of the site about nobody, with one row."""
    with connect(published) as connection:
        connection.execute(f"create schema if not exists site; create or replace table site.fct_y as {query}")
    target = published.with_name("shared.duckdb")
    share(published, target, SALT, 5, {**MODELS, "fct_y": Model(columns=columns, is_about_nobody=True)})
    return ask(target, "from site.fct_y")


def test_an_e_mail_is_no_id_of_a_page(published: Path) -> None:
    with connect(published) as connection:
        connection.execute(
            "create table marts.dim_content as select 'a' as site_id, id as content_id, 'a:' || id as content_key,"
            " 'a:' || id || ':2' as session_key from (values ('41'), ('ada@post.example'), ('+41445550123')) as v(id)"
        )
    target = published.with_name("shared.duckdb")
    share(published, target, SALT, 5, {**MODELS, "dim_content": Model(is_about_nobody=True)})
    found = ask(target, "select (content_id, content_key, session_key) from marts.dim_content")
    assert found[0] == ("41", "a:41", "a:41:2")
    for content_id, content_key, session_key in found[1:]:
        assert re.fullmatch("p_[0-9a-f]{16}", content_id)
        assert content_key == f"a:{content_id}"
        assert re.fullmatch("a:p_[0-9a-f]{16}", session_key)


def test_a_mart_about_nobody_and_a_key_that_is_a_pseudonym_are_shared(published: Path) -> None:
    with connect(published) as connection:
        connection.execute("create table marts.firms as select 'Auk' as firm_key, 'x' as word, 7 as size")
    model = Model(columns={"firm_key": PSEUDONYM, "word": UNCHANGED}, is_about_nobody=True)
    target = published.with_name("shared.duckdb")
    share(published, target, SALT, 5, {**MODELS, "firms": model})
    [(key, word, size)] = ask(target, "from marts.firms")
    assert re.fullmatch("p_[0-9a-f]{16}", key)
    assert (word, size) == ("x", 7)


def test_the_shared_copy_never_replaces_what_it_is_made_from(published: Path) -> None:
    for target in (published, published.with_name("warehouse.duckdb")):
        before = target.read_bytes()
        with pytest.raises(WarehouseError, match="another SHARED_PATH"):
            share(published, target, SALT, 5, MODELS)
        assert target.read_bytes() == before


def older(path: Path) -> Path:
    """A copy as a version made it that wrote no mark into it."""
    with connect(path) as connection:
        connection.execute("drop table main.about_this_copy")
    return path


@pytest.mark.parametrize("age", ["now", "older"])
def test_neither_copy_replaces_the_other_whatever_the_path_is_called(
    published: Path, shared: Path, tmp_path: Path, age: str
) -> None:
    if age == "older":
        older(shared), older(published)
    another = tmp_path / "handed_on.duckdb"
    shared.rename(another)
    before = another.read_bytes()
    with pytest.raises(
        WarehouseError, match=r"is a shared copy, .*does not replace it\. .*Fix: another PUBLISHED_PATH"
    ):
        publish(tmp_path / "warehouse.duckdb", another)
    assert another.read_bytes() == before

    kept = tmp_path / "kept.duckdb"
    shutil.copy(published, kept)
    before = kept.read_bytes()
    with pytest.raises(WarehouseError, match=r"is a published copy, .*Fix: another SHARED_PATH"):
        share(published, kept, SALT, 5, MODELS)
    with pytest.raises(WarehouseError, match=r"is a shared copy already\. .*Fix: PUBLISHED_PATH"):
        share(another, tmp_path / "twice.duckdb", SALT, 5, MODELS)
    assert kept.read_bytes() == before


def test_a_shared_copy_that_a_tool_has_open_to_write_is_not_replaced_either(published: Path, shared: Path) -> None:
    with open_elsewhere(shared), pytest.raises(WarehouseError, match="is a shared copy"):
        publish(published.with_name("warehouse.duckdb"), shared)


def test_parquet_files_of_a_shared_copy_are_not_replaced_by_real_ones(
    published: Path, shared: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    publish_to_parquet(shared, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(WarehouseError, match=r"holds a shared copy.*Fix: another TARGET"):
        publish_to_parquet(published, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_page_with_names_does_not_replace_one_with_pseudonyms(
    published: Path, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_writer, "_pages", lambda _, mark, output: {output: f"<html>{page_mark(mark.kind)}</html>"})
    page = tmp_path / "handed on" / "index.html"
    write_page(shared, page)
    before = page.read_text()
    with pytest.raises(WarehouseError, match="is the page of a shared copy"):
        write_page(published, page)
    assert page.read_text() == before
    with pytest.raises(WarehouseError, match="which holds a shared copy"):
        write_page(published, page.with_name("own.html"))
    write_page(published, tmp_path / "own" / "index.html")


def test_the_minimum_stays_with_the_copy(published: Path, shared: Path) -> None:
    of_project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]["minimum_cohort_size"]
    assert minimum_for(shared.with_name("none.duckdb")) == of_project
    share(published, shared, SALT, 12, MODELS)
    assert minimum_for(shared) == 12
    assert "fewer than 12 people are blank" in page_writer._notice(mark_of(shared) or Mark("published"), 5)
    share(published, shared, SALT, 2, MODELS)
    assert minimum_for(shared) == of_project, "never lower than the setting of the project"


def test_a_copy_that_lost_a_row_does_not_take_the_place(
    published: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shared.read_bytes()
    monkeypatch.setattr(sharer, "read_every_block", lambda _: {"marts.dim_users": 10})
    with pytest.raises(WarehouseError, match=r"marts\.dim_users got 10 rows of 11"):
        share(published, shared, SALT, 5, MODELS)
    assert shared.read_bytes() == before


def damage(path: Path) -> None:
    """Change a byte of each block without which the file can still be opened, so that no table can be read."""
    content = bytearray(path.read_bytes())
    for place in range(0x3000 + 100, len(content), BLOCK_SIZE):
        content[place] ^= 0xFF
        path.write_bytes(content)
        try:
            mark_of(path)
        except WarehouseError:
            content[place] ^= 0xFF
            path.write_bytes(content)


READS: dict[str, Callable[[Path, Path], object]] = {
    "shared.duckdb": lambda copy, target: share(copy, target, SALT, 5, MODELS),
    "parquet": publish_to_parquet,
    "a.xlsx": lambda copy, target: write_workbook(copy, target, "UTC", "marts.fct_activities"),
    "a.csv": lambda copy, target: export("marts.fct_activities", copy, copy, target),
}


@pytest.mark.parametrize("target", READS)
def test_a_damaged_copy_is_named_and_replaces_nothing(published: Path, target: str) -> None:
    place = published.with_name(target)
    READS[target](published, place)
    before = {path: path.read_bytes() for path in [place, *place.rglob("*")] if path.is_file()}
    damage(published)

    with pytest.raises(WarehouseError, match=r"copy\.duckdb is damaged: Corrupt.* Fix: delete it\. Then: make build"):
        READS[target](published, place)
    assert {path: path.read_bytes() for path in [place, *place.rglob("*")] if path.is_file()} == before
    published.write_bytes(published.read_bytes()[:-70_000])
    cut = r"copy\.duckdb (is damaged|is cannot be read): .*Could not read.* Fix: delete it"
    with pytest.raises(WarehouseError, match=cut):
        READS[target](published, place)


def test_two_at_once_wait_for_each_other(published: Path, tmp_path: Path) -> None:
    """Four commands write one copy, and whoever reads it meanwhile never finds half of it."""
    program = (
        "import pickle, sys; from pathlib import Path; sys.path.insert(0, sys.argv[3]);"
        "from publishing.share import share;"
        "share(Path(sys.argv[1]), Path(sys.argv[2]), *pickle.loads(bytes.fromhex(sys.argv[4])))"
    )
    target = tmp_path / "together.duckdb"
    asked = [str(published), str(target), str(ROOT / "scripts"), pickle.dumps((SALT, 5, MODELS)).hex()]
    running = [
        subprocess.Popen([sys.executable, "-c", program, *asked], stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    counts: list[Any] = []
    while any(process.poll() is None for process in running):
        if target.exists():
            counts += ask(target, "select count(*) from marts.fct_activities")
        time.sleep(0.02)
    assert [process.wait() for process in running] == [0] * 4, [process.communicate() for process in running]
    assert counts == [20] * len(counts)
    assert sorted(path.name for path in tmp_path.glob("*together*")) == ["together.duckdb"]


def test_the_command_says_what_is_missing(published: Path, tmp_path: Path) -> None:
    published.unlink()
    done = run_warm(["scripts/share.py"], ROOT, os.environ, needs_dbt=False)
    assert done.returncode == 1
    assert "there is no published copy" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_models_say_what_the_copy_needs() -> None:
    ways = {"user_pseudonym", "pseudonym", "unchanged"}
    for name, model in read_models().items():
        assert model.grain, name
        assert model.cohort_size is None or model.cohort_size in model.columns, name
        for column, meta in model.columns.items():
            assert meta.get("shared_as") in {None, *ways}, (name, column)
            # What the owner of a site says of the own people distinguishes them from others in a small company.
            assert column != "company" or meta.get("blank_small_groups"), (name, column)


def test_a_pseudonym_is_the_head_of_a_salted_sha256() -> None:
    with duckdb.connect() as connection:
        connection.execute(f"set variable salt = '{SALT}'; {sharer.MACROS}")
        [(user, key)] = rows(connection, "select user_pseudonym('a', '7'), user_key_pseudonym('a:7')")
    assert user == "u_" + hashlib.sha256(f"{SALT}user:a:7".encode()).hexdigest()[:16]
    assert key == f"a:{user}"
