"""Set up this project and run its commands: ``python3 start.py build`` is ``make build``, and needs nothing but Python.

A command takes its settings as ``NAME=value``, from the command line or from the environment. Each command gets its
packages into an environment inside the project (``.venv``); the lock files say which, and a changed lock file or
another Python sets it up again. The commands themselves are in ``scripts/``.
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

try:
    import fcntl
    import resource
except ImportError:  # Windows has no such modules
    fcntl = resource = None  # type: ignore[assignment]

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11")
# By these the user or the system ends a command, beside Ctrl-C. Windows lacks some.
USERS_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
SHELLS_CODE_OF_A_SIGNAL = 128
LAST_STREAM = 2  # standard input, output and errors are the first three descriptors
# The addresses that DuckDB and its threads take; they use a part of them. With 0.6 GB it crashed, with 0.9 GB a build
# hung; with 2.5 GB it ended (two cores).
ADDRESSES, ADDRESSES_PER_CORE = 2 << 30, 128 << 20


class Environment(NamedTuple):
    """A set of packages: the folder into which they are installed, and the lock files that name them, in order."""

    folder: str
    locks: tuple[str, ...]


RUN = Environment(".venv", ("requirements.lock",))
DEVELOP = Environment(".venv", ("requirements.lock", "requirements-dev.lock"))
MEASURE = Environment(".venv", ("requirements.lock", "requirements-bench.lock"))
POSTGRES = Environment(".venv", ("requirements.lock", "requirements-postgres.lock"))
SUPERSET = Environment(".venv-superset", ("requirements-superset.lock",))
SPARK = Environment(".venv-spark", ("requirements-spark.lock",))


class Option(NamedTuple):
    """A setting that a script takes as an option: ``flag value`` where it is set, the flag alone for a switch."""

    flag: str
    setting: str
    is_switch: bool = False
    is_list: bool = False

    def arguments(self) -> list[str]:
        """The words for the command line of the script."""
        value = os.environ.get(self.setting)
        if value is None:
            return []
        if self.is_switch:
            return [self.flag]
        return [word for part in (value.split() if self.is_list else [value]) for word in (self.flag, part)]


class Command(NamedTuple):
    """A command of this file.

    Attributes:
        help: what it does, in one line.
        steps: the command lines of Python that it runs one after the other, in the first of its environments.
        settings: the settings that its scripts read from the environment.
        needs: the environments that it sets up first.
        group: under which heading the help lists it.
        modules: the folders with modules that its steps need beside their own.
        beside: a step that runs at the same time as the last one.
    """

    help: str
    steps: tuple[tuple[str | Option, ...], ...]
    settings: tuple[str, ...] = ()
    needs: tuple[Environment, ...] = (RUN,)
    group: str = "Use"
    modules: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


# Every command takes these: where the files are, how much memory DuckDB may use, which Python sets up. The salt too,
# because any command may have to finish an erasure, and with it the shared copy.
COMMON = ("PYTHON", "WAREHOUSE_PATH", "PUBLISHED_PATH", "SHARED_PATH", "MEMORY_LIMIT", "PSEUDONYM_SALT")
# Details that no report contains, and where the reports are.
DECLARED = (
    *("REPORTS", "SITE", "TIME_ZONE", "DATE_FORMAT", "ENCODING", "MIN_DATE", "MAX_DATE", "AGAIN", "ALLOW_TWINS"),
    "DECLARE",
)
LANDING = ("LANDING", "SPARK_LANDING", "JOBS")
# Where data go, who may read them, whose they are, and whether anything is changed: a blank one does not ask for the
# default.
NEVER_BLANK = {
    *("WAREHOUSE_PATH", "PUBLISHED_PATH", "SHARED_PATH", "TARGET", "LANDING", "SPARK_LANDING", "SITE"),
    *("PSEUDONYM_SALT", "MINIMUM_COHORT_SIZE", "PUBLISHED_MODE", "DRY_RUN", "RETENTION_DAYS", "ALSO_SAME_EMAIL"),
    "ALSO_SPELLINGS",
    *("USER_ID", "SESSION", "COURSE", "REPORT", "REPORTS", "TABLE"),
}
# What names a file or a folder, from the folder of the project if it is no whole path.
PATHS = {"REPORTS", "WAREHOUSE_PATH", "PUBLISHED_PATH", "SHARED_PATH", "LANDING", "TARGET", "ACCEPT", "EXPORT"}
PYTEST = ("-m", "pytest", "--numprocesses", "auto", "--dist", "worksteal")
# The C library of Linux keeps the memory that it frees. Tests load thousands of small reports, and giving memory back
# takes up to a tenth of their processor time. Other systems read no such variable.
KEEPS_MEMORY = ":".join(
    f"glibc.malloc.{name}={value}"
    for name, value in (
        ("tcache_count", 65535),
        ("trim_threshold", 1 << 30),
        ("top_pad", 1 << 26),
        ("mmap_threshold", 1 << 28),
    )
)
# So does the allocator of DuckDB: the pages that tests touch for the first time are half as many, 2 % of their time.
DUCKDB_KEEPS_MEMORY = "muzzy_decay_ms:-1"
# Tests write thousands of small files and wait until they are on the disk. Where the memory has a folder with room they
# are written there: a twentieth less processor time, and no waiting. pytest keeps those of tests that failed.
IN_MEMORY, ROOM = Path("/dev/shm"), 8 << 30
BUILD = ("scripts/build_warehouse.py",)
DRY_RUN = Option("--dry-run", "DRY_RUN", is_switch=True)
PIP_INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r")
# As pip does when it installs a package. It needs no network.
WRITE_SCRIPTS = """if True:
    import os, sys
    from importlib.metadata import entry_points
    from pip._vendor.distlib.scripts import ScriptMaker
    maker = ScriptMaker(None, os.path.dirname(sys.executable))
    maker.clobber, maker.set_mode, maker.variants = True, True, {""}
    maker.make_multiple(f"{script.name} = {script.value}" for script in entry_points(group="console_scripts"))
