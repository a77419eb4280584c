"""Ask the built warehouse for metrics: MetricFlow's command line ``mf`` without its look at the internet.

``make metrics METRICS=attendees,live_rate BY=session__session_name``, or by hand with everything that ``mf`` can:
``python scripts/metrics.py query --metrics attendees --group-by metric_time__week --explain``.
"""

from __future__ import annotations

import os
import sys

from page.metrics import EXAMPLE, MANIFEST, check_metrics, check_usage, is_current, stay_offline, write_manifest
from removal.journal import finish_first
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT
from warehouse.visible import SafeConsole, VisibleStream, as_given, on_one_line


def main(arguments: list[str]) -> None:
    """Run ``mf`` in the project's folder, where it finds dbt_project.yml and the manifest in target/."""
    os.chdir(PROJECT_ROOT)
    # A file that mf writes with --csv is for its owner alone, like the files of the other commands.
    os.umask(0o077)
    # The names of sessions and companies are in the answers.
    sys.stdout, sys.stderr = VisibleStream(sys.stdout), VisibleStream(sys.stderr)
    try:
        check_usage(arguments)
        finish_first(SafeConsole(stderr=True))
        if not is_current(MANIFEST, PROJECT_ROOT):
            write_manifest()
        check_metrics(arguments, MANIFEST)
    except WarehouseError as error:
        sys.exit(as_given(on_one_line(str(error))))
    stay_offline()
    from dbt_metricflow.cli.main import cli

    try:
        cli(arguments, prog_name="metrics")
    except SystemExit as ended:
        if ended.code:
            fix = f"Fix: {EXAMPLE}. make metrics lists the metrics and how they can be grouped."
            print(as_given(fix), file=sys.stderr)
        raise


if __name__ == "__main__":
    main(sys.argv[1:])
