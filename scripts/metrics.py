"""Ask the built warehouse for metrics: MetricFlow's command line ``mf`` without its look at the internet.

``make metrics METRICS=attendees,live_rate BY=session__session_name``, or by hand with everything that ``mf`` can:
``python scripts/metrics.py query --metrics attendees --group-by metric_time__week --explain``.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

from warehouse import PROJECT_ROOT


class NoUpdateChecker:
    """Knows of no newer version."""

    def check(self, *_: object) -> None:
        """Say that there is none."""


def stay_offline() -> None:
    """Take the place of the module by which ``mf`` asks the package index for a newer version each time it starts.

    No variable and no option turns that off, and the module unpickles a file of the shared temporary folder besides.
    """
    update_checker = ModuleType("update_checker")
    update_checker.UpdateChecker = NoUpdateChecker  # type: ignore[attr-defined]
    sys.modules["update_checker"] = update_checker


def main() -> None:
    """Run ``mf`` in the project's folder, where it finds dbt_project.yml and what the last build left in target/."""
    os.chdir(PROJECT_ROOT)
    stay_offline()
    from dbt_metricflow.cli.main import cli

    cli(prog_name="metrics")


if __name__ == "__main__":
    main()