"""
UV_COMPILE = (
    *("uv", "pip", "compile", "--universal", "--python-version", "3.11", "--no-strip-extras", "--upgrade"),
    *("--generate-hashes", "--no-emit-index-url", "--no-header"),
)

COMMANDS = {
    "build": Command(
        "Set up, load the reports (REPORTS=folder, else reports/, else the sample), build and publish.",
        (BUILD,),
        (*DECLARED, "PUBLISHED_MODE"),
    ),
    "show": Command(
        "Show the summary in the terminal; SESSION=keynote, USER_ID=5001 or CONTEST=all_time for one of them; ALL=1"
        " shows long lists to their end.",
        (
            (
                "scripts/show.py",
                Option("--session", "SESSION"),
                Option("--user", "USER_ID"),
                Option("--contest", "CONTEST"),
                Option("--all", "ALL", is_switch=True),
            ),
        ),
        ("SESSION", "USER_ID", "CONTEST", "ALL"),
    ),
    "report": Command(
        "Write the page again; PDF=1 writes a PDF too, with the Chromium, Chrome or Edge of this machine.",
        (("scripts/write_page.py", Option("--pdf", "PDF", is_switch=True)),),
        ("PDF",),
    ),
    "name": Command(
        "Name the activities that the reports call by unknown words; LIST=1, EXPORT=warehouse/words.csv, ACCEPT=x.csv.",
        (
            (
                "scripts/name_activities.py",
                Option("--list", "LIST", is_switch=True),
                Option("--accept", "ACCEPT"),
                Option("--export", "EXPORT"),
            ),
        ),
        ("LIST", "ACCEPT", "EXPORT"),
    ),
    "remove": Command(
        "Remove a report loaded by mistake: REPORT=x.csv or its id; DRY_RUN=1 only says what would go.",
        (("scripts/remove.py", DRY_RUN),),
        ("REPORT", "DRY_RUN", "LANDING"),
    ),
    "forget": Command(
        "Forget a person: USER_ID=7, SITE=… if several sites have this id, ALSO_SAME_EMAIL=1 if other ids with the same"
        " e-mail are the same person, ALSO_SPELLINGS=1 if other forms of the id are; DRY_RUN=1 only says what there"
        " is.",
        (("scripts/forget.py", Option("--site", "SITE"), DRY_RUN),),
        ("USER_ID", "SITE", "ALSO_SAME_EMAIL", "ALSO_SPELLINGS", "DRY_RUN", "LANDING"),
    ),
    "person": Command(
        "Write all that is known of a person, as CSV files: USER_ID=7, SITE=…, ALSO_SAME_EMAIL=1, ALSO_SPELLINGS=1 as"
        " for forget.",
        (("scripts/person.py",),),
        ("USER_ID", "SITE", "ALSO_SAME_EMAIL", "ALSO_SPELLINGS"),
    ),
    "evidence": Command(
        "Write a page to print with the records behind a person's minutes: USER_ID=7, SESSION=keynote or both; SITE=….",
        (("scripts/evidence_pack.py",),),
        ("USER_ID", "SESSION", "SITE"),
    ),
    "retention": Command(
        "Remove records that are older than RETENTION_DAYS=365; DRY_RUN=1 only says what would go.",
        (("scripts/retention.py", DRY_RUN),),
        ("RETENTION_DAYS", "DRY_RUN"),
    ),
    "share": Command(
        "Write a copy for others, with pseudonyms in place of people: warehouse/shared.duckdb.",
        (("scripts/share.py",),),
        ("MINIMUM_COHORT_SIZE",),
    ),
    "export": Command(
        "Write a table as CSV for a spreadsheet: TABLE=marts.fct_leaderboard; without TABLE the rejected records;"
        " XLSX=1 the main tables as one Excel workbook.",
        (("scripts/export_table.py",),),
        ("TABLE", "XLSX"),
    ),
    "certificates": Command(
        "List who is entitled to a certificate, and why: SESSION=keynote, COURSE=first-aid, or neither for all.",
        (("scripts/certificates.py",),),
        ("SESSION", "COURSE"),
    ),
    "leads": Command(
        "Write the leads of each exhibitor as CSV for a CRM: CRM=salesforce, hubspot or dynamics.",
        (("scripts/export_leads.py",),),
        ("CRM",),
    ),
    "publish": Command(
        "Publish what was built: TARGET=postgresql://user@host/db or folder/ (Parquet), else the published copy;"
        " PUBLISHED_MODE=0644 lets others on this machine read it.",
        (("scripts/publish.py",),),
        ("TARGET", "READER", "RESTRICTED", "PUBLISHED_MODE"),
    ),
    "metrics": Command(
        "Ask for metrics: METRICS=attendees,live_rate BY=metric_time__week, or SAVED=site_overview; else list them.",
        (("scripts/metrics.py",),),
        ("METRICS", "BY", "SAVED"),
        (DEVELOP,),
    ),
    "docs": Command(
        "Write the manual as a site with search, columns and lineage: warehouse/manual/index.html.",
        (("scripts/write_docs.py",),),
        needs=(DEVELOP,),
    ),
    "superset": Command(
        "Serve Superset with the dashboards on this machine: PORT=8088 (docs/how_to/superset.md).",
        (("scripts/serve_superset.py", Option("--port", "PORT")),),
        ("PORT",),
        (RUN, SUPERSET),
    ),
    "land": Command(
        "Load reports as Parquet for Spark: LANDING=folder/ (else warehouse/landing), JOBS=2.",
        (("scripts/land_parquet.py",),),
        (*DECLARED, *LANDING),
    ),
    "spark-setup": Command("Set up dbt for Spark in .venv-spark (needs Java 17).", (), needs=(SPARK,)),
    "spark-cluster": Command(
        "Run Spark on this machine until Ctrl-C: a master, two workers, a thrift server on SPARK_PORT=10000.",
        (("scripts/spark_cluster.py", "--folder", "warehouse/spark"),),
        ("SPARK_PORT",),
        (RUN, SPARK),
    ),
    "check": Command(
        "Run the fast tests and the linters that need no dbt (a minute).",
        ((*PYTEST, "--quiet", "-m", "not (slow or browser or postgres or spark or superset)"),),
        needs=(DEVELOP,),
        group="Develop",
        beside=("scripts/linters.py", "--fast"),
    ),
    "test": Command(
        "Run every linter and every test.",
        (PYTEST,),
        needs=(DEVELOP,),
        group="Develop",
        beside=("scripts/linters.py",),
    ),
    "lint": Command(
        "Run every linter: sqlfluff, ruff, mypy and more.",
        (("scripts/linters.py",),),
        needs=(DEVELOP,),
        group="Develop",
    ),
    "format": Command(
        "Let ruff and sqlfluff correct what they can.",
        (("scripts/linters.py", "--fix"),),
        needs=(DEVELOP,),
        group="Develop",
    ),
    "new-mart": Command(
        "Write a model of your own with its YAML into models/site/: NAME=fct_x.",
        (("scripts/new_mart.py",),),
        ("NAME",),
        group="Develop",
    ),
    "spark-check": Command(
        "Test all macros and some marts on Spark, without a cluster (three minutes; needs Java).",
        ((*PYTEST, "-m", "spark"),),
        needs=(DEVELOP, SPARK),
        group="Develop",
    ),
    "spark-test": Command(
        "Build all marts on a Spark cluster and compare them with DuckDB: SPARK_RECORDS=1000000 (half an hour).",
        (("-m", "pytest", "-s", "tests/spark/test_spark.py"),),
        ("SPARK_RECORDS",),
        (DEVELOP, SPARK),
        "Develop",
    ),
    "superset-test": Command(
        "Ask a real Superset for every chart of the dashboards (two minutes).",
        (("-m", "pytest", "tests/dashboards/test_superset.py"),),
        needs=(DEVELOP, SUPERSET),
        group="Develop",
    ),
    "fuzz": Command(
        "Feed the loader broken reports: INPUTS=100000 SEED=0; what broke is in target/fuzz.",
        (("-m", "fuzz", Option("--inputs", "INPUTS"), Option("--seed", "SEED")),),
        ("INPUTS", "SEED"),
        (DEVELOP,),
        "Develop",
        ("scripts", "tests"),
    ),
    "faults": Command(
        "Kill each command that writes, and read through builds: KILLS=210 BUILDS=20 SEED=1 (an hour or more).",
        (("-m", "faults", Option("--kills", "KILLS"), Option("--builds", "BUILDS"), Option("--seed", "SEED")),),
        ("KILLS", "BUILDS", "SEED"),
        (DEVELOP,),
        "Develop",
        ("scripts", "tests"),
    ),
    "mutants": Command(
        "Put faults into copies of the project and see which test finds each (20 minutes); ONLY=NAME for one.",
        (("tests/mutants/run_mutants.py", Option("--only", "ONLY")),),
        ("ONLY",),
        (DEVELOP,),
        "Develop",
        ("scripts", "tests"),
    ),
    "bench": Command(
        'Measure it beside its floor, pandas and polars: RECORDS="100000 1000000" RUNS=3; writes the page Performance.',
        (
            (
                *("benchmarks/measure.py", "--output", "docs/reference/performance.md"),
                *(Option("--records", "RECORDS", is_list=True), Option("--runs", "RUNS")),
            ),
        ),
        ("RECORDS", "RUNS"),
        (MEASURE,),
        "Develop",
    ),
    "bench-shapes": Command(
        "Measure it by how reports come: SHAPED=1000000 THERE=10000000 records; writes a page.",
        (
            (
                *("benchmarks/shapes.py", "--output", "docs/reference/performance_shapes.md"),
                *(Option("--records", "SHAPED"), Option("--day-records", "THERE")),
            ),
        ),
        ("SHAPED", "THERE"),
        (MEASURE,),
        "Develop",
    ),
    "attendance-accuracy": Command(
        "Measure attendance against simulated events whose truth is known (a minute).",
        (("scripts/measure_attendance.py", "--output", "docs/explanation/attendance_accuracy.md"),),
        group="Develop",
    ),
    "sample": Command(
        "Write the sample reports again (the same seed gives the same bytes).",
        (("scripts/generate_reports.py", "sample"),),
        group="Develop",
    ),
    "answers": Command(
        "Answer every question of analyses/ and of the README again, from the sample.",
        (BUILD, ("scripts/answer_questions.py",)),
        group="Develop",
    ),
    "picture": Command(
        "Draw the pictures of the README from the sample; the picture of the page needs Chromium.",
        (BUILD, ("scripts/draw_attendance.py",), ("scripts/draw_page.py",)),
        needs=(DEVELOP,),
        group="Develop",
    ),
    "lock": Command(
        "Lock the packages again (needs uv): hashes, and no address of any index.", (), needs=(), group="Develop"
    ),
    "clean": Command(
        "Delete the environments, the warehouse with its salts and what tools left; the reports stay.",
        (),
        needs=(),
        group="Develop",
    ),
    "help": Command("List the commands; COMMAND=build explains one with its settings.", (), ("COMMAND",), needs=()),
}

# The meaning of each setting, in Markdown, because the manual has it too.
SETTINGS = {
    "ACCEPT": "the file with your names for unknown words, as `EXPORT` wrote it",
    "AGAIN": "switch: also load reports again that you removed",
    "ALL": "switch: show long lists to their end",
    "ALLOW_TWINS": "switch: load a report although it agrees with a loaded one in all but one thing",
    "ALSO_SAME_EMAIL": "whether other ids with the same e-mail are the same person: `1` yes, `0` no",
    "ALSO_SPELLINGS": "whether other forms of the id (`12`, `0012`, `+12`) are the same person: `1` yes, `0` no",
    "BUILDS": "during how many builds the harness reads",
    "BY": "the dimensions that group the metrics, separated by commas",
    "COMMAND": "the command that is explained",
    "CONTEST": "the contest whose leaderboard is shown, by its id or a part of its name",
    "COURSE": "the course whose certificates are listed, by its key or a part of its name",
    "CRM": "the CRM that imports the leads: `salesforce` (the default), `hubspot` or `dynamics`",
    "DATE_FORMAT": "how dates are written in the reports, such as `dd/MM/yyyy`",
    "DECLARE": "if it differs from what is remembered: `again` corrects that, `once` is for this load alone",
    "DRY_RUN": "switch: print what would go, and change nothing",
    "ENCODING": "how letters are stored in reports that do not say it, such as `cp1250`",
    "EXPORT": "the file to which the unknown words are written",
    "INPUTS": "how many broken reports the loader gets",
    "JOBS": "how many files are taken apart at once; by default as many as the machine has cores",
    "KILLS": "how many commands are killed",
    "LANDING": "the folder of reports as Parquet for Spark; `remove` and `forget` work there in place of the warehouse",
    "LIST": "switch: list the unknown words, and ask nothing",
    "MAX_DATE": "the last day on which anything can have happened; by default the day after the load",
    "MEMORY_LIMIT": "how much memory DuckDB may use; the process takes some 350 MB more; by default `2750MB`, and"
    " ten million records fit into `1GB`",
    "METRICS": "the metrics that you ask for, separated by commas",
    "MINIMUM_COHORT_SIZE": "rows with fewer people have no numbers in the shared copy; else as in `dbt_project.yml`",
    "MIN_DATE": "the first day on which anything can have happened; by default `1990-01-01`",
    "NAME": "the name of the new model",
    "ONLY": "the one mutant that is tried",
    "PDF": "switch: write a PDF too",
    "PORT": "the port on which Superset answers; by default `8088`",
    "PSEUDONYM_SALT": "the salt of the pseudonyms, in place of the one in `warehouse/pseudonym_salt`",
    "PUBLISHED_MODE": "who on this machine may read the published copy, as a file mode such as `0644`",
    "PUBLISHED_PATH": "the file of the published copy",
    "PYTHON": "the Python that sets up `.venv` and the other environments",
    "READER": "PostgreSQL: the role that may read the published tables; by default `juno_reader`",
    "RECORDS": "the sizes to measure, in records, separated by blanks",
    "REPORT": "the report to remove, by the name of its file, by its id or by the first characters of the id",
    "REPORTS": "the folder with your reports, or one file",
    "RESTRICTED": "switch: the role may also read names, e-mails and texts",
    "RETENTION_DAYS": "records that are older than so many days are removed",
    "RUNS": "how often each measurement is repeated",
    "SAVED": "the name of a saved query",
    "SEED": "the seed of the random numbers; the same seed repeats a run",
    "SESSION": "the session, by its key or a part of its name",
    "SHAPED": "how many records each measured report or set of reports has",
    "SHARED_PATH": "the file of the shared copy",
    "SITE": "the JUNO platform that the reports or the person are from",
    "SPARK_LANDING": "the folder of `LANDING` by the name that dbt reads on Spark; `LANDING` comes first",
    "SPARK_PORT": "the port of Spark's thrift server; by default `10000`",
    "SPARK_RECORDS": "how many records the test builds",
    "TABLE": "the table to export, such as `marts.fct_leaderboard`; with `XLSX` as a workbook",
    "TARGET": "where to publish: a PostgreSQL address, a folder for Parquet, or another file",
    "THERE": "how many records are in the warehouse before a day's report comes",
    "TIME_ZONE": "the zone of the dates in the reports, such as `Europe/Zurich`",
    "USER_ID": "the person, by the id of the reports; `show` and `evidence` find an e-mail too, and `show` a name",
    "WAREHOUSE_PATH": "the file of the warehouse",
    "XLSX": "switch: write an Excel workbook, of the main tables or of `TABLE`",
}

# Settings that are on or off, those that may also be unanswered, and the words for both.
SWITCHES = {name for name, meaning in SETTINGS.items() if meaning.startswith("switch: ")}
QUESTIONS = {"ALSO_SAME_EMAIL", "ALSO_SPELLINGS"}
SAYS_YES, SAYS_NO = ("1", "true", "yes"), ("0", "false", "no")

# The names of the release before this one, which still work in this one.
OLDER_NAMES = {"withdraw": "remove"}  # older name


def stop(message: str, code: int = 2) -> NoReturn:
    """End with a message for the user: one line, whatever was given, and no sign in it steers the terminal."""
    print("".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in message), file=sys.stderr)
    sys.exit(code)


WITHOUT_MAKE = "python3 start.py"


def written(command: str) -> str:
    """How the reader gives a command: with make if make called this file."""
    return f"make {command}" if "MAKELEVEL" in os.environ else f"{WITHOUT_MAKE} {command}"


def known_command(name: str) -> Command:
    """The command of this name; ends with the nearest name where there is none."""
    if name not in COMMANDS:
        nearest = difflib.get_close_matches(name, COMMANDS, 1)
        stop(f"There is no command {name}.{f' Did you mean {nearest[0]}?' if nearest else ''} Fix: {written('help')}")
    return COMMANDS[name]


def take_settings(name: str, command: Command, given: Sequence[str]) -> None:
    """Put the settings of the command line into the environment, and refuse those that the command does not know.

    A blank setting counts as not given, so that ``SITE= make build`` leaves the default; except for those where a
    blank one would write elsewhere, protect less or do more than was meant.
    """
    known = (*COMMON, *command.settings)
    named = os.environ.pop("GIVEN", "").split()  # by the Makefile; make has put their values into the environment
    for word in given:
        setting, equals, value = word.partition("=")
        if not equals or not setting:
            stop(f"{word} is no setting. Fix: {written(name)} NAME=value")
        named.append(setting)
        os.environ[setting] = value
        require_whole_path(setting, value)
    for setting in named:
        if setting not in known:
            nearest = difflib.get_close_matches(setting.upper(), known, 1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"it takes {', '.join(command.settings) or 'none'}."
            stop(f"{written(name)} has no setting {setting}: {hint}")
    for setting in known:
        if not os.environ.get(setting, "").strip():
            if setting in NEVER_BLANK and setting in os.environ:
                stop(
                    f"{setting} is blank, most likely because a variable of the shell is not set. Nothing was done."
                    f" Fix: {written(name)} {setting}=… with a value, or leave it out."
                )
            os.environ.pop(setting, None)
        elif setting in SWITCHES | QUESTIONS:
            take_switch(name, setting)


def require_whole_path(setting: str, value: str) -> None:
    """End where a part of a path is given in another folder than the project's, so that it may mean either."""
    if setting not in PATHS or "://" in value or value.strip() in ("", "-") or Path(value).is_absolute():
        return
    if not Path.cwd().samefile(ROOT):
        stop(
            f"{setting}={value} is meant from the folder {ROOT}, and you are in {Path.cwd()}. Nothing was done."
            f" Fix: give the whole path, such as {setting}={Path.cwd() / value}"
        )


