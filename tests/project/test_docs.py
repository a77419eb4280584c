"""Everything has a description, the exposures are what the files read, and the page of the docs needs no network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import MANUAL, ROOT, Project
from declarations import by_name, declared
from page import manual, messages, reference
from reports.date_formats import DATE_FORMATS
from reports.encoding import OFFICE_ENCODINGS
from reports.files import MAX_MEMBERS, MAX_RATIO, SUFFIXES
from reports.records import MAX_ROW_BYTES
from reports.rows import TEXT_KEPT

MARTS = {path.stem for path in (ROOT / "models" / "marts").rglob("*.sql")}


def undescribed(things: dict[str, dict[str, Any]]) -> list[str]:
    """The names of those without a description."""
    return [name for name, thing in things.items() if not (thing.get("description") or "").strip()]


@pytest.mark.parametrize(
    "kind", ["models", "seeds", "sources", "semantic_models", "metrics", "saved_queries", "exposures", "unit_tests"]
)
def test_everything_that_is_declared_exists_once(kind: str) -> None:
    names = [thing["name"] for thing in declared(kind)]
    assert names and len(names) == len(set(names))


@pytest.mark.parametrize(
    "kind", ["models", "seeds", "sources", "semantic_models", "metrics", "saved_queries", "exposures"]
)
def test_everything_has_a_description(kind: str) -> None:
    assert undescribed(by_name(kind)) == []


@pytest.mark.parametrize("kind", ["metrics", "saved_queries", "exposures"])
def test_what_people_choose_from_a_list_has_a_label_of_its_own(kind: str) -> None:
    labels = [thing["label"] for thing in declared(kind)]
    assert len(labels) == len(set(labels))


def test_every_column_has_a_description() -> None:
    tables = {**by_name("models"), **by_name("seeds")}
    tables |= {t["name"]: t for source in declared("sources") for t in source["tables"]}
    assert undescribed(tables) == []
    for name, table in tables.items():
        assert table["columns"] and undescribed({c["name"]: c for c in table["columns"]}) == [], name


def test_every_seed_has_its_yaml_with_its_columns() -> None:
    seeds = by_name("seeds")
    for path in (ROOT / "seeds").rglob("*.csv"):
        header = path.read_text().splitlines()[0].split(",")
        assert [column["name"] for column in seeds[path.stem]["columns"]] == header, path.name


MACRO = re.compile(r"{%-? (macro|test) (\w+)\(((?:[^()]|\([^()]*\))*)\)")
# Versions for one engine that take the place of one of dbt's macros, so that no macro of ours dispatches them.
IN_PLACE_OF_DBTS = (
    *("duckdb__format_column", "duckdb__load_csv_rows"),
    *("spark__listagg", "spark__load_csv_rows", "spark__safe_cast"),
)


def written_macros() -> dict[str, list[str]]:
    """The macros and generic tests in the SQL by name, with the names of their arguments; not the engines' versions."""
    found = {}
    for path in [*(ROOT / "macros").glob("*.sql"), *(ROOT / "tests" / "generic").glob("*.sql")]:
        for kind, name, arguments in MACRO.findall(path.read_text()):
            if name.startswith(("duckdb__", "spark__")) and name not in IN_PLACE_OF_DBTS:
                continue
            defaults = re.sub(r"\([^()]*\)|\"[^\"]*\"", "", arguments)
            names = [argument.split("=")[0].strip() for argument in defaults.split(",") if argument.strip()]
            found[f"test_{name}" if kind == "test" else name] = names
    return found


def test_every_macro_and_each_of_its_arguments_is_described() -> None:
    described = {
        macro["name"]: macro for macro in yaml.safe_load((ROOT / "macros" / "_macros.yml").read_text())["macros"]
    }
    assert undescribed(described) == []
    arguments = {name: macro.get("arguments", []) for name, macro in described.items()}
    assert {name: [argument["name"] for argument in those] for name, those in arguments.items()} == written_macros()
    assert all(argument["type"] and argument["description"] for those in arguments.values() for argument in those)


