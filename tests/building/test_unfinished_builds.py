"""What a failed build leaves is not published until dbt has built it, in whatever steps that happens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import ROOT, Project

MART = Path("models") / "marts" / "engagement" / "interaction" / "fct_calls.sql"
UNFINISHED = "the last build did not finish"


@pytest.fixture
def built(sample_project: Project, project: Project) -> Project:
    """A project of the test's own that was built from the sample."""
    project.take_over(sample_project)
    return project


def publication(project: Project) -> str:
    """What publish.py says."""
    return project.script("publish.py").stdout


def break_mart(project: Project, last_line: str) -> None:
    """Let the mart end otherwise."""
    path = project.root / MART
    path.write_text(path.read_text().replace("select * from final", last_line))


def fix_mart(project: Project) -> None:
    """Undo it."""
    shutil.copy(ROOT / MART, project.root / MART)


def test_marts_of_new_reports_wait_for_those_of_old_ones_and_a_retry_builds_the_rest_of_a_failed_build(
    built: Project,
) -> None:
    """Two proofs on one build of the new reports.

    Marts of new reports are not published beside those of old ones; and after a failed build `dbt retry` builds
    the rest of that build, and only then is it published.
    """
    shutil.copytree(ROOT / "tests" / "fixtures" / "invented", built.root / "reports", dirs_exist_ok=True)
    loaded = built.script("load_reports.py", "reports")
    assert loaded.returncode == 0, loaded.stdout
    assert "marts published in" in publication(built), "all are of the old ones"

    assert built.dbt("run", "--select", "+fct_calls").returncode == 0
    refused = publication(built)
    assert UNFINISHED in refused and "base_juno__content_names" in refused
    assert built.dbt("run", "--select", "fct_calls").returncode == 0
    assert UNFINISHED in publication(built)

    break_mart(built, "select nonsense from final")
    failed = built.build()
    assert failed.returncode == 1
    assert "nothing was published" in failed.stdout
    # All others are of the new reports now, and the test of the mart was skipped.
    assert f"{UNFINISHED} (unfinished: fct_calls, row_checks_fct_calls" in publication(built)

    # A retry reads what the one before it has written.
    again = built.dbt("retry", DBT_WRITE_JSON="true")
    assert again.returncode == 1
    assert "ERROR=1" in again.stdout
    assert UNFINISHED in publication(built)

    fix_mart(built)
    retried = built.dbt("retry")
    assert retried.returncode == 0, retried.stdout
    assert "1 table model, 1 test" in retried.stdout
    assert "marts published in" in publication(built)


def test_what_a_selected_build_broke_a_later_one_mends(built: Project) -> None:
    break_mart(built, "select * from final union all select * from final")
    assert built.dbt("build", "--select", "fct_calls", "--exclude-resource-type", "unit_test").returncode == 1
    assert f"{UNFINISHED} (unfinished: row_checks_fct_calls" in publication(built)

    assert built.dbt("run", "--select", "dim_dates").returncode == 0
    assert UNFINISHED in publication(built)

    fix_mart(built)
    assert built.dbt("build", "--select", "fct_calls").returncode == 0
    assert "marts published in" in publication(built)


def test_marts_made_of_other_code_are_not_published_beside_those_that_read_it(built: Project) -> None:
    model = built.root / "models" / "intermediate" / "int_presence_stays.sql"
    model.write_text(model.read_text().replace("select * from final", "select * from final where true"))

    assert built.dbt("run", "--select", "int_presence_stays").returncode == 0
    assert "fct_activity_funnel" in publication(built)
    assert built.dbt("run", "--select", "int_presence_stays+").returncode == 0
    assert "marts published in" in publication(built)
