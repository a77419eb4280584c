"""start.py has the commands of the Makefile, sets up what they need, and says what is wrong."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
import start

from conftest import ROOT
from warehouse.visible import SafeConsole, as_given


def call(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run start.py as a user does who has no make."""
    environment = {name: value for name, value in os.environ.items() if name != "MAKELEVEL"} | settings
    return subprocess.run(
        [sys.executable, str(ROOT / "start.py"), *words], env=environment, capture_output=True, text=True, check=False
    )


def make(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run make."""
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_has_the_same_commands() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^COMMANDS := ((?:.*\\\n)*.*)", makefile, flags=re.MULTILINE)
    assert targets is not None
    assert sorted(targets[1].replace("\\\n", " ").split()) == sorted(start.COMMANDS)


def test_the_help_has_every_command_and_every_setting() -> None:
    said = call("help").stdout
    for name, command in start.COMMANDS.items():
        assert re.search(rf"^  {name} ", said, flags=re.MULTILINE), name
        # README and docs explain the settings that several commands share.
        own = set(command.settings) - {*start.DECLARED, *start.LANDING, "DRY_RUN", "READER", "RESTRICTED"}
        own -= {"PSEUDONYM_SALT", "MINIMUM_COHORT_SIZE", "PUBLISHED_MODE"}
        assert all(setting in command.help for setting in own), name


def test_each_setting_has_a_meaning_and_no_other_has_one() -> None:
    taken = {setting for command in start.COMMANDS.values() for setting in (*command.settings, *start.COMMON)}
    assert set(start.SETTINGS) == taken


def test_the_help_of_a_command_explains_its_settings() -> None:
    lines = call("help", "COMMAND=leads").stdout.splitlines()
    assert lines[0].startswith("python3 start.py leads: Write the leads of each exhibitor")
    assert [line.split()[0] for line in lines[1:]] == ["CRM", *start.COMMON]
    assert lines[1].endswith("the CRM that imports the leads: salesforce (the default), hubspot or dynamics")
    refused = make("help", "COMMAND=leeds")
    assert refused.returncode == 2 and "There is no command leeds. Did you mean leads? Fix: make help" in refused.stderr


def test_every_script_that_a_command_runs_is_there() -> None:
    for command in start.COMMANDS.values():
        for step in (*command.steps, *filter(None, [command.beside])):
            assert step[0] == "-m" or (ROOT / str(step[0])).is_file(), step


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "PYTHON=nope"], "PYTHON=nope does not run. Fix: name a Python 3.11 or newer that does."),
        (["bild"], "There is no command bild. Did you mean build? Fix: python3 start.py help"),
        (["build", "SIET=academy"], "python3 start.py build has no setting SIET: did you mean SITE?"),
        (["build", "academy"], "academy is no setting. Fix: python3 start.py build NAME=value"),
        (["docs", "QQQ=1"], "python3 start.py docs has no setting QQQ: it takes none."),
        (["build", "PYTHON=/no/python"], "PYTHON=/no/python does not run. Fix: name a Python 3.11 or newer that does."),
    ],
    ids=["Python of another command", "command", "misspelt setting", "no setting", "unknown setting", "no such Python"],
)
def test_what_is_wrong_is_said_with_what_to_do(words: list[str], said: str) -> None:
    refused = call(*words)
    assert (refused.returncode, refused.stdout, refused.stderr.strip()) == (2, "", said)


@pytest.mark.parametrize(
    "words",
    [["{}"], ["build", "{}"], ["build", "{}=1"], ["show", "PYTHON={}"], ["help", "COMMAND={}"]],
    ids=["command", "setting", "name of a setting", "value", "command of the help"],
)
def test_what_was_given_is_shown_on_one_line_and_steers_no_terminal(words: list[str]) -> None:
    evil = "x\x1b]0;t\x07\x9b2J\u202e\u200b\r\nlanded forged.csv"
    refused = call(*(word.format(evil) for word in words))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert r"\x1b]0;t\x07\x9b2J\u202e\u200b\r\nlanded forged.csv" in refused.stderr
    assert refused.stderr.count("\n") == 1 and refused.stderr.rstrip("\n").isprintable()


def test_make_hands_its_settings_on() -> None:
    refused = make("build", "SIET=academy")
    assert refused.returncode == 2
    assert "make build has no setting SIET: did you mean SITE?" in refused.stderr
    assert "There is no command bild. Did you mean build? Fix: make help" in make("bild").stderr


def test_make_refuses_a_python_in_words_and_takes_a_blank_one_for_none() -> None:
    refused = make("show", "PYTHON=nope")
    assert "PYTHON=nope does not run. Fix: name a Python 3.11 or newer that does." in refused.stderr
    assert "not found" not in refused.stderr
    assert make("help", "PYTHON=").returncode == 0


HOSTILE = (
    *("`touch ran`", "$(touch ran)", "$(shell touch ran)", "${HOME}", "$$HOME", "';touch ran;'", '";touch ran;"'),
    *("a;touch ran", "a\ntouch ran", "a\nendef\n$(shell touch ran)", "a#b", "\\"),
)


@pytest.mark.parametrize("value", HOSTILE)
def test_make_hands_each_value_on_as_it_was_written(value: str) -> None:
    # A message repeats this setting; all settings go the same way.
    shown = value.replace("\n", r"\n")
    assert f"PYTHON={shown} does not run" in make("show", f"PYTHON={value}").stderr
    assert f"PYTHON={shown} does not run" in make("show", PYTHON=value).stderr
    assert "There is no command" in make(value.replace("=", "")).stderr
    assert not (ROOT / "ran").exists()


@pytest.mark.parametrize("name", ["GIVEN", "GOAL", "RUN", "COMMANDS", '";touch ran;"'])
def test_make_takes_none_of_its_own_variables_from_the_command_line(name: str) -> None:
    assert make("help", f"{name}=;touch ran").returncode == 2
    assert not (ROOT / "ran").exists()


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_is_found_as_everywhere(word: str) -> None:
    assert call(word).stdout == call("help").stdout


def test_without_python_no_other_python_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON", sys.executable)
    asked = start.Interpreter.wanted()
    monkeypatch.delenv("PYTHON")
    monkeypatch.setattr(subprocess, "run", None)
    assert start.Interpreter.wanted() == asked


@pytest.mark.parametrize(("started", "written"), [(call, "python3 start.py build"), (make, "make build")])
def test_a_script_gives_the_fix_as_the_reader_gives_commands(
    started: Callable[..., subprocess.CompletedProcess[str]], written: str, tmp_path: Path
) -> None:
    said = started("show", f"PUBLISHED_PATH={tmp_path / 'none.duckdb'}", COLUMNS="300")
    assert said.returncode != 0
    assert f"Fix: {written}\n" in said.stdout


def test_the_commands_that_messages_name_are_rewritten(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STARTED_WITH", start.WITHOUT_MAKE)
    texts = [path.read_text() for path in (ROOT / "scripts").rglob("*.py")]
    named = {name for text in texts for name in re.findall(r"(?:Fix: |\")make ([a-z-]+)", text)} & start.COMMANDS.keys()
    assert len(named) > 6
    for name in named - {"format", "spark-setup"}:
        assert as_given(f"Fix: make {name} X=1") == f"Fix: python3 start.py {name} X=1"
    assert as_given("Fix: make two files of it.") == "Fix: make two files of it."
    SafeConsole().print("It works: make build")
    assert capsys.readouterr().out == "It works: python3 start.py build\n"


def test_an_older_name_says_the_new_one() -> None:
    refused = make("withdraw", "REPROT=x.csv")  # older name
    assert refused.returncode == 2
    assert "make withdraw is now called make remove." in refused.stderr  # older name
    assert "make remove has no setting REPROT: did you mean REPORT?" in refused.stderr


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        (["publish", "TARGET="], "TARGET"),
        (["publish", "PUBLISHED_PATH= "], "PUBLISHED_PATH"),
        (["build", "WAREHOUSE_PATH="], "WAREHOUSE_PATH"),
        (["share", "MINIMUM_COHORT_SIZE="], "MINIMUM_COHORT_SIZE"),
        (["share", "PSEUDONYM_SALT="], "PSEUDONYM_SALT"),
        (["forget", "USER_ID=7", "DRY_RUN="], "DRY_RUN"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_blank_setting_that_says_where_data_go_is_refused(words: list[str], setting: str) -> None:
    refused = call(*words)
    assert (refused.returncode, refused.stdout) == (2, "")
    fix = f"Fix: python3 start.py {words[0]} {setting}=… with a value, or leave it out."
    assert f"{setting} is blank" in refused.stderr and fix in refused.stderr


def test_a_variable_of_the_shell_that_is_not_set_is_refused_by_make() -> None:
    refused = make("publish", "TARGET=", PUBLISHED_PATH="shared.duckdb")
    assert refused.returncode == 2
    assert "TARGET is blank" in refused.stderr
    assert "PUBLISHED_PATH is blank" in make("build", PUBLISHED_PATH="").stderr


@pytest.mark.parametrize("words", [["evidence", "USER_ID=", "SESSION=keynote"], ["certificates", "SESSION= "]])
def test_a_blank_setting_does_not_widen_of_whom_data_are_written(words: list[str]) -> None:
    refused = make(*words)
    assert refused.returncode == 2
    assert f"{words[1].split('=')[0]} is blank" in refused.stderr and "Nothing was done" in refused.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals and no such limit")
@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGKILL, "The system ended the command (SIGKILL), most often because the memory was used up."),
        (signal.SIGSEGV, "The system ended the command (SIGSEGV), most often because the memory was used up."),
        (signal.SIGTERM, ""),
        (signal.SIGINT, ""),
    ],
)
def test_a_command_that_the_system_ends_says_what_to_do(number: signal.Signals, said: str) -> None:
    line = [sys.executable, "-c", f"import os, signal as s; s.signal(2, s.SIG_DFL); os.kill(os.getpid(), {number:d})"]
    program = f"import start, sys; sys.exit(start.run_to_the_end({line!r}))"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stderr.startswith(said) and bool(ended.stderr) == bool(said)
    assert ended.returncode == (128 + number if said else -number)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_a_signal_of_the_user_reaches_the_script(tmp_path: Path) -> None:
    script = f"""if True:
        import pathlib, signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        pathlib.Path({str(tmp_path / "ready")!r}).touch()
        time.sleep(60)
    """
    program = f"import start, sys; sys.exit(start.run_to_the_end({[sys.executable, '-c', script]!r}))"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as process:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        process.terminate()
        assert process.wait(30) == 7


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_two_commands_at_once_set_up_one_after_the_other(tmp_path: Path) -> None:
    """Each took the other's half environment for one of another Python, and deleted it."""
    program = f"""if True:
        import pathlib, start, time
        start.ROOT = pathlib.Path({str(tmp_path)!r})
        def set_up(environment):
            (start.ROOT / ".venv").mkdir()
            time.sleep(0.5)
            (start.ROOT / ".venv").rmdir()
        start.set_up, start.run_steps = set_up, lambda command: None
        start.main(["show"])
    """
    both = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = sorted(one.communicate(timeout=60)[1] for one in both)
    assert said == ["", "Another command sets up the packages: waiting for it.\n"]
    assert [one.returncode for one in both] == [0, 0]


def test_a_part_of_a_path_is_refused_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be another folder than the one that the shell completed, and may be there."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    given = ["REPORTS=reports"]
    monkeypatch.chdir(ROOT)
    start.take_settings("build", start.COMMANDS["build"], given)
    monkeypatch.chdir(tmp_path)
    start.take_settings("build", start.COMMANDS["build"], [f"REPORTS={tmp_path / 'reports'}", "SITE=main"])
    with pytest.raises(SystemExit) as ended:
        start.take_settings("build", start.COMMANDS["build"], given)
    assert ended.value.code == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has such a device")
@pytest.mark.parametrize(
    ("ends", "said"), [(">&-", ""), (">&- <&-", ""), (">/dev/full", "Not done: the disk is full. Fix: free some space")]
)
def test_output_that_is_closed_or_on_a_full_disk_is_no_traceback(tmp_path: Path, ends: str, said: str) -> None:
    """No copy is there, which the command says if it can."""
    line = f"exec {sys.executable} start.py show PUBLISHED_PATH={tmp_path}/none.duckdb {ends}"
    ended = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stderr.startswith(said) and bool(ended.stderr) == bool(said)
    assert "Traceback" not in ended.stderr and ended.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has such a device")
@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (">/dev/full", "Not done: No space left on device. Fix: free some space, and give the same command again.\n"),
        ("COMMAND=build >/dev/full", "Not done: No space left on device. Fix: free some space,"),
        ("| true", ""),
        (">/dev/full 2>&1", ""),
    ],
)
def test_help_that_nobody_gets_is_no_traceback(ends: str, said: str) -> None:
    ended = subprocess.run(
        ["sh", "-c", f"{sys.executable} start.py help {ends}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.stderr.startswith(said) and bool(ended.stderr) == bool(said)
    assert ended.returncode in ((0,) if "|" in ends else (1, 120))


def test_an_error_of_a_file_names_it_with_a_fix() -> None:
    program = "import start; start.end_of(PermissionError(13, 'Permission denied', 'warehouse/x'))"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stderr == (
        "Not done: warehouse/x: Permission denied. Fix: give your user the right, and give the same command again.\n"
    )
    assert ended.returncode == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
@pytest.mark.parametrize("command", ["show", "export"])
def test_too_little_memory_for_duckdb_is_said_before_it_crashes(command: str) -> None:
    refused = subprocess.run(
        ["sh", "-c", f"ulimit -v 600000; exec make --no-print-directory {command}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "may use only 585 MB of memory here (ulimit -v)" in refused.stderr and "Fix: ulimit -v" in refused.stderr
    assert "Segmentation" not in refused.stderr


def test_a_blank_setting_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ | {"ENCODING": " ", "TIME_ZONE": "Europe/Zurich"})
    start.take_settings("build", start.COMMANDS["build"], ["MIN_DATE=", "DATE_FORMAT=dd/MM/yyyy"])
    assert {name: os.environ.get(name) for name in start.DECLARED} == {
        "REPORTS": None,
        "SITE": None,
        "TIME_ZONE": "Europe/Zurich",
        "DATE_FORMAT": "dd/MM/yyyy",
        "ENCODING": None,
        "AGAIN": None,
        "MIN_DATE": None,
        "MAX_DATE": None,
        "ALLOW_TWINS": None,
        "DECLARE": None,
    }


@pytest.mark.parametrize(
    ("settings", "name", "step"),
    [
        ({"SESSION": "Opening Keynote"}, "show", ["scripts/show.py", "--session", "Opening Keynote"]),
        ({"USER_ID": "7", "DRY_RUN": "1"}, "forget", ["scripts/forget.py", "--dry-run"]),
        ({"LANDING": "x/", "SITE": "a"}, "forget", ["scripts/forget.py", "--site", "a"]),
        ({}, "metrics", ["scripts/metrics.py", "list", "metrics"]),
        ({"METRICS": "a,b"}, "metrics", ["scripts/metrics.py", "query", "--metrics", "a,b"]),
        ({"SAVED": "s"}, "metrics", ["scripts/metrics.py", "query", "--saved-query", "s"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_settings_become_options(
    settings: dict[str, str], name: str, step: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting in ("SESSION", "USER_ID", "DRY_RUN", "LANDING", "SITE", "METRICS", "SAVED", "TABLE", "BY"):
        monkeypatch.delenv(setting, raising=False)
    for setting, value in settings.items():
        monkeypatch.setenv(setting, value)
    command = start.adapt(name, start.COMMANDS[name])
    assert start.words_of(command.steps[0]) == step


@pytest.mark.parametrize(
    ("name", "setting", "given", "taken"),
    [
        *(("forget", "DRY_RUN", given, None) for given in ("0", "false", "No", " 0 ")),
        *(("retention", "DRY_RUN", given, "1") for given in ("1", "TRUE", "yes")),
        *(("export", "XLSX", given, taken) for given, taken in (("0", None), ("yes", "1"))),
        *(("person", "ALSO_SAME_EMAIL", given, taken) for given, taken in (("no", "0"), ("true", "1"))),
    ],
)
def test_a_switch_is_read_alike_in_all_commands(
    name: str, setting: str, given: str, taken: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIVEN", raising=False)
    monkeypatch.setenv(setting, given)
    start.take_settings(name, start.COMMANDS[name], [])
    assert os.environ.get(setting) == taken


def test_a_switch_that_is_neither_on_nor_off_is_refused() -> None:
    refused = call("forget", "USER_ID=7", "DRY_RUN=maybe")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "DRY_RUN=maybe is neither yes nor no. Nothing was done." in refused.stderr
    assert "Fix: python3 start.py forget DRY_RUN=1 for yes, DRY_RUN=0 for no." in refused.stderr


def test_each_switch_of_a_script_is_one_of_the_list() -> None:
    options = [word for command in start.COMMANDS.values() for step in command.steps for word in step]
    switches = {option.setting for option in options if isinstance(option, start.Option) and option.is_switch}
    assert switches <= start.SWITCHES


@pytest.mark.parametrize(("code", "beside", "expected"), [(0, 0, 0), (3, 0, 3), (0, 4, 4), (3, 4, 4)])
def test_of_two_steps_side_by_side_each_can_fail(
    code: int, beside: int, expected: int, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = [
        [sys.executable, "-c", f"print('{name}'); raise SystemExit({one})"]
        for name, one in (("step", code), ("beside", beside))
    ]
    assert start.run_both(*lines) == expected
    assert capfd.readouterr().out == "step\nbeside\n"


@pytest.mark.slow
def test_an_environment_of_another_python_is_set_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.delenv("PYTHON", raising=False)
    (tmp_path / "none.lock").touch()
    environment = start.Environment(".venv", ("none.lock",))
    # As one that is set up, but without pip, which takes longest.
    venv.create(tmp_path / ".venv", symlinks=True)
    (tmp_path / ".venv" / ".installed-none").write_text(hashlib.sha256(b"").hexdigest())
    marker, config = tmp_path / ".venv" / "marker", tmp_path / ".venv" / "pyvenv.cfg"
    marker.touch()

    start.set_up(environment)
    assert marker.exists()
    capfd.readouterr()

    config.write_text(config.read_text().replace(sys.version.split()[0], "3.11.0"))
    start.set_up(environment)
    assert not marker.exists()
    assert start.Interpreter.of(tmp_path / ".venv") == start.Interpreter.wanted()
    assert (tmp_path / ".venv" / ".installed-none").exists()
    assert ".venv is of another Python" in capfd.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the paths of scripts are in their .exe files")
def test_the_scripts_of_an_environment_that_was_moved_start_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHON", raising=False)
    made, moved = tmp_path / "made", tmp_path / "it's moved [2]"
    venv.create(made / ".venv", symlinks=True)
    made.rename(moved)
    # It finds the packages of the environment that runs this test, which are as good as packages of its own.
    [packages] = (moved / ".venv").glob("lib/*/site-packages")
    (packages / "also.pth").write_text(sysconfig.get_path("purelib"))
    script = moved / ".venv" / "bin" / "pip"
    script.write_text(f"#!{made}/.venv/bin/python\n")
    monkeypatch.setattr(start, "ROOT", moved)

    start.set_up(start.Environment(".venv", ()))
    said = subprocess.run([script, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith("pip ")
    monkeypatch.setattr(subprocess, "run", lambda line, **_: pytest.fail(f"set up already: {line}"))
    start.set_up(start.Environment(".venv", ()))


def test_an_environment_that_links_to_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "ROOT", tmp_path)
    (tmp_path / ".venv").symlink_to(tmp_path / "gone")
    with pytest.raises(SystemExit):
        start.set_up(start.Environment(".venv", ()))
    assert capsys.readouterr().err == ".venv is a link to a folder that does not exist. Fix: delete the link.\n"


@pytest.mark.parametrize("is_there", [False, True], ids=["venv", "pip"])
def test_where_nothing_can_be_installed_venv_and_pip_are_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_there: bool
) -> None:
    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setattr(start, "run", lambda command, _trouble: pytest.fail(str(command)))
    (tmp_path / "none.lock").touch()
    if is_there:
        monkeypatch.setattr(start.Interpreter, "of", lambda _folder: start.Interpreter.wanted())
        (tmp_path / ".venv").mkdir()
    # As on a read-only disk.
    monkeypatch.setattr(os, "access", lambda path, _mode: path not in (tmp_path, tmp_path / ".venv"))
    with pytest.raises(SystemExit) as ended:
        start.set_up(start.Environment(".venv", ("none.lock",)))
    assert ended.value.code == 1
    place = tmp_path / ".venv" if is_there else tmp_path
    assert capsys.readouterr().err.startswith(f"{place} cannot be written: its disk is read-only, or it is not yours.")


def test_a_changed_lock_file_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "ROOT", tmp_path)
    installed: list[str] = []
    monkeypatch.setattr(start, "run", lambda command, _trouble: installed.append(command[-1]))
    monkeypatch.setattr(start.Interpreter, "of", lambda _folder: start.Interpreter.wanted())
    (tmp_path / ".venv").mkdir()
    for lock in start.DEVELOP.locks:
        (tmp_path / lock).touch()
    start.set_up(start.DEVELOP)
    start.set_up(start.DEVELOP)
    assert installed == ["requirements.lock", "requirements-dev.lock"]
    (tmp_path / "requirements-dev.lock").write_text("# newer\n")
    start.set_up(start.DEVELOP)
    assert installed[2:] == ["requirements-dev.lock"]


def locked(lock: str) -> dict[str, set[str]]:
    """The versions of each package in a lock file; there are several where they differ by Python."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^ ]+)", (ROOT / lock).read_text(), flags=re.MULTILINE):
        versions.setdefault(name, set()).add(version)
    return versions


@pytest.mark.parametrize("environment", [start.DEVELOP, start.MEASURE, start.POSTGRES], ids=lambda it: it.locks[-1])
def test_lock_files_of_one_environment_agree(environment: start.Environment) -> None:
    first, second = (locked(lock) for lock in environment.locks)
    assert first.keys() & second.keys()
    assert {
        name: (first[name], second[name]) for name in first.keys() & second.keys() if first[name] != second[name]
    } == {}
