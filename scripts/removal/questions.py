"""What the reports leave open of a person, and somebody has to say: by a setting, or at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import duckdb
import typer
from rich.console import Console

from removal.people import Identities, identities_of
from reports.ids import id_of
from warehouse.command_line import one_line
from warehouse.errors import WarehouseError

SameEmailOption = Annotated[
    bool | None,
    typer.Option(
        "--also-same-email/--not-same-email",
        envvar="ALSO_SAME_EMAIL",
        help="Whether other ids with the same e-mail are the same person.",
    ),
]
SpellingsOption = Annotated[
    bool | None,
    typer.Option(
        "--also-spellings/--not-spellings",
        envvar="ALSO_SPELLINGS",
        help="Whether ids that differ only in zeros, signs or letter case are the same person.",
    ),
]


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

    @property
    def written(self) -> str:
        """The id as the records write it."""
        return id_of(self.user_id)


def identities_or_question(
    connection: duckdb.DuckDBPyConnection, site: str, request: Request, console: Console
) -> tuple[Identities, list[str]]:
    """All ids of the person of a request, and the ids of others with the same e-mail.

    Raises:
        WarehouseError: another id has the same e-mail, or the same id in another form, and no setting says whether it
            is the same person.
    """
    written, is_same, is_spelling_same = request.written, request.is_same_email_same, request.is_spelling_same
    find = partial(identities_of, connection, site, written)
    found = find(is_same_email_same=is_same is True, is_spelling_same=is_spelling_same)
    may_ask = request.is_dry_run or is_asked(console)
    if found.unsure and found.is_written and may_ask:
        is_spelling_same = _answer(_of_spellings(written, found), "ALSO_SPELLINGS", request, console)
        found = find(is_same_email_same=is_same is True, is_spelling_same=is_spelling_same)
    else:
        require_sure("forget", written, site, found)
    if found.others and is_same is None:
        question = (
            f"The e-mail of user {written} is also that of user {', '.join(found.others)}. If they are the same person,"
            " their name and company stay with the other id."
        )
        if not may_ask:
            raise WarehouseError(
                f"{question} Nothing was changed. Fix: ALSO_SAME_EMAIL=1 to forget all of them, or ALSO_SAME_EMAIL=0 if"
                " they are different people."
            )
        is_same = _answer(question, "ALSO_SAME_EMAIL", request, console)
        found = find(is_same_email_same=is_same is True, is_spelling_same=is_spelling_same)
    return found, list(found.others) if is_same is False else []


def require_sure(command: str, user_id: str, site: str, found: Identities) -> None:
    """Refuse an id if another spelling of it may be somebody else's.

    Raises:
        WarehouseError: no setting says whether it is the same person.
    """
    if not found.unsure:
        return
    if not found.is_written:
        raise WarehouseError(
            f"the site {site} has no user {user_id}, but several with the same id in another form:"
            f" {', '.join(found.spellings)}. Nothing was done. Fix: USER_ID={' or USER_ID='.join(found.spellings)}"
        )
    call = f"make {command} USER_ID={user_id} SITE={site} ALSO_SPELLINGS"
    raise WarehouseError(
        f"{_of_spellings(user_id, found)} Nothing was done. Fix: {call}=1 if they are the same person, or {call}=0 if"
        " they are different people"
    )


def _of_spellings(user_id: str, found: Identities) -> str:
    return (
        f"The ids {user_id} and {', '.join(found.unsure)} differ only in zeros, signs or letter case, and no name or"
        " e-mail in the reports says that they are one person."
    )


def is_asked(console: Console) -> bool:
    """Whether a person sits before the terminal, who can answer."""
    return console.is_terminal and sys.stdin.isatty()


def _answer(question: str, setting: str, request: Request, console: Console) -> bool | None:
    """Ask until the answer is yes or no; the end of the input is no answer. A dry run only shows the question.

    Raises:
        WarehouseError: the question got no answer.
    """
    if request.is_dry_run:
        console.print(f"[yellow]{one_line(question)}[/yellow] Say which with {setting}=1 or {setting}=0.")
        return None
    console.print(one_line(question))
    while True:
        try:
            answer = console.input("Are they the same person? yes or no: ").strip().lower()
        except EOFError as error:
            raise WarehouseError(f"nothing was changed. Fix: {setting}=1 or {setting}=0") from error
        if answer in ("y", "yes", "n", "no"):
            return answer.startswith("y")
