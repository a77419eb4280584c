"""Write the leads of each exhibitor as a CSV file that a CRM imports.

The mart ``fct_exhibitor_leads`` decides who is a lead of a booth, and its score. Names and addresses are the
columns of ``restricted.user_details`` that its YAML calls personal, so a shared copy gives none of them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publishing.export_table import write_csv
from publishing.share import SHARED_AS
from warehouse.copies import SHARED, mark_of, refuse_inside_a_shared_copy
from warehouse.database import identifier, opened, text_of
from warehouse.errors import WarehouseError
from warehouse.files import replace_folder
from warehouse.mart_models import read_models
from warehouse.names import name_for_file

# Each CRM has its own name for a column, and its import finds the field by this name.
LABELS: Mapping[str, Mapping[str, str]] = {
    crm: {
        "first_name": "First Name",
        "last_name": "Last Name",
        "company": company,
        "title": title,
        "email": "Email",
        "phone": phone,
        "city": "City",
    }
    for crm, company, title, phone in (
        ("salesforce", "Company", "Title", "Phone"),
        ("hubspot", "Company Name", "Job Title", "Phone Number"),
        ("dynamics", "Company Name", "Job Title", "Business Phone"),
    )
}
# More columns of each CRM. Dynamics takes no lead without a topic, and no source but those of its list.
ALSO: Mapping[str, str] = {
    "salesforce": """'Event' as "Lead Source",""",
    "hubspot": """'Event' as "Lead Source",""",
    "dynamics": """'Booth of ' || leads.exhibitor_name as "Topic", 'Trade Show' as "Lead Source",""",
}

LAST_COLUMNS = ["Booth", "User ID"]

# A lead is a visitor: the organiser's staff and the exhibitor's own people are none. What the visitor did at all booths
# of the exhibitor is one lead, with the score of all.
LEADS = """
with visitors as (
    select
        user_key, user_id, company, exhibitor_name,
        string_agg(content_id, ', ' order by first_touch_at, content_id) as booths,
        string_agg(touch_names, '; ' order by first_touch_at, content_id) as touch_names,
        sum(touch_count) as touch_count,
        sum(lead_score) as lead_score,
        min(first_touch_at) as first_touch_at,
        max(last_touch_at) as last_touch_at
    from marts.fct_exhibitor_leads
    where not is_staff and site_id = {site} and exhibitor_name = {name}
    group by all
    having not bool_or(is_own_people)
)
select
    {personal},
    {also}
    case when lead_score >= {hot} then 'Hot' when lead_score >= {warm} then 'Warm' else 'Cold' end as "Rating",
    leads.touch_count || if(leads.touch_count = 1, ' touch: ', ' touches: ') || leads.touch_names as "Description",
    leads.lead_score as "Lead Score",
    at_zone(leads.first_touch_at) as "First Touch",
    at_zone(leads.last_touch_at) as "Last Touch",
    leads.booths as "Booth",
    leads.user_id as "User ID"
