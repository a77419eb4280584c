"""Reports that mean the same in another dress: what spreadsheets and scripts do to ids, dates and widths.

Each is plausible, and most are read otherwise by a reader that takes texts for what they look like. What the records
mean is kept beside the bytes, so that the oracle need not understand the dress.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HEADER = (
    *("User ID", "First", "Last", "Company", "Email", "Category", "Action", "Label", "Date"),
    *("Content ID", "Content Name", "Content Slug"),
)
USER_ID, EMAIL, LABEL, DATE, CONTENT_ID = 0, 4, 7, 8, 9
MONTHS = ("Jan", "Feb", "März", "avril", "mayo", "June", "Jul", "août", "Sept", "ottobre", "nov.", "Dez")


@dataclass(frozen=True)
class Meant:
    """What a record means; it is to be rejected where there is no time."""

    user_id: str
    content_id: str
    occurred_at: datetime | None


def records(choose: random.Random) -> list[list[str]]:
    """Some records as the platform writes them, with a day beyond the 12th."""
    start = datetime(2024, choose.randint(1, 12), choose.randint(13, 28), 9, 0, 1)
    made = []
    for number in range(choose.choice((1, 3, 12, 30))):
        on_page = choose.random() < 0.6
        page = choose.randint(4100, 4105)
        made.append(
            [
                *(str(choose.randint(7001, 7009)), "Ana", "Quill", "Null", "ana@x.example", "Chat", "Message"),
                *(f"N/A, {number}", f"{start + timedelta(seconds=61 * number)}"),
                *((str(page), f"Page {page}", f"page_{page}") if on_page else ("", "", "")),
            ]
        )
    return made


def meant_by(rows: list[list[str]]) -> tuple[Meant, ...]:
    """What records mean that are as the platform writes them."""
    return tuple(Meant(row[USER_ID], row[CONTENT_ID], datetime.fromisoformat(row[DATE])) for row in rows)


Ids = Callable[[str], str]
IDS: tuple[Ids, ...] = (
    lambda text: f"{text}.0",
    lambda text: f"{text},0",
    lambda text: f"{text}\u00a0",
    lambda text: f"\ufeff{text}",
    lambda text: f"{text[:1]}\u200b{text[1:]}",
    lambda text: f"\u200b {text}\u2003\u00ad",
    lambda text: f"{text}\0\0",
    lambda text: f" {text}\t",
    lambda text: f"{int(text):,}",
    lambda text: f'="{text}"',
    lambda text: f"'{text}",
    lambda text: text.translate({48 + digit: 0x660 + digit for digit in range(10)}),
)
NULLS = ("NULL", "null", "\\N", "NaN", "None", "#N/A", "<NA>", "undefined", "—", "<nil>", "\u00a0", "\u200b")
Dates = Callable[[datetime], str]
DATES: tuple[Dates, ...] = (
    lambda at: f"{at.month}/{at.day}/{at.year} {at:%I:%M:%S}\u202f{at:%p}",
    lambda at: f"{at.month}/{at.day}/{at.year}, {at:%I:%M:%S} {at.strftime('%p').lower()[0]}. m.",
    lambda at: f"{at:%d.%m.%Y, %H:%M:%S}",
    lambda at: f"{at:%d-%m-%Y %H:%M:%S}",
    lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.347Z",
    lambda at: f"{at} UTC",
    lambda at: f"{at},123",
    lambda at: f"{at}.123456789",
    lambda at: f"{at + timedelta(hours=2)} +0200",
    lambda at: f"{at + timedelta(hours=2)} (CEST)",
    lambda at: f"{at + timedelta(hours=2)} Etc/GMT-2",
    lambda at: f"{at - timedelta(hours=4):%a %b %d %Y %H:%M:%S} GMT-0400 (Eastern Daylight Time)",
    lambda at: f"{at:%a, %d %b %Y %H:%M:%S} GMT",
    lambda at: f"{at.day}. {MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S}",
    lambda at: f"{at:%d-%b-%y %I.%M.%S.000000 %p}".upper(),
    lambda at: f"{at.year}年{at.month}月{at.day}日 {at:%H:%M:%S}",
    lambda at: str(int(at.replace(tzinfo=UTC).timestamp())),
    lambda at: str(int(at.replace(tzinfo=UTC).timestamp() * 1000) + 347),
    lambda at: f"{(at - datetime(1899, 12, 30)) / timedelta(days=1):.10f}",
    lambda at: f"{at:%Y%m%d%H%M%S}",
    lambda at: f"'{at}",
    lambda at: f"{at:%d/%m/%Y} - {at:%H:%M:%S}",
    lambda at: f"{at - timedelta(hours=4 if 2 < at.month < 11 else 5):%m/%d/%Y %I:%M:%S %p} ET",
    lambda at: str(at).translate({48 + digit: 0x660 + digit for digit in range(10)}),
)
IMPOSSIBLE = (
    "1970-01-01 00:00:00",
    "9999-12-31 23:59:59",
    "2099-01-01 00:00:00",
    "2567-05-13 10:00:01",
    "1904-01-01 00:00:00",
)


def disguised(choose: random.Random) -> tuple[bytes, tuple[Meant, ...]]:
    """A report in another dress, and what its records mean."""
    rows = records(choose)
    meant = list(meant_by(rows))
    if choose.random() < 0.6:
        _dress_ids(choose, rows)
    if choose.random() < 0.3:
        null = choose.choice(NULLS)
        rows = [[null if not text and place >= CONTENT_ID else text for place, text in enumerate(row)] for row in rows]
    if choose.random() < 0.6:
        write = choose.choice(DATES)
        for row in rows:
            row[DATE] = write(datetime.fromisoformat(row[DATE]))
    elif len(rows) > 1 and choose.random() < 0.5:
        place = choose.randrange(len(rows))
        rows[place][DATE] = choose.choice(IMPOSSIBLE)
        meant[place] = Meant(meant[place].user_id, meant[place].content_id, None)
    return _dressed_lines(choose, rows).encode(), tuple(meant)


def _dress_ids(choose: random.Random, rows: list[list[str]]) -> None:
    write = choose.choice(IDS)
    for column in choose.choice(((USER_ID,), (CONTENT_ID,), (USER_ID, CONTENT_ID))):
        for row in rows:
            row[column] = write(row[column]) if row[column] else ""


def _dressed_lines(choose: random.Random, rows: list[list[str]]) -> str:
    delimiter, end = choose.choice(",;\t|"), choose.choice(("\n", "\r\n"))
    quoting = choose.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    lines = [_line(row, delimiter, quoting) for row in (HEADER, *rows)]
    dress = choose.randrange(8)
    if dress == 0 and quoting == csv.QUOTE_MINIMAL:
        lines = [lines[0], *(line.rstrip(delimiter) for line in lines[1:])]
    elif dress == 1:
        lines = [line + delimiter * choose.choice((0, 1, 3)) for line in lines]
    elif dress == 2:
        lines[0] += delimiter
    elif dress == 3:
        lines = [_line([line], ",", csv.QUOTE_ALL) for line in lines]
    elif dress == 4:
        lines[0] = "\ufeff\ufeff" + lines[0]
    elif dress == 6:
        lines[0] = lines[0].replace("Date", choose.choice(("Date (UTC)", "Timestamp", "ACTIVITY-DATE", "Datum")))
    elif dress == 5:
        lines[0] = lines[0].replace("User ID", "\u200bUser\u00a0ID").replace("Date", "Date\u2060")
    return "".join(line + end for line in lines)


def _line(fields: Sequence[str], delimiter: str, quoting: int) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerow(fields)  # type: ignore[arg-type]
    return out.getvalue().removesuffix("\n")
