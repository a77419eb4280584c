"""Forget a person: take a user out of everything from raw to the copies, and keep them out.

The parts that are removed, replaced and left are described in docs/how_to/personal_data.md. Raw is changed in one
transaction. What follows (a compacted file, the build, the copies) can be done again: the same command goes on where
another was interrupted.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
from rich.console import Console

from building.rebuild import Files, rebuild, require_places
from building.unchanged import BUILT
from landing.declarations import half_corrected
from landing.forgotten import FIELDS, remember_others, remember_person, remembered
from landing.identities import known_mailbox, mailboxes, unless_forgotten
from landing.landed import landed_before
from landing.left_out import NAMED_REASON, REASON
from landing.options import DEFAULT_REPORTS
from landing.scrubbing import UNSCRUBBED, Names, Place, find_names, names_of, replace_named, without_names
from naming.seed_csv import SeedError, read_seed_csv
from page.write_page import page_path, pages_at, shared_page_path
from publishing.places import PLACES, publish_again
from removal.journal import FORGET, JOURNAL, Task, begin, end
from removal.people import Identities, identities_of, known_elsewhere, require_sure, spellings_of
from removal.verify import left_in_file, left_in_reports, left_in_texts
from reports.ids import id_of, known_id, same_ids, same_ids_of
from warehouse.command_line import counted, one_line
from warehouse.database import identifier, number_of, text_of, transaction
from warehouse.errors import WarehouseError
from warehouse.locks import only_writer
from warehouse.paths import PROJECT_ROOT, marts_path
from warehouse.raw import TEXTS, delete_records, renumber_copies
from warehouse.raw_tables import prepare_raw
from warehouse.rejections import Kind

# The tables of records, and the manifests that count them.
RECORDS = {"activities": "reports", "users": "user_reports"}
MANIFESTS = (
    "(select report_id, site_id, file_name from raw.reports"
    " union all select report_id, site_id, file_name from raw.user_reports)"
)
# The same, where two of one name can be told apart.
NAMED_REPORTS = """(
    select report_id, site_id, concat(file_name, case when count(*) over (partition by file_name) > 1 then
        ' (' || concat_ws(', ', nullif(concat_ws(' to ', first_date, last_date), ''), 'report ' || report_id) || ')'
    end) as file_name
    from (
        select report_id, site_id, file_name, first_occurred_at::date as first_date, last_occurred_at::date as last_date
        from raw.reports
        union all select report_id, site_id, file_name, report_date, null from raw.user_reports
    )
)"""
SITE_SEEDS = PROJECT_ROOT / "seeds" / "site"


class UnknownUser(WarehouseError):
    """Nobody is known by this id."""


@dataclass(frozen=True)
class Request:
    """Whom a command is to forget, as it was asked.

    Attributes:
        user_id: an id of the person, or the e-mail of one without an id.
        site_id: the site; None if the id is of one site only.
        also: names and e-mails that others may use for the person.
        is_same_email_same: whether other ids with the same e-mail are the same person; None if it is not declared.
        is_dry_run: whether nothing is to be changed, and only said what there is.
        is_spelling_same: whether other forms of the id are the same person; None if it is not declared.
    """

    user_id: str
    site_id: str | None = None
    also: Sequence[str] = ()
    is_same_email_same: bool | None = None
    is_dry_run: bool = False
    is_spelling_same: bool | None = None


@dataclass(frozen=True)
class Person:
    """Who is to be forgotten, and how the records call them."""

    site_id: str
    user_id: str
    emails: tuple[str, ...]
    names: Names
    is_remembered: bool
    other_ids: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()

    @property
    def user_ids(self) -> list[str]:
        """All ids of the person."""
        return list(dict.fromkeys([self.user_id, *self.other_ids]))

    @property
    def forms(self) -> list[str]:
        """These ids in each form."""
        return [form for user_id in self.user_ids for form in same_ids_of(user_id)]

    @property
    def parameters(self) -> dict[str, object]:
        """The parameters of the statements below."""
        return {"site": self.site_id, "user": self.user_ids, "emails": mailboxes(self.emails)}


@dataclass
class Traces:
    """What holds the person.

    Attributes:
        records: records that are theirs, by the name of the report.
        named: texts of others that name them, by table and column.
        rejected: rejected records that name them, by the name of the report.
    """

    records: dict[str, int] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)


OF_SITE = f"report_id in (select report_id from {MANIFESTS} where site_id = $site)"
HAS_IDENTITY = (
    f"({known_id('user_id')} = any($user)"
    f" or ({known_id('user_id')} = '' and list_contains($emails, {known_mailbox('email')})))"
)
IS_THEIRS = f"({OF_SITE} and {HAS_IDENTITY})"
DETAILS = ", ".join(map(unless_forgotten, ("first_name", "last_name", "email")))
REJECTED_TEXTS = ("record_text", "rejected_value", "reason")
HAS_FIELD = " or ".join(
    f"coalesce(list_bool_or(list_transform(regexp_split_to_array({column}, {text_of(ends)}),"
    f" lambda field: list_has_any({same_ids('field')}, $fields))), false)"
    for column in REJECTED_TEXTS
    for ends in FIELDS
)
# Whether a rejected record holds the id in a field of its own, or a name or an e-mail anywhere.
NAMES_THEM = f"({HAS_FIELD} or raw.rejected_records.rowid in (select row_id from named where place = $place))"


def find_person(
    connection: duckdb.DuckDBPyConnection,
    user_id: str,
    site_id: str | None,
    also: Iterable[str] = (),
    other_ids: Iterable[str] = (),
) -> Person:
    """The user of an id, with all names and e-mails in their records.

    Args:
        connection: the warehouse.
        user_id: the platform's id, or the e-mail of a user who is only in a unique users report, without an id.
        site_id: the site; None if the id is of one site only.
        also: names and e-mails that others may use for the person.
        other_ids: ids that are the same person (removal.people).

    Raises:
        WarehouseError: no user is known by this id, or several are.
    """
    prepare_raw(connection)
    user_id = id_of(user_id)
    if not user_id:
        raise UnknownUser("there is no user without an id. Nothing was changed. Fix: USER_ID=…")
    also = list(also)
    # An e-mail stands for a user whom no report gives an id.
    own = [user_id] if "@" in user_id else []
    remembered = _remembered_sites(connection, user_id)
    site = _only_site(user_id, site_id, _sites_of(connection, user_id, own), remembered)
    known = _told(connection, site, [user_id, *other_ids], own)
    emails = [
        *(email.strip() for _, _, email in known if email and email.strip()),
        *(name for name in also if "@" in name),
    ]
    people = [(first, last) for first, last, _ in known] + [(name, None) for name in also if "@" not in name]
    names = names_of(people, [*emails, *own])
    return Person(site, user_id, tuple(sorted({*emails, *own})), names, site in remembered, tuple(other_ids))


def _sites_of(connection: duckdb.DuckDBPyConnection, user_id: str, emails: list[str]) -> set[str]:
    """The sites with a record of the user, in whatever form it has the id."""
    has_email = f"{known_id('user_id')} = '' and {known_mailbox('email')} = any($emails)"
    found = connection.execute(
        f"""
        select distinct site_id from (
            select site_id, user_id, email from raw.user_names
            union all
            select site_id, user_id, email from raw.users inner join raw.user_reports using (report_id)
        )
        where list_has_any($ids, {same_ids("user_id")}) or ({has_email})
        """,
        {"ids": same_ids_of(user_id), "emails": mailboxes(emails)},
    )
    return {site for (site,) in found.fetchall()}


def _only_site(user_id: str, wanted: str | None, known: set[str], remembered: set[str]) -> str:
    """The one site that is meant: of those that know the user, and those that have forgotten them.

    Raises:
        WarehouseError: there is none, or there are several.
    """
    candidates = (known | remembered) & ({wanted} if wanted is not None else known | remembered)
    if not candidates:
        where = "any report" if wanted is None else f"a report of the site {wanted}"
        raise UnknownUser(
            f"there is no user {user_id} in {where}. Nothing was changed."
            " Fix: look the id up in restricted.user_details."
        )
    if len(candidates) > 1:
        forgotten = f" (in {', '.join(sorted(remembered))} they were forgotten)" if remembered else ""
        raise WarehouseError(
            f"there is a user {user_id} in several sites{forgotten}. Nothing was changed."
            f" Fix: SITE={' or SITE='.join(sorted(candidates))}"
        )
    [site] = candidates
    return site


def _told(
    connection: duckdb.DuckDBPyConnection, site: str, user_ids: list[str], emails: list[str]
) -> list[tuple[str | None, str | None, str | None]]:
    """First name, last name and e-mail as the user's own records have them."""
    parameters = {"site": site, "user": user_ids, "emails": mailboxes(emails)}
    return [
        row
        for table in RECORDS
        for row in connection.execute(
            f"select distinct {DETAILS} from raw.{table} where {IS_THEIRS}", parameters
        ).fetchall()
    ]