def take_switch(name: str, setting: str) -> None:
    """Put a switch into the environment as 1; one that is off is left out, and a question that got no has a 0."""
    value = os.environ[setting].strip().lower()
    if value not in SAYS_YES + SAYS_NO:
        stop(
            f"{setting}={os.environ[setting]} is neither yes nor no. Nothing was done."
            f" Fix: {written(name)} {setting}=1 for yes, {setting}=0 for no."
        )
    if value in SAYS_YES:
        os.environ[setting] = "1"
    elif setting in QUESTIONS:
        os.environ[setting] = "0"
    else:
        del os.environ[setting]


class Interpreter(NamedTuple):
    """A Python: its version as in pyvenv.cfg, and its own file behind links and environments."""

    version: str
    executable: str

    @classmethod
    def wanted(cls) -> Interpreter:
        """The one that PYTHON names, else the one that runs this file."""
        named = os.environ.get("PYTHON")
        if named is None:
            return cls(sys.version.split()[0], os.path.realpath(sys._base_executable))  # type: ignore[attr-defined]
        probe = "import os, sys; print(sys.version.split()[0], os.path.realpath(sys._base_executable))"
        try:
            said = subprocess.run([named, "-c", probe], stdout=subprocess.PIPE, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            stop(f"PYTHON={named} does not run. Fix: name a Python 3.11 or newer that does.")
        version, _, executable = said.strip().partition(" ")
        if not executable:
            stop(f"PYTHON={named} is no Python. Fix: name a Python 3.11 or newer.")
        return cls(version, executable)

    @classmethod
    def of(cls, folder: Path) -> Interpreter | None:
        """The one of an environment; None if there is none, or if it no longer runs."""
        made = configuration_of(folder)
        if not made or not python_of(folder).exists():
            return None
        return cls(made.get("version", ""), os.path.realpath(made.get("executable", "")))


def configuration_of(folder: Path) -> dict[str, str]:
    """What Python's venv has noted of an environment; nothing if there is none."""
    config = folder / "pyvenv.cfg"
    if not config.exists():
        return {}
    return dict(line.partition(" = ")[::2] for line in config.read_text(encoding="utf-8").splitlines())


def python_of(folder: Path) -> Path:
    """The Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let no other command set up meanwhile (``make -j2 build check``): it would delete what this one installs.

    The lock is on the folder of the project, which may be read-only, and ends with this process. Windows has none.
    """
    folder = os.open(ROOT, os.O_RDONLY) if fcntl is not None else None
    try:
        # Some file systems know no locks.
        with suppress(OSError):
            if folder is not None:
                wait_for(folder)
        yield
    finally:
        if folder is not None:
            os.close(folder)


def wait_for(folder: int) -> None:
    """Lock a folder, and say so where another process has it."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another command sets up the packages: waiting for it.", file=sys.stderr, flush=True)
        fcntl.flock(folder, fcntl.LOCK_EX)


def set_up(environment: Environment) -> None:
    """Make an environment of the wanted Python, and install what its lock files name and what is not there yet."""
    folder = ROOT / environment.folder
    if folder.is_symlink() and not folder.exists():
        stop(f"{environment.folder} is a link to a folder that does not exist. Fix: delete the link.")
    wanted = Interpreter.wanted()
    if not folder.is_symlink() and Interpreter.of(folder) != wanted:
        require_python(wanted)
        require_writable(folder.parent)
        if folder.exists():
            print(f"{environment.folder} is of another Python, and is made again with {wanted.version}.")
        shutil.rmtree(folder, ignore_errors=True)
        run(
            [wanted.executable, "-m", "venv", str(folder)],
            f"Python's venv failed. Fix: install it (on Debian: apt install python3-venv), then {written('build')}",
        )
    elif not folder.is_symlink():
        follow_move(folder)
    for lock in environment.locks:
        path = ROOT / lock
        stamp = folder / f".installed-{path.stem}"
        expected = hashlib.sha256(path.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == expected:
            continue
        require_writable(folder)
        print(f"Installing the packages of {lock} into {environment.folder} …", flush=True)
        run(
            [str(python_of(folder)), *PIP_INSTALL, lock],
            "The packages could not be installed. Fix: see pip's message above; most often the network is missing.",
        )
        stamp.write_text(expected)


def follow_move(folder: Path) -> None:
    """Write the scripts of an environment (``.venv/bin/dbt``) again if it was made elsewhere and moved or copied here.

    The commands need none of these scripts, so nothing stops where they cannot be written.
    """
    made_by = configuration_of(folder).get("command", "")
    if not made_by or made_by.endswith(f" {folder}") or not os.access(folder, os.W_OK):
        return
    python = str(python_of(folder))
    for line in ([python, "-c", WRITE_SCRIPTS], [python, "-m", "venv", "--without-pip", str(folder)]):
        if subprocess.run(line, capture_output=True, check=False).returncode != 0:
            return


def require_writable(folder: Path) -> None:
    """End where packages are to be installed and cannot be: venv and pip would say so in many lines of their own."""
    if not os.access(folder, os.W_OK):
        stop(
            f"{folder} cannot be written: its disk is read-only, or it is not yours. Nothing was installed. Fix: copy"
            f" the project into a folder of your own, then {written('build')}",
            code=1,
        )


def require_python(python: Interpreter) -> None:
    """End where Python is too old, and name a newer one that is here."""
    if tuple(int(part) for part in python.version.split(".")[:2]) >= OLDEST_PYTHON:
        return
    there = next((name for name in NEWER_PYTHONS if answers(name)), NEWER_PYTHONS[0])
    stop(f"This is Python {python.version}; 3.11 or newer is needed. Fix: {written('build')} PYTHON={there}")


def answers(name: str) -> bool:
    """Whether there is a Python of this name that runs; a version manager may have a name without one."""
    found = shutil.which(name)
    return found is not None and subprocess.run([found, "-V"], capture_output=True, check=False).returncode == 0


def run(command: list[str], trouble: str) -> None:
    """Run a command in the project's folder, and end with these words if it fails."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        stop(trouble, code=1)


def words_of(step: Sequence[str | Option]) -> list[str]:
    """The words of a step, with its options as the settings have them."""
    return [part for word in step for part in (word.arguments() if isinstance(word, Option) else [word])]


def run_steps(command: Command) -> NoReturn:
    """Run the steps of a command one after the other, until one fails."""
    python = str(python_of(ROOT / command.needs[0].folder)) if command.needs else sys.executable
    os.chdir(ROOT)
    # The messages of a script give commands as the reader does (warehouse/visible.py).
    if "MAKELEVEL" not in os.environ and command.group == "Use":
        os.environ["STARTED_WITH"] = WITHOUT_MAKE
    # A make that a script runs is no part of this make.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        os.environ.pop(name, None)
    # Windows reads and writes texts in an encoding of its own otherwise.
    os.environ["PYTHONUTF8"] = "1"
    if command.modules:
        os.environ["PYTHONPATH"] = os.pathsep.join(command.modules)
    lines = [[python, *words_of(step)] for step in command.steps]
    for line in lines[:-1]:
        code = subprocess.run(line, check=False).returncode
        if code != 0:
            sys.exit(code)
    if command.beside:
        os.environ.setdefault("GLIBC_TUNABLES", KEEPS_MEMORY)
        os.environ.setdefault("DUCKDB_JE_MALLOC_CONF", DUCKDB_KEEPS_MEMORY)
        if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM:
            os.environ.setdefault("TMPDIR", str(IN_MEMORY))
        sys.exit(run_both(lines[-1], [python, *command.beside]))
    sys.stdout.flush()
    sys.exit(run_to_the_end(lines[-1]))


def run_to_the_end(line: list[str]) -> int:
    """Run a command line, hand on the signals of the user, and say what a death by another signal means."""
    with subprocess.Popen(line) as process:
        # Ctrl-C reaches both processes, and the script decides how to end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in USERS_SIGNALS:
            signal.signal(number, lambda number, _: process.send_signal(number))
        code = process.wait()
    if code >= 0:
        return code
    ended_by = signal.Signals(-code)
    if ended_by in (signal.SIGINT, *USERS_SIGNALS):
        # As if there were no process between.
        signal.signal(ended_by, signal.SIG_DFL)
        os.kill(os.getpid(), ended_by)
    print(
        f"The system ended the command ({ended_by.name}), most often because the memory was used up. The warehouse and"
        " its copies are whole. Fix: close other programs, or set MEMORY_LIMIT=1GB; then give the same command again.",
        file=sys.stderr,
    )
    return SHELLS_CODE_OF_A_SIGNAL - code


def require_addresses() -> None:
    """End where the memory of a process is limited (``ulimit -v``) so far that DuckDB would crash or hang."""
    if resource is None:
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    needed = ADDRESSES + ADDRESSES_PER_CORE * (os.cpu_count() or 1)
    if limit != resource.RLIM_INFINITY and limit < needed:
        stop(
            f"A process may use only {limit >> 20:,} MB of memory here (ulimit -v), and DuckDB needs room for"
            f" {needed >> 20:,} MB. Nothing was done. Fix: ulimit -v unlimited; MEMORY_LIMIT=1GB limits what it takes.",
            code=1,
        )


def run_both(line: list[str], beside: list[str]) -> int:
    """Run a command line and another beside it, whose output follows at the end; returns the code of what failed."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        other = subprocess.Popen(beside, stdout=output, stderr=subprocess.STDOUT)
        try:
            code = subprocess.run(line, check=False).returncode
            code = other.wait() or code
        except KeyboardInterrupt:
            code = 130
        finally:
            other.terminate()
        output.seek(0)
        print(output.read(), end="", flush=True)
    return code


def adapt(name: str, command: Command) -> Command:
    """What a command runs where its settings change more than an option."""
    if name == "publish" and os.environ.get("TARGET", "").startswith(("postgresql://", "postgres://")):
        return command._replace(needs=(POSTGRES,))
    if name == "metrics":
        saved = Option("--saved-query", "SAVED")
        by = Option("--group-by", "BY"), Option("--order", "BY")
        asked = (saved,) if saved.arguments() else (Option("--metrics", "METRICS"), *by)
        words = ("query", *asked) if any(option.arguments() for option in asked) else ("list", "metrics")
        return command._replace(steps=(("scripts/metrics.py", *words),))
    if name == "mutants" and not os.environ.get("ONLY"):
        return command._replace(steps=((*command.steps[0], "--output", "docs/reference/mutants.md"),))
    return command


def show_help() -> None:
    """List the commands and the settings that all of them take, or explain one command."""
    named = os.environ.get("COMMAND")
    if named is not None:
        command = known_command(named)
        print(f"{written(named)}: {command.help}")
        for setting in (*command.settings, *COMMON):
            print(f"  {setting:<20}  {SETTINGS[setting].replace('`', '')}")
        return
    for group in ("Use", "Develop"):
        print(f"{group}:")
        for name, command in COMMANDS.items():
            if command.group == group:
                print(f"  {name:<20}  {command.help}")
    print(f"Every command also takes {', '.join(COMMON)}. {written('help COMMAND=build')} explains those of one.")


def clean() -> None:
    """Delete all that commands have made; the reports stay."""
    made = ("target", "logs", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache")
    kept = ROOT / "warehouse" / ".gitkeep"
    for path in [ROOT / name for name in (RUN.folder, SUPERSET.folder, SPARK.folder, *made)] + [*kept.parent.iterdir()]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != kept:
            path.unlink(missing_ok=True)


def lock() -> None:
    """Lock the packages again, with hashes and without the address of any index."""
    for path in sorted(ROOT.glob("requirements*.in")):
        run(
            [*UV_COMPILE, path.name, "-o", f"{path.stem}.lock"], "uv failed. Fix: install uv, or see its message above."
        )


def open_streams() -> None:
    """Give a closed stream (``>&-``) the null device, here and in the steps: else the next file takes its place."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= LAST_STREAM:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8")  # noqa: SIM115


