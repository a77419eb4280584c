"""A Superset that serves our dashboards, and its REST API as the tests ask it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

from dashboards.serve import HOST, USER, environment, is_free, read_secrets, server, set_up

# Not that of `make superset`, which may be running.
PORT = 8919
ADDRESS = f"http://{HOST}:{PORT}"
SECONDS_TO_START = 120
Row = tuple[Any, ...]


class Client:
    """Superset's REST API, as the administrator."""

    def __init__(self, password: str) -> None:
        """Log in."""
        self._opener = build_opener(HTTPCookieProcessor())
        self._headers = {"Content-Type": "application/json", "Referer": ADDRESS}
        seen = {"username": USER, "password": password, "provider": "db"}
        self._headers["Authorization"] = f"Bearer {self.post('security/login', seen)['access_token']}"
        self._headers["X-CSRFToken"] = self.get("security/csrf_token/")["result"]

    def get(self, path: str) -> Any:
        """The answer to a question."""
        return self._ask(path)

    def post(self, path: str, seen: dict[str, Any]) -> Any:
        """The answer to a question that says something."""
        return self._ask(path, json.dumps(seen).encode())

    def charts(self) -> dict[str, dict[str, Any]]:
        """Every chart by its UUID, with the query context that it was imported with."""
        listed = self.get("chart/?q=(page_size:100)")["result"]
        charts = [self.get(f"chart/{it['id']}")["result"] for it in listed]
        return {it["uuid"]: it for it in charts}

    def rows(
        self, chart: dict[str, Any], chosen: dict[str, str] | None = None, time_range: str | None = None
    ) -> list[Row]:
        """What a chart shows, once values of columns and a time are chosen in the filters of its dashboard."""
        asked = json.loads(chart["query_context"])
        [query] = asked["queries"]
        if time_range:
            [temporal] = [it for it in query["filters"] if it["op"] == "TEMPORAL_RANGE"]
            temporal["val"] = time_range
        query["filters"] += [{"col": column, "op": "IN", "val": [value]} for column, value in (chosen or {}).items()]
        [result] = self.post("chart/data", asked)["result"]
        return [tuple(row[name] for name in result["colnames"]) for row in result["data"]]

    def sql(self, sql: str) -> list[dict[str, Any]]:
        """What SQL finds that a user writes in the SQL Lab."""
        [database] = self.get("database/")["result"]
        seen = {"database_id": database["id"], "sql": sql, "runAsync": False}
        data: list[dict[str, Any]] = self.post("sqllab/execute/", seen)["data"]
        return data

    def _ask(self, path: str, data: bytes | None = None) -> Any:
        request = Request(f"{ADDRESS}/api/v1/{path}", data=data, headers=self._headers)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode()[:2000]}") from error


@contextmanager
def serving(folder: Path, published: Path) -> Iterator[Client]:
    """Set up a Superset over a published copy and serve it for a while."""
    assert is_free(PORT), f"something listens on port {PORT}"
    set_up(folder, published)
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(server(PORT), env=environment(folder), stdout=log, stderr=log)
    try:
        _wait(process)
        yield Client(read_secrets(folder).password)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        try:
            urlopen(f"{ADDRESS}/health", timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError("Superset did not start")