def test_dbt_knows_the_macros_and_who_may_build_on_a_model(sample_project: Project) -> None:
    manifest = json.loads((sample_project.as_built / "manifest.json").read_text())
    own = {
        name: macro
        for name, macro in manifest["macros"].items()
        if name.startswith("macro.juno_activity.") and "site" not in Path(macro["original_file_path"]).parts
    }
    assert {name.rsplit(".", 1)[1] for name, macro in own.items() if macro["description"]} == set(written_macros())
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    public = {node["name"] for node in models if node["access"] == "public" and node["group"] == "warehouse"}
    assert public == MARTS
    protected = {node["name"] for node in models if node["access"] == "protected"}
    assert len(protected) == len([node for node in models if node["schema"] in ("staging", "intermediate")]) > 0
    assert {name: group["owner"]["name"] for name, group in manifest["groups"].items()} == {
        "group.juno_activity.site": "The owner of the site",
        "group.juno_activity.warehouse": "The maintainers",
    }


def exposed(name: str) -> set[str]:
    """The models that an exposure depends on."""
    return set(re.findall(r"ref\('(\w+)'\)", " ".join(by_name("exposures")[name]["depends_on"])))


@pytest.mark.parametrize(
    ("exposure", "files"),
    [
        ("readme_picture", "scripts/page/draw_attendance.py"),
        ("build_summary", "scripts/page/summary.py"),
        ("answers", "analyses/*.sql"),
        ("page", "page/*/*.sql scripts/page/certificates.py scripts/page/labels.py scripts/page/people.py"),
        ("show", "scripts/page/show.py scripts/page/people.py"),
        ("evidence", "scripts/evidence/queries.py"),
        ("certificates", "scripts/*/certificates.py"),
        ("leads", "scripts/publishing/leads.py"),
    ],
)
def test_an_exposure_depends_on_what_its_files_read(exposure: str, files: str) -> None:
    read = re.findall(
        r"\b(?:from|join) (?:marts|restricted)\.(\w+)",
        "\n".join(p.read_text() for one in files.split() for p in ROOT.glob(one)),
    )
    assert exposed(exposure) == set(read) <= MARTS


@pytest.mark.parametrize("copy", ["published_copy", "shared_copy", "postgres_and_parquet"])
def test_a_copy_depends_on_every_mart(copy: str) -> None:
    assert exposed(copy) == MARTS


def test_the_links_of_the_overview_lead_somewhere() -> None:
    overview = (ROOT / "models" / "overview.md").read_text()
    links = re.findall(r"\]\(([^)]+)\)", overview)
    models = [link.rsplit(".", 1)[1] for link in links if link.startswith("#!/model/")]
    files = [link for link in links if not link.startswith("#")]
    assert models and files
    assert set(models) <= MARTS
    # Its page is at the top of the manual, where every page of the project has its own path.
    assert {Path(link).with_suffix(".md") for link in files} <= manual.all_files()
    assert "g_i=%2Bexposure:published_copy" in overview


