"""A Superset that serves our dashboards, and its REST API as the tests ask it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from serve_superset import HOST, USER, environment, read_secrets, server, set_up

PORT = 8919
SECONDS_TO_START = 120
Row = tuple[Any, ...]


class Client:
    """Superset's REST API, as the administrator."""

    def __init__(self, password: str) -> None:
        """Log in."""
        self._token = ""
        told = {"username": USER, "password": password, "provider": "db"}
        self._token = self.post("security/login", told)["access_token"]

    def get(self, path: str) -> Any:
        """The answer to a question."""
        return self._ask(Request(f"http://{HOST}:{PORT}/api/v1/{path}"))

    def post(self, path: str, told: dict[str, Any]) -> Any:
        """The answer to a question that says something."""
        return self._ask(Request(f"http://{HOST}:{PORT}/api/v1/{path}", data=json.dumps(told).encode()))

    def _ask(self, request: Request) -> Any:
        request.add_header("Content-Type", "application/json")
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise AssertionError(f"{request.full_url}: {error.code} {error.read().decode()[:2000]}") from error

    def charts(self) -> dict[str, dict[str, Any]]:
        """Every chart by its UUID, with the query context that it was imported with."""
        listed = self.get("chart/?q=(page_size:100)")["result"]
        charts = [self.get(f"chart/{it['id']}")["result"] for it in listed]
        return {it["uuid"]: it for it in charts}

    def rows(self, chart: dict[str, Any], **more: Any) -> list[Row]:
        """What a chart shows, with filters of a dashboard on top of its own."""
        asked = json.loads(chart["query_context"])
        [query] = asked["queries"]
        query["filters"] = [
            it | {"val": more["time_range"]} if it["op"] == "TEMPORAL_RANGE" and "time_range" in more else it
            for it in query["filters"]
        ] + more.get("filters", [])
        [result] = self.post("chart/data", asked)["result"]
        return [tuple(row[name] for name in result["colnames"]) for row in result["data"]]


@contextmanager
def serving(folder: Path, published: Path) -> Iterator[Client]:
    """Set up a Superset over a published copy and serve it for a while."""
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
            urlopen(f"http://{HOST}:{PORT}/health", timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise AssertionError("Superset did not start")
