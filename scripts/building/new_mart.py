"""Write a mart of your own into models/site: SQL and YAML that build and pass all checks, to be changed from there."""

from __future__ import annotations

import re
from pathlib import Path

from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT

NAME = re.compile(r"(?:fct|dim)_[a-z][a-z0-9_]*")
# PostgreSQL cuts longer ones.
LONGEST_NAME = 63

SQL = """\
-- Activities per site and day, and how many people did them. (Write here what your mart is.)
-- Grain: one row per site and date (in the reporting zone) with an activity.

-- Read the models of models/marts. `make docs` shows them with their columns.
with activities as (
    select * from {{ ref('fct_activities') }}
),

-- Change the columns here, and in the YAML beside this file. Cast a sum to bigint: cast(sum(…) as bigint).
final as (
    select
        site_id,
        occurred_date as activity_date,
        count(*) as activity_count,
        count(distinct user_key) as unique_user_count
    from activities
    group by 1, 2
)

select * from final
"""

YAML = """\
version: 2

models:
  - name: NAME
    # A sentence about the mart, and its grain. The first lines of the SQL say the same.
    description: >
      Activities per site and day, and how many people did them.
      Grain: one row per site and date (in the reporting zone) with an activity.
    config:
      meta:
        # The column that counts the people behind a row: `make share` blanks the numbers of small groups.
        cohort_size: unique_user_count
    # Every column of the SQL, with its type. The build stops if they differ. A column also says if it can name a person
    # (shared_as: pseudonym) or not (unchanged). Keys need no word, nor do numbers whose name ends in _count, _seconds,
    # _minutes, _hours, _days or _ratio (models/site/README.md).
    columns:
      - name: site_id
        data_type: string
        description: "{{ doc('site_id') }}"
        constraints: [{type: not_null}]
      - name: activity_date
        data_type: date
        description: Day in the reporting zone.
        constraints: [{type: not_null}]
        config: {meta: {shared_as: unchanged}}
      - name: activity_count
        data_type: bigint
        description: Activities on that day, each counted once.
        constraints: [{type: not_null}]
      - name: unique_user_count
        data_type: bigint
        description: Different known users who did them.
        constraints: [{type: not_null}]
    data_tests:
      - row_checks:
          arguments:
            # The columns that identify a row.
            grain: [site_id, activity_date]
            # What must hold in each row.
            expectations:
              people_do_activities: unique_user_count <= activity_count
"""


def write_mart(name: str, root: Path = PROJECT_ROOT) -> list[Path]:
    """Write the two files of a mart; returns them.

    Raises:
        WarehouseError: the name cannot be that of a new mart.
    """
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise WarehouseError(
            f"{name or 'an empty name'} cannot be the name of a mart. Fix: start it with fct_ (what happened) or dim_"
            f" (what there is), go on in lower case, digits and _, with at most {LONGEST_NAME} characters:"
            " make new-mart NAME=fct_daily_activity"
        )
    there = next((path for folder in ("models", "seeds") for path in (root / folder).rglob(f"{name}.*")), None)
    if there is not None:
        raise WarehouseError(f"{name} is already in {there.relative_to(root)}. Fix: choose another NAME.")
    folder = root / "models" / "site"
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.sql", folder / f"{name}.yml"]
    for path, text in zip(files, (SQL, YAML.replace("NAME", name)), strict=True):
        path.write_text(text, encoding="utf-8")
    return files