def test_what_may_be_fed_is_what_the_loader_takes() -> None:
    page = (ROOT / "docs" / "reference" / "reports.md").read_text()
    assert set(re.findall(r"`(\.[a-z.]+)`", page)) == set(SUFFIXES)
    dates = page.split("## Dates")[1].split("| any other")[0]
    first_cells = " ".join(line.split("|")[1] for line in dates.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([^`]+)`", first_cells)) == set(DATE_FORMATS)
    assert re.findall(
        r"\b(?:cp\d+|gb18030|big5|mac_roman)\b", page.split("the likeliest of")[1].split("is taken")[0]
    ) == (OFFICE_ENCODINGS)
    for limit in (f"{MAX_MEMBERS:,} files", f"{MAX_RATIO} times", f"{MAX_ROW_BYTES >> 20} MB", f"{TEXT_KEPT:,} char"):
        assert limit in page


@pytest.mark.parametrize(
    ("path", "page"),
    [(reference.COMMANDS, reference.commands_page), (reference.SETTINGS, reference.settings_page)],
    ids=["commands", "settings"],
)
def test_a_reference_page_is_what_the_code_says(path: Path, page: Callable[[], str]) -> None:
    assert path.read_text(encoding="utf-8") == page(), "Fix: .venv/bin/python scripts/write_reference.py"


def test_the_page_of_settings_has_each_setting_of_the_project_with_its_meaning() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    rows = {line.split("`")[1]: [cell.strip() for cell in line.split("|")] for line in lines}
    for name in yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]:
        assert rows[name][3], name
    assert rows["left_early_ratio"][2::2] == ["`0.8`", "a number from 0 to 1"]
    # No setting has two rows.
    assert len(rows) == len(lines)


def test_the_page_of_messages_lists_those_of_the_code() -> None:
    page = messages.PAGE.read_text()
    assert page == messages.page(), "Fix: .venv/bin/python scripts/write_reference.py"
    # One of Python, one with a part that is filled in, one of SQL, and one of a macro.
    for row in (
        "| it is empty. | download it again. |",
        "| there is no warehouse at …. | make build |",
        "| it has no date. | fill it in, or delete the record. |",
        "| the setting … is called … now. | rename it (dbt\\_project.yml, or --vars). |",
    ):
        assert row in page
    # Every file with messages for users has a place on it.
    places = [ROOT / place for area in messages.AREAS.values() for place in area]
    files = [ROOT / "start.py", *(ROOT / "macros").glob("*.sql"), *(ROOT / "scripts").rglob("*.py")]
    written = [file for file in files if "checking" not in file.parts and any(messages.texts(file))]
    assert [file.name for file in written if not {file, *file.parents} & set(places)] == []


# Addresses that a browser fetches, or a script of the page would: no link that a person clicks.
FETCHES = (
    r"""\bsrc\s*=\s*["'](?:https?:)?//[^"']+""",
    r"""<(?:link|script|iframe|object)\b[^>]*["'](?:https?:)?//[^"']+""",
    r"""url\(["']?(?:https?:)?//[^)]+""",
    r"""@import\b[^;]*//""",
    r"""(?:fetch|newTracker|open)\("[^)]*\b[\w-]+\.(?:com|net|org|io)\b""",
)


def fetched(page: str) -> list[str]:
    """The addresses that a page would fetch something from."""
    return [match for pattern in FETCHES for match in re.findall(pattern, page)]


def test_the_page_needs_no_network_and_tells_nothing_of_its_machine(sample_with_manual: Project) -> None:
    project, written = sample_with_manual, sample_with_manual.root / MANUAL
    page = (written / "lineage.html").read_text()
    assert "docs/how_to/load.html" in (written / "index.html").read_text()
    assert fetched(page) == []
    # The default selector of selectors.yml knows them.
    catalog = json.loads((project.root / "target" / "catalog.json").read_text())
    assert "source.juno_activity.raw.activities" in catalog["sources"]
    policy = re.search(r'<head><meta http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy and "default-src 'none'" in policy[1] and "http" not in policy[1]
    assert str(project.root) not in page
    for part in ("JUNO activity warehouse", "fct_session_attendance", "live_rate", "published_copy"):
        assert part in page
    # dbt's own page does fetch, so what is looked for can be found.
    assert fetched((project.root / "target" / "static_index.html").read_text()) != []


def test_without_a_warehouse_the_page_is_refused(project: Project) -> None:
    refused = project.script("write_docs.py")
    assert refused.returncode == 1
    assert "Fix: make build" in refused.stdout + refused.stderr
    assert not project.warehouse.exists()
