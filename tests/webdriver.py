"""A browser driven by W3C WebDriver over HTTP, with the keyboard alone. Needs chromium and chromedriver only."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from crossdock.stack.postgres import free_port

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--window-size=1280,900",
]  # fmt: skip
TAB, ENTER, SPACE = "\ue004", "\ue007", " "
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def installed() -> tuple[str, str] | None:
    """The paths of the browser and its driver, or None."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


class Browser:
    """One window."""

    def __init__(self, api: httpx.Client, session: str) -> None:
        self.api, self.session = api, session

    def call(self, command: str, given: dict | None = None) -> object:
        """A WebDriver command of this session; raises AssertionError with the driver's words."""
        answer = self.api.post(f"/session/{self.session}/{command}", json=given or {})
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    def open(self, url: str) -> None:
        self.call("url", {"url": url})

    def look(self, script: str) -> object:
        """What a script returns: for looking only."""
        return self.call("execute/sync", {"script": script, "args": []})

    def press(self, *keys: str) -> None:
        """Keys, one after the other, to whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def tab_to(self, text: str, limit: int = 150) -> None:
        """Press Tab until what has the focus reads so; each stop on the way must be visibly focused."""
        for _ in range(limit):
            self.press(TAB)
            stop = self.look(
                "const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();"
                "return {text: e.innerText || e.value || '', id: e.id, tag: e.tagName, outline: s.outlineStyle,"
                " width: parseFloat(s.outlineWidth), seen: r.width > 0 && r.height > 0}"
            )
            if stop["tag"] == "BODY":
                continue
            assert stop["outline"] != "none", stop
            assert stop["width"] >= 2, stop
            assert stop["seen"], stop
            if text in (stop["text"], stop["id"]) or stop["text"].startswith(text):
                return
        raise AssertionError(f"{text!r} was not reached with {limit} tabs")

    def text(self) -> str:
        return self.look("return document.body ? document.body.innerText : ''")

    def wait_for(self, text: str, seconds: float = 20) -> None:
        """Return when the page shows it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if text in self.text():
                return
            time.sleep(0.1)
        raise AssertionError(f"{text!r} did not appear in {seconds} s; the page says:\n{self.text()[:2000]}")

    def enter_frame(self, seconds: float = 30) -> None:
        """Go into the page's frame once it is there."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            frame = self.look("return document.querySelector('iframe')")
            if frame:
                self.call("frame", {"id": frame})
                return
            time.sleep(0.2)
        raise AssertionError(f"no frame after {seconds} s; the page says:\n{self.text()[:2000]}")

    def leave_frame(self) -> None:
        self.call("frame", {"id": None})


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A headless Chromium with a profile of its own in `folder`."""
    path, driver = installed()
    port = free_port()
    with (folder / "chromedriver.log").open("wb") as log:
        process = subprocess.Popen([driver, f"--port={port}"], stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False) as api:
            _ready(api)
            options = {"binary": path, "args": [*FLAGS, f"--user-data-dir={folder / 'profile'}"]}
            wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
            answer = api.post("/session", json=wanted)
            assert answer.status_code == 200, answer.text
            session = answer.json()["value"]["sessionId"]
            yield Browser(api, session)
            api.delete(f"/session/{session}")
    finally:
        process.terminate()
        process.wait(20)


def _ready(api: httpx.Client, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if api.get("/status").json()["value"]["ready"]:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("chromedriver did not start")