def _remembered_sites(connection: duckdb.DuckDBPyConnection, user_id: str) -> set[str]:
    sites = connection.execute("select distinct site_id from raw.forgotten_users").fetchall()
    people = {site: remembered(connection, site) for (site,) in sites}
    return {site for site, known in people.items() if known is not None and known.is_id_or_email(site, user_id)}


def find_traces(connection: duckdb.DuckDBPyConnection, person: Person) -> Traces:
    """Count what holds the person."""
    traces = Traces()
    for table in RECORDS:
        traces.records |= dict(
            connection.execute(
                f"select file_name, count(*) from raw.{table} inner join {NAMED_REPORTS} using (report_id)"
                f" where {IS_THEIRS} group by 1 order by 1",
                person.parameters,
            ).fetchall()
        )
    places = [
        *(_place(connection, table, f"{OF_SITE} and not {IS_THEIRS}", "0") for table in RECORDS),
        _rejected(connection),
    ]
    find_names(connection, person.names, places, person.parameters)
    for number, field_name, count in connection.execute(
        "select place, field, count(*) from named where place < $rejected group by all",
        {"rejected": len(RECORDS)},
    ).fetchall():
        traces.named[f"{places[number].table}.{field_name}"] = count
    if places[-1].columns:
        traces.rejected = dict(
            connection.execute(
                f"select file_name, count(*) from raw.rejected_records inner join {NAMED_REPORTS} using (report_id)"
                f" where site_id = $site and {NAMES_THEM} group by 1 order by 1",
                {"site": person.site_id, "fields": person.forms, "place": len(RECORDS)},
            ).fetchall()
        )
    return traces