def main(words: Sequence[str]) -> None:
    """Run the command that the first word names, with the settings that follow."""
    open_streams()
    name, given = (words[0], words[1:]) if words else ("help", ())
    name = "help" if name in ("-h", "--help") else name
    if name in OLDER_NAMES:
        print(f"{written(name)} is now called {written(OLDER_NAMES[name])}.", file=sys.stderr, flush=True)
        name = OLDER_NAMES[name]
    command = known_command(name)
    take_settings(name, command, given)
    alone = {"help": show_help, "clean": clean, "lock": lock}
    if name in alone:
        alone[name]()
        sys.stdout.flush()
        return
    command = adapt(name, command)
    require_addresses()
    with one_at_a_time():
        for environment in command.needs:
            set_up(environment)
    if command.steps:
        run_steps(command)


def end_of(error: OSError) -> NoReturn:
    """End with what an error of a file, a disk or the output says; without words where nobody reads on (``| head``)."""
    # Python would write what is left at its end, and fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if isinstance(error, BrokenPipeError):
        sys.exit(1)
    fixes = {errno.ENOSPC: "free some space", errno.EACCES: "give your user the right"}
    fix = f" Fix: {fixes[error.errno]}, and give the same command again." if error.errno in fixes else ""
    where = f"{error.filename}: " if error.filename else ""
    stop(f"Not done: {where}{error.strerror}.{fix}", code=1)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        end_of(error)