from visitors as leads
left join restricted.user_details as details on leads.user_key = details.user_key
order by leads.lead_score desc, leads.last_touch_at desc, leads.user_key
"""

# As ISO 8601 has it, which is what CRMs read: 2026-05-12T18:48:31+02:00.
AT_ZONE = r"""
create temp macro at_zone(moment) as regexp_replace(
    strftime(moment at time zone 'UTC', '%Y-%m-%dT%H:%M:%S%z'), '([+-]\d\d)$', '\1:00'
)
"""

EXHIBITORS = """
select site_id, exhibitor_name, min(content_id) as content_id
from marts.fct_exhibitor_leads
group by 1, 2
order by 1, 2
"""


def write_leads(published: Path, folder: Path, crm: str, settings: Mapping[str, Any]) -> dict[str, int]:
    """Write a file for each exhibitor into a folder, which takes its place when it is whole; returns rows by file.

    Raises:
        WarehouseError: there is no copy, no exhibitor, no such CRM, or the folder cannot be written; or it holds
            something else than leads, or those of a copy of another kind.
    """
    if crm not in LABELS:
        raise WarehouseError(f"CRM={crm} is not possible. Nothing was written. Fix: CRM={' or CRM='.join(LABELS)}")
    mark = mark_of(published)
    if mark is None:
        raise WarehouseError(f"there is no copy at {published}. Fix: make build")
    _refuse_to_replace(folder, mark.kind)
    with opened(published) as connection:
        exhibitors = connection.execute(EXHIBITORS).fetchall()
        if not exhibitors:
            raise WarehouseError(
                "no exhibitor has a lead. Nothing was written. Fix: name the pages of the exhibitors in"
                " seeds/site/exhibitors.csv. Then: make build"
            )
        connection.execute(f"set TimeZone = {text_of(settings['reporting_time_zone'])}")
        connection.execute(AT_ZONE)
        query = LEADS.replace("{personal}", _columns(crm, is_shared=mark.kind == SHARED)).replace("{also}", ALSO[crm])
        for warmth in ("hot", "warm"):
            query = query.replace(f"{{{warmth}}}", str(settings[f"lead_{warmth}_score"]))

        def write_all(unfinished: Path) -> dict[str, int]:
            return {
                file: write_csv(
                    connection,
                    query.replace("{site}", text_of(site)).replace("{name}", text_of(name)),
                    unfinished / file,
                    kind=mark.kind,
                    is_for_a_spreadsheet=False,
                )
                for file, site, name in _files(exhibitors, unfinished)
            }

        return replace_folder(folder, write_all)


def _refuse_to_replace(folder: Path, kind: str) -> None:
    """See that a folder that is replaced as a whole holds nothing but leads of such a copy.

    Raises:
        WarehouseError: it holds something else.
    """
    refuse_inside_a_shared_copy(folder, kind)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        header = _header_of(path)
        if header[-2:] != LAST_COLUMNS:
            raise WarehouseError(
                f"{folder} holds {path.name}, which is no file of leads, and the whole folder would be replaced."
                " Nothing was written. Fix: move the folder away."
            )
        if ("Last Name" in header) is (kind == SHARED):
            what = "with names" if kind == SHARED else "of a shared copy"
            raise WarehouseError(
                f"{folder} holds leads {what}, and those of the {kind} copy do not replace them. Nothing was written."
                " Fix: move the folder away, or delete it, if that is what you want."
            )


def _header_of(path: Path) -> list[str]:
    """The columns of a file; an older version of this command wrote them in quotation marks."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", errors="replace") as file:
        return next(csv.reader([file.readline(4096).rstrip("\r\n")]), [])


def _files(exhibitors: list[tuple[str, str, str]], folder: Path) -> list[tuple[str, str, str]]:
    """The file of each exhibitor. Two may have names that differ in nothing that a file may be called."""
    folder.mkdir(parents=True)
    return [
        (f"{name_for_file(site)}_{name_for_file(content_id)}_{name_for_file(name)[:80]}.csv", site, name)
        for site, name, content_id in exhibitors
    ]


def _columns(crm: str, *, is_shared: bool) -> str:
    """SQL for the columns of the visitor, by the names that the CRM has for them."""
    annotations = read_models()["user_details"].columns
    personal = {column for column, meta in annotations.items() if meta.get("shared_as") in SHARED_AS[:2]}
    # An expression, because DuckDB calls a bare column by its own name where only the case differs.
    values = {column: f"details.{identifier(column)} || ''" for column in LABELS[crm]}
    # Salesforce refuses a lead without a last name.
    values["last_name"] = "coalesce(details.last_name, details.full_name)"
    values["company"] = "leads.company || ''"
    return ", ".join(
        f"{values[column]} as {identifier(label)}"
        for column, label in LABELS[crm].items()
        if not (is_shared and column in personal)
    )