def _place(connection: duckdb.DuckDBPyConnection, table: str, condition: str, row_id: str = "rowid") -> Place:
    """A table of raw, with the columns that may name somebody."""
    user_id = "user_id" if table in ("user_names", "users") else ""
    columns = {column: column for column in _texts(connection, table)}
    return Place(f"raw.{table}", columns, condition, row_id, user_id)


def _rejected(connection: duckdb.DuckDBPyConnection) -> Place:
    """The rejected records of the site: any name may be anywhere in them."""
    columns = REJECTED_TEXTS if _has_rows(connection, "rejected_records") else ()
    return Place("raw.rejected_records", dict.fromkeys(columns, ""), OF_SITE)


def _texts(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns that may name somebody."""
    if not _has_rows(connection, table):
        return []
    found = connection.execute(
        "select column_name from duckdb_columns() where database_name = current_database() and schema_name = 'raw'"
        " and table_name = ? and data_type = 'VARCHAR' order by column_index",
        [table],
    ).fetchall()
    return [column for (column,) in found if column not in UNSCRUBBED]


def _has_rows(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a search finds anything to read: DuckDB prepares it, which takes longest, before it has a row."""
    return number_of(connection, f"select count(*) from (from raw.{table} limit 1)") > 0


def forget(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Take the person out of the schema raw, in one transaction, and remember the hashes of their id and e-mails."""
    with transaction(connection):
        remember_person(connection, person.site_id, person.user_ids, person.emails)
        for table, manifest in RECORDS.items():
            _forget_file_names(connection, person, table, manifest)
            connection.execute(
                f"insert into raw.rejected_records by name select report_id, record_number, $reason as reason,"
                f" $kind as kind from raw.{table} where {IS_THEIRS}",
                {**person.parameters, "reason": REASON, "kind": Kind.FORGOTTEN},
            )
        _delete(connection, person)
        _scrub(connection, person)
        forget_in_lists(connection, person)
        for table, manifest in RECORDS.items():
            connection.execute(
                f"""
                update raw.{manifest} as manifest set
                    landed_count = (select count(*) from raw.{table} as t where t.report_id = manifest.report_id),
                    rejected_count
                    = (select count(*) from raw.rejected_records as r where r.report_id = manifest.report_id)
                where site_id = $site
                """,
                {"site": person.site_id},
            )


def _forget_file_names(connection: duckdb.DuckDBPyConnection, person: Person, table: str, manifest: str) -> None:
    """Rename what was landed from files that are named after the person, or hold no one else."""
    for report_id, name, is_theirs in connection.execute(
        f"select report_id, file_name, bool_and({IS_THEIRS})"
        f" from raw.{manifest} inner join raw.{table} using (report_id) where site_id = $site group by 1, 2",
        person.parameters,
    ).fetchall():
        renamed = without_names(connection, person.names, name, is_theirs=is_theirs)
        if renamed != name:
            connection.execute(f"update raw.{manifest} set file_name = ? where report_id = ?", [renamed, report_id])


def _delete(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Delete the records of the person, with the names that only these hold."""
    names = f"select user_name_id from raw.user_names where site_id = $site and {HAS_IDENTITY}"
    theirs = f"record_id in (select record_id from raw.records where user_name_id in ({names}))"
    delete_records(connection, theirs, person.parameters)
    connection.execute(f"delete from raw.users where {IS_THEIRS}", person.parameters)


def _scrub(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Put a word in place of the names in the records of others, and take the text from rejected records with one."""
    of_site = dict.fromkeys(TEXTS, "site_id = $site") | {"users": OF_SITE}
    places = [_place(connection, table, condition) for table, condition in of_site.items()]
    find_names(connection, person.names, [*places, _rejected(connection)], {"site": person.site_id})
    replace_named(connection, places)
    renumber_copies(connection)
    connection.execute(
        "update raw.rejected_records set"
        " rejected_value = null, record_text = null, impossible_date = null, reason = $reason, kind = $kind"
        f" where {OF_SITE} and {NAMES_THEM}",
        {
            "site": person.site_id,
            "fields": person.forms,
            "reason": NAMED_REASON,
            "kind": Kind.NAMES_FORGOTTEN,
            "place": len(places),
        },
    )


def lines_that_name(person: Person, folders: Iterable[Path]) -> list[str]:
    """File and line of each text file that holds a name or an e-mail, or the id in a column of ids of the site."""
    lines = [
        (path, number, line)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
    ]
    with duckdb.connect() as connection:
        # All files in one query, because DuckDB prepares a search for longer than it searches a file.
        found = connection.execute(
            "select place from (select unnest($lines::varchar[]) as line, unnest(range(len($lines))) as place)"
            f" where {person.names.is_in('line')}",
            {"lines": [line for _, _, line in lines]},
        ).fetchall()
    named = {lines[place][:2] for (place,) in found}
    for path in {path for path, _, _ in lines if path.suffix == ".csv"}:
        named |= {(path, number) for number in _rows_with_id(path, person)}
    return [f"{path.relative_to(PROJECT_ROOT)}:{number}" for path, number, _ in lines if (path, number) in named]


def _rows_with_id(path: Path, person: Person) -> Iterator[int]:
    """The lines of a seed with the person's id in a column of user ids (user_id, same_as_user_id), and their site."""
    # A file that is no CSV stops the next build, which says how to correct it.
    with suppress(SeedError):
        seed = read_seed_csv(path)
        wanted = set(person.forms)
        for line in seed.lines:
            values = seed.values(line)
            is_of_site = values.get("site_id", "") in ("", person.site_id)
            ids = {id_of(values[name]) for name in values if name.endswith("user_id")} - set(person.spellings)
            if is_of_site and any(not wanted.isdisjoint(same_ids_of(one)) for one in ids):
                yield line.number


def files_beside(paths: Iterable[Path]) -> list[Path]:
    """Files in the folders of the warehouse and its copies that are none of these, and may hold records."""
    ours = {path.resolve() for path in paths}
    salts = ("pseudonym_salt", "forgotten_salt", "meeting_salt")
    names = {
        ".gitkeep",
        *salts,
        *(f"{salt}.check" for salt in salts),
        "manual",
        "report",
        "shared_report",
        PLACES,
    }
    return sorted(
        path
        for folder in {path.parent for path in ours}
        if folder.is_dir()
        for path in folder.iterdir()
        if path.resolve() not in ours and path.name not in names and not path.name.endswith((".lock", JOURNAL, BUILT))
    )


def forget_from_files(files: Files, request: Request, console: Console) -> None:
    """Forget a person in the warehouse and its copies, and say what remains; a dry run only says what there is.

    Raises:
        WarehouseError: no user is known by this id, several are, somebody must say whether they are one person, or a
            step failed; the next command goes on.
    """
    with only_writer(files.warehouse, patience=0):
        with files.open_warehouse() as connection:
            if not request.is_dry_run:
                _tell_half_corrected(connection, console)
            task = _plan(connection, request, console)
        if request.is_dry_run:
            console.print("Nothing was changed.")
            return
        require_places(files)
        begin(files.warehouse, task)
        carry_out(files, task, console)


def _tell_half_corrected(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    """Say of the copies that they count what is there now: an erasure waits for no correction."""
    prepare_raw(connection)
    half = half_corrected(connection)
    if half is not None:
        console.print(
            f"[yellow]{one_line(half)} So it is in the copies that this command writes. Fix: make build loads"
            " them, with REPORTS=… if they are in another folder.[/yellow]",
            highlight=False,
        )


def _plan(connection: duckdb.DuckDBPyConnection, request: Request, console: Console) -> Task:
    """Find all ids of the person, and say what there is."""
    prepare_raw(connection)
    written = id_of(request.user_id)
    first = find_person(connection, written, request.site_id, request.also)
    found, others = identities_or_question(connection, first.site_id, written, request, console)
    task = Task(FORGET, first.site_id, list(found.user_ids), [*request.also, *found.also], others, [*found.spellings])
    person = _person(connection, task)
    if person is not None:
        _tell(person, find_traces(connection, person), console)
    return task


def identities_or_question(
    connection: duckdb.DuckDBPyConnection, site: str, written: str, request: Request, console: Console
) -> tuple[Identities, list[str]]:
    """All ids of a person, as the records write the one that was asked for, and the ids of others with the same e-mail.

    Raises:
        WarehouseError: another id has the same e-mail, and no setting says whether it is the same person.
    """
    is_same = request.is_same_email_same
    is_spelling_same = _spelling_answered(connection, site, written, request, console)
    found = identities_of(
        connection, site, written, is_same_email_same=is_same is True, is_spelling_same=is_spelling_same
    )
    if found.others and is_same is None and not request.is_dry_run and is_asked(console):
        is_same = ask_whether_same(others_of(written, found.others), "ALSO_SAME_EMAIL", console)
        found = identities_of(connection, site, written, is_same_email_same=is_same, is_spelling_same=is_spelling_same)
    if found.others and is_same is None:
        question = others_of(written, found.others)
        if not request.is_dry_run:
            raise WarehouseError(
                f"{question} Nothing was changed. Fix: ALSO_SAME_EMAIL=1 to forget all of them, or ALSO_SAME_EMAIL=0 if"
                " they are different people."
            )
        console.print(f"[yellow]{one_line(question)}[/yellow] Say which with ALSO_SAME_EMAIL=1 or ALSO_SAME_EMAIL=0.")
    return found, list(found.others) if is_same is False else []


def _spelling_answered(
    connection: duckdb.DuckDBPyConnection, site: str, written: str, request: Request, console: Console
) -> bool | None:
    """Whether other spellings of the id are the same person; None where nothing contradicts it, or in a dry run.

    Raises:
        WarehouseError: something contradicts it, and no setting says it.
    """
    is_email_same = request.is_same_email_same is True
    if request.is_spelling_same is not None:
        return request.is_spelling_same
    found = identities_of(connection, site, written, is_same_email_same=is_email_same)
    if not found.unsure:
        return None
    if request.is_dry_run and found.is_written:
        console.print(f"[yellow]{one_line(spellings_of(written, found))}[/yellow] Say which with ALSO_SPELLINGS=1 or")
        console.print("ALSO_SPELLINGS=0.")
        return None
    if found.is_written and is_asked(console):
        return ask_whether_same(spellings_of(written, found), "ALSO_SPELLINGS", console)
    require_sure("forget", written, site, found)
    return None


def others_of(user_id: str, others: Iterable[str]) -> str:
    """What somebody has to say of ids that share an e-mail."""
    return (
        f"The e-mail of user {user_id} is also that of user {', '.join(others)}. If they are the same person,"
        " their name and company stay with the other id."
    )


def is_asked(console: Console) -> bool:
    """Whether a person sits before the terminal, who can answer."""
    return console.is_terminal and sys.stdin.isatty()


def ask_whether_same(question: str, setting: str, console: Console) -> bool:
    """Ask until the answer is yes or no; the end of the input is no answer.

    Raises:
        WarehouseError: the question got no answer.
    """
    console.print(one_line(question), highlight=False)
    while True:
        try:
            answer = console.input("Are they the same person? yes or no: ").strip().lower()
        except EOFError as error:
            raise WarehouseError(f"nothing was changed. Fix: {setting}=1 or {setting}=0") from error
        if answer in ("y", "yes", "n", "no"):
            return answer.startswith("y")


def _person(connection: duckdb.DuckDBPyConnection, task: Task) -> Person | None:
    """The person as the records call them now; None if the id is unknown by now."""
    with suppress(UnknownUser):
        person = find_person(connection, task.user_ids[0], task.site_id, task.also, task.user_ids[1:])
        return replace(person, spellings=tuple(task.spellings))
    return None


def carry_out(files: Files, task: Task, console: Console) -> None:
    """Do what was written down, to the end, or to where it can be done again.

    Raises:
        WarehouseError: a step failed. What was written down stays.
    """
    with files.open_warehouse() as connection:
        prepare_raw(connection)
        person = _person(connection, task)
        if person is not None:
            forget(connection, person)
        remember_others(connection, task.site_id, task.others, task.spellings)
    done = rebuild(files, "The user is forgotten", console)
    places = publish_again(files.published, files.shared, files.warehouse)
    console.print(f"[green]Forgotten[/green] in {done}.", highlight=False)
    names, emails = (person.names, person.emails) if person is not None else (Names(), ())
    _tell_what_is_left(files, task, names, emails, places, console)
    end(files.warehouse)


def forget_in_lists(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Take the names out of lists of texts, such as the header of a report: of each table of raw that has a site."""
    for table, columns in connection.execute(
        """
        select table_name, list(column_name) filter (where data_type = 'VARCHAR[]')
        from duckdb_columns() inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = current_database() and schema_name = 'raw'
        group by 1
        having list_contains(list(column_name), 'site_id') and list_contains(list(data_type), 'VARCHAR[]')
        """
    ).fetchall():
        scrubbed = person.names.scrubbed("text")
        values = ", ".join(f"{column} = list_transform({column}, lambda text: {scrubbed})" for column in columns)
        tests = " or ".join(person.names.likely(f"{column}::varchar") for column in columns)
        # Asked before, because the pattern of all forms takes longer to prepare.
        likely = f"select count(*) from raw.{identifier(table)} where {tests}"
        if not number_of(connection, likely):
            continue
        connection.execute(
            f"update raw.{identifier(table)} set {values} where site_id = $site and ({tests})", {"site": person.site_id}
        )


def _tell_what_is_left(
    files: Files, task: Task, names: Names, emails: Iterable[str], places: list[str], console: Console
) -> None:
    """Read everything again, and name what still holds the person, and what cannot be read here."""
    with files.open_warehouse() as connection:
        sites = {sha256: before.site_id for sha256, before in landed_before(connection).items()}
        elsewhere = known_elsewhere(connection, task.site_id, emails)
    for site, ids in elsewhere.items():
        fix = f"make forget USER_ID={shlex.quote(ids[0])} SITE={shlex.quote(site)}"
        console.print(one_line(f"{site} has this e-mail as {' and '.join(ids)}: {fix}"), highlight=False)
    is_left = False
    for path in (files.warehouse, marts_path(files.warehouse), files.published, files.shared):
        # In the shared copy the ids are pseudonyms, so that only names count.
        user_ids = [] if path == files.shared else task.user_ids
        left = left_in_file(path, task.site_id, user_ids, names, task.spellings, tuple(elsewhere))
        is_left |= bool(left)
        _list(f"Still in {path.name}:", [f"{place}: {counted(count, 'row')}" for place, count in left.items()], console)
    # What the pages show of another site goes with the command for that site.
    if is_left or not elsewhere:
        pages = [*pages_at(page_path(files.published)), *pages_at(shared_page_path(files.shared))]
        _list("Still in a page:", left_in_texts(pages, names), console)
    reports = left_in_reports(DEFAULT_REPORTS, task.site_id, task.user_ids, names, sites, task.spellings)
    _list(
        "These reports of yours go on holding the person; delete the records, or download them again:",
        [f"{name}: {_in_report(count)}" for name, count in reports.items()],
        console,
    )
    _list("Published there too; publish again:", places, console)
    others = files_beside([files.warehouse, marts_path(files.warehouse), files.published, files.shared])
    _list("These files are beside the warehouse, and may hold the person:", map(str, others), console)


def _in_report(count: int) -> str:
    if count < 0:
        return "it cannot be read"
    return counted(count, "record") if count else "its name"


def _tell(person: Person, traces: Traces, console: Console) -> None:
    total = sum(traces.records.values())
    console.print(f"User {', '.join(person.user_ids)} of the site {person.site_id}:", highlight=False, markup=False)
    console.print(f"  {counted(total, 'record')} in {counted(len(traces.records), 'report')}", highlight=False)
    for place, count in traces.named.items():
        if count:
            console.print(f"  {counted(count, 'text')} of others in {place}", highlight=False)
    if traces.rejected:
        console.print(f"  {counted(sum(traces.rejected.values()), 'rejected record')}", highlight=False)
    if not total and person.is_remembered:
        console.print("They were forgotten before.")
    _list("The files of these reports are yours, and go on holding them:", [*traces.records, *traces.rejected], console)
    lines = lines_that_name(person, [SITE_SEEDS, PROJECT_ROOT / "logs"])
    _list("These lines name them; delete them, and build again:", lines, console)


def _list(headline: str, names: Iterable[str], console: Console) -> None:
    unique = sorted(set(names))
    if unique:
        console.print(headline)
    for name in unique:
        console.print(f"  {one_line(name)}", highlight=False)
