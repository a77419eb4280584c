"""Set up a Superset of this machine's own with our dashboards, and serve it to this machine alone.

Everything of it is in one folder beside the warehouse: its data (SQLite), the bundle, and a file that only its owner
can read, with the key that signs cookies and the password of the administrator; both are random and made once.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dashboards.bundle import make_bundle, write_bundle
from dashboards.source import read_contracts, read_source
from warehouse.paths import PROJECT_ROOT

ENVIRONMENT = PROJECT_ROOT / ".venv-superset"
FOLDER = PROJECT_ROOT / "warehouse" / "superset"
HOST = "127.0.0.1"
USER = "admin"
SECRETS = "secrets.json"


class SupersetError(Exception):
    """Something about the local Superset that the user can put right; the message says how."""


@dataclass(frozen=True)
class Secrets:
    """What only the owner of the machine's account may know."""

    secret_key: str
    password: str


def read_secrets(folder: Path) -> Secrets:
    """The secrets in a folder; they are made if there are none yet.

    Raises:
        SupersetError: the file is not one of ours, or cannot be read or written.
    """
    path = folder / SECRETS
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if not path.exists():
            made = {"secret_key": secrets.token_urlsafe(42), "password": secrets.token_urlsafe(18)}
            # The mode is given as the file is made: at no moment can others read it.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(made, file)
        return Secrets(**json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        what = "the disk is read-only" if error.errno == errno.EROFS else error.strerror
        raise SupersetError(
            f"{path} cannot be written: {what}. Fix: .venv/bin/python scripts/serve_superset.py --folder with a folder"
            " that is yours and can be written."
        ) from error
    except (ValueError, TypeError) as error:
        raise SupersetError(f"{path} holds no secrets of ours. Fix: remove {folder}; it is made again.") from error


def environment(folder: Path) -> dict[str, str]:
    """The environment of Superset's programs."""
    return os.environ | {
        "SUPERSET_HOME": str(folder.resolve()),
        "SUPERSET_CONFIG_PATH": str(PROJECT_ROOT / "scripts" / "dashboards" / "inside_superset" / "superset_config.py"),
        "SUPERSET_SECRET_KEY": read_secrets(folder).secret_key,
        "SCARF_ANALYTICS": "false",
    }


def set_up(folder: Path, database: Path) -> None:
    """Make Superset's data in a folder, or bring it up to date, and import the dashboards.

    Raises:
        SupersetError: there is no Superset, no published copy, or the import failed.
        SourceError: the dashboards do not fit the contracts.
    """
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        raise SupersetError(f"there is no Superset in {ENVIRONMENT}. Fix: make superset")
    if not database.is_file():
        raise SupersetError(f"there is no published copy at {database}. Fix: make build")
    settings = environment(folder) | {"SUPERSET_PASSWORD": read_secrets(folder).password}
    bundle = folder / "dashboards.zip"
    write_bundle(make_bundle(read_source(), read_contracts(), database), bundle)
    command = [
        str(python),
        str(PROJECT_ROOT / "scripts" / "dashboards" / "inside_superset" / "superset_import.py"),
        str(bundle),
        USER,
    ]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    log = folder / "import.log"
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise SupersetError(f"Superset did not take the dashboards. It said: {said}. Fix: read {log}.")


def server(port: int) -> list[str]:
    """The command that serves Superset on a port of this machine."""
    bound = ["--bind", f"{HOST}:{port}", "--workers", "1", "--threads", "8", "--timeout", "120"]
    return [str(ENVIRONMENT / "bin" / "gunicorn"), *bound, "--log-level", "warning", "superset.app:create_app()"]


def is_free(port: int) -> bool:
    """Whether a port of this machine is free."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError:
            return False
    return True
