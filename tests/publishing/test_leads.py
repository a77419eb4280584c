"""Leads for a CRM: the visitors of each exhibitor by the names that the CRM has, and no person of a shared copy."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from conftest import Project
from publishing.leads import LABELS
from warehouse.database import connect

# The columns that the import of each CRM finds by itself (help.salesforce.com, knowledge.hubspot.com and
# learn.microsoft.com, November 2026).
KNOWN = {
    "salesforce": ["First Name", "Last Name", "Company", "Title", "Email", "Phone", "City", "Lead Source", "Rating"],
    "hubspot": ["First Name", "Last Name", "Company Name", "Job Title", "Email", "Phone Number", "City"],
    "dynamics": [
        *("First Name", "Last Name", "Company Name", "Job Title", "Email", "Business Phone", "City"),
        *("Topic", "Lead Source", "Rating", "Description"),
    ],
}


def leads_of(path: Path) -> list[dict[str, str]]:
    """The rows of a file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("crm", LABELS)
def test_each_exhibitor_has_a_file_with_the_columns_of_the_crm(
    sample_project: Project, tmp_path: Path, crm: str
) -> None:
    changed = tmp_path / "copy.duckdb"
    changed.write_bytes(sample_project.published.read_bytes())
    with connect(changed) as connection:
        # A name may be a formula, an exhibitor's name no name of a file; staff and the exhibitor's people are no leads.
        connection.execute(
            "update restricted.user_details set first_name = '=1+1', last_name = null, phone = '+41 (0)44-1/2'"
            " where user_id = '5055'"
        )
        connection.execute("update marts.fct_exhibitor_leads set is_staff = true where user_id = '5007'")
        connection.execute("update marts.fct_exhibitor_leads set is_own_people = true where user_id = '5036'")
        connection.execute("update marts.fct_exhibitor_leads set exhibitor_name = '../A/B' where content_id = '4302'")
    (tmp_path / "leads").mkdir()
    (tmp_path / "leads" / "old.csv").write_text('"First Name","Last Name","Booth","User ID"\n')
    done = sample_project.script("export_leads.py", "--crm", crm, PUBLISHED_PATH=str(changed))
    assert done.returncode == 0, done.stdout + done.stderr

    files = sorted((tmp_path / "leads").iterdir())
    assert [file.name for file in files] == ["sample_4301_Lantern_Captioning.csv", "sample_4302_.._A_B.csv"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    # A CRM needs no mark of UTF-8, and Dynamics takes no quotation mark in the header.
    assert files[0].read_bytes().startswith(b"First Name,Last Name,")
    leads = leads_of(files[0])
    assert list(leads[0])[: len(KNOWN[crm])] == KNOWN[crm]
    # As the records have it: a page of an exhibitor, and an activity that counts for a lead.
    with connect(changed, read_only=True) as connection:
        expected = connection.execute(
            "select distinct user_id from marts.fct_activities where content_id = '4301' and activity_type in ?"
            " and user_id not in ('5007', '5036')"
            " and user_key not in (select user_key from marts.dim_users where is_staff)",
            [["content_viewed", "resource_downloaded", "external_link_clicked", "metadata_clicked", "call_requested"]],
        ).fetchall()
    assert {lead["User ID"] for lead in leads} == {user for (user,) in expected}
    first = leads[0]
    assert (first["First Name"], first["Last Name"], first["Rating"]) == ("'=1+1", "Cleo Papadimas", "Hot")
    assert first[KNOWN[crm][5]] == "+41 (0)44-1/2"
    assert (first["First Touch"], first["Booth"]) == ("2026-05-12T18:48:31+00:00", "4301")
    assert first["Lead Source"] == ("Trade Show" if crm == "dynamics" else "Event")
    assert first.get("Topic", "Booth of Lantern Captioning") == "Booth of Lantern Captioning"
    assert [int(lead["Lead Score"]) for lead in leads] == sorted(
        (int(lead["Lead Score"]) for lead in leads), reverse=True
    )
    assert {"1 touch: content viewed"} <= {lead["Description"] for lead in leads}


def test_a_visitor_of_two_booths_of_an_exhibitor_is_one_lead(sample_project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(sample_project.published.read_bytes())
    with connect(copy) as connection:
        connection.execute("update marts.fct_exhibitor_leads set exhibitor_name = 'Lantern'")
        # Own people at one booth are own people at all.
        connection.execute(
            "update marts.fct_exhibitor_leads set is_own_people = true where user_id = '5036' and content_id = '4301'"
        )
        booths: dict[str, list[tuple[str, int, str]]] = {}
        for user_id, *booth in connection.execute(
            "select user_id, content_id, lead_score, touch_names from marts.fct_exhibitor_leads where not is_staff"
            " order by first_touch_at, content_id"
        ).fetchall():
            booths.setdefault(user_id, []).append(tuple(booth))
        own = {
            user
            for (user,) in connection.sql(
                "select user_id from marts.fct_exhibitor_leads where is_own_people"
            ).fetchall()
        }
    done = sample_project.script("export_leads.py", PUBLISHED_PATH=str(copy))
    assert done.returncode == 0, done.stdout + done.stderr
    [file] = (tmp_path / "leads").iterdir()
    leads = leads_of(file)
    assert sorted(lead["User ID"] for lead in leads) == sorted(booths.keys() - own)
    several = [lead for lead in leads if len(booths[lead["User ID"]]) > 1]
    assert several
    for lead in several:
        contents, scores, touches = zip(*booths[lead["User ID"]], strict=True)
        score = sum(scores)
        assert (lead["Booth"], int(lead["Lead Score"])) == (", ".join(contents), score)
        assert lead["Description"].partition(": ")[2] == "; ".join(touches)
        assert lead["Rating"] == ("Hot" if score >= 10 else "Warm" if score >= 5 else "Cold")


def test_a_shared_copy_gives_no_column_that_its_annotations_keep_back(
    sample_project: Project, shared_sample: Path, tmp_path: Path
) -> None:
    # The leads are written beside it.
    shared = shutil.copy(shared_sample, tmp_path)
    (tmp_path / "leads").mkdir()
    (tmp_path / "leads" / "real.csv").write_text("with names")
    for _ in range(2):
        done = sample_project.script("export_leads.py", PUBLISHED_PATH=str(shared))
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "leads" / "real.csv").read_text() == "with names"
    [path, _] = sorted((tmp_path / "shared_leads").iterdir())
    leads = leads_of(path)
    assert list(leads[0])[:3] == ["Company", "Lead Source", "Rating"]
    assert leads and all(lead["User ID"].startswith("u_") for lead in leads)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("thesis.odt", "my work", "holds thesis.odt, which is no file of leads"),
        ("new.csv", "Company,Lead Source,Booth,User ID", "holds leads of a shared copy, and those of the"),
        ("old.csv", '"Company","Lead Source","Booth","User ID"', "holds leads of a shared copy, and those of the"),
    ],
)
def test_a_folder_of_something_else_is_not_replaced(
    sample_project: Project, tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / name).write_text(content)
    done = sample_project.script("export_leads.py", "--target", str(tmp_path / "folder"))
    assert done.returncode == 1 and said in " ".join(done.stdout.split()), done.stdout
    assert (tmp_path / "folder" / name).read_text() == content
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("arguments", "statement", "said"),
    [
        (
            ("--crm", "pipedrive"),
            "select 1",
            "CRM=pipedrive is not possible. Nothing was written. Fix: CRM=salesforce or CRM=hubspot or",
        ),
        ((), "delete from marts.fct_exhibitor_leads", "no exhibitor has a lead. Nothing was written. Fix: "),
    ],
)
def test_what_is_not_possible_is_said(
    sample_project: Project, tmp_path: Path, arguments: tuple[str, ...], statement: str, said: str
) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(sample_project.published.read_bytes())
    with connect(copy) as connection:
        connection.execute(statement)
    done = sample_project.script("export_leads.py", *arguments, PUBLISHED_PATH=str(copy))
    assert done.returncode == 1 and said in done.stdout
    assert not (tmp_path / "leads").exists()
