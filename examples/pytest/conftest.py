"""One provider for the whole run, one realm and one app for each worker: `pytest -n 4` runs them side by side.

The provider is whatever STANDIN_URL names; without it, one is started: `standin run -- pytest` does the same.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

HERE = Path(__file__).parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Standin:
    """The control API of one realm."""

    def __init__(self, url, realm):
        self.url, self.realm = url, realm
        self.http = requests.Session()
        if token := os.environ.get("STANDIN_CONTROL_TOKEN"):
            self.http.headers["authorization"] = f"Bearer {token}"

    def call(self, method, path, **body):
        answer = self.http.request(method, f"{self.url}/_control/v1/realms/{self.realm}{path}", json=body or None)
        problem = answer.json() if answer.status_code == 422 else {}
        if problem.get("type", "").endswith("#expectation-not-met"):
            raise AssertionError("\n  ".join([problem["detail"], *problem["near_misses"]]))
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def next_login(self, **login):
        return self.call("POST", "/next-logins", **login)

    def fault(self, name, **when):
        return self.call("POST", "/faults", name=name, **when)

    def expect(self, event, **expectation):
        return self.call("POST", "/expect", event=event, **expectation)

    def advance(self, by):
        return self.call("POST", "/clock/advance", by=by)


@pytest.fixture(scope="session")
def realm(worker_id):
    """A provider of this worker's own."""
    url, name = os.environ["STANDIN_URL"], f"pytest-{worker_id}-{os.getpid()}"
    requests.post(f"{url}/_control/v1/realms", json={"name": name, "ttl": "1h"}).raise_for_status()
    yield Standin(url, name)
    requests.delete(f"{url}/_control/v1/realms/{name}")


@pytest.fixture(scope="session")
def app(realm):
    """The app, signing in at this worker's realm; its URL."""
    port = free_port()
    issuer = f"{os.environ['STANDIN_ISSUER']}/r/{realm.realm}"
    running = subprocess.Popen([sys.executable, HERE / "app.py"], env=os.environ | {"ISSUER": issuer, "PORT": str(port)}, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    for _ in range(200):
        try:
            requests.get(url, timeout=1)
            break
        except requests.ConnectionError:
            time.sleep(0.05)
    yield url
    running.terminate()
    running.wait()


@pytest.fixture
def standin(realm):
    """The realm as it was at the start."""
    realm.call("POST", "/reset", keep=[])
    return realm


@pytest.fixture
def browser():
    """Keeps cookies and follows redirects, and shows no page."""
    return requests.Session()
