"""The dashboard and a real browser that looks at it, for what is timed and what is pictured.

Painted means: what the browser shows has changed for the last time. painted.js, within the page, notes the end of every frame in
which a map was drawn, or a chart, a key figure, a heading or a message changed; a map counts as drawn once its pixels can be read
back. Once the server has answered all that it was asked, and nothing was heard of it or painted for ``QUIET`` ms, the last of these
frames is when the answer stood there; an earlier one may have held half of it. The clock starts at the browser's own event: the key
pressed or the pointer released. An interaction that does not change the picture of the map, the lines of the chart or the figures it
is said to change counts as a failure, not as a fast one.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NO_CHROMIUM = "No Chromium was found. Remedy: install it, for example: sudo apt-get install chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
SIZE = (1440, 900)
THREADS = 2
QUIET, PATIENCE = 500, 60  # milliseconds; seconds
Query = dict[str, str | Sequence[str]]


@dataclass(frozen=True)
class Server:
    """A running dashboard. began: seconds since the epoch, when its command was given."""

    process: subprocess.Popen[bytes]
    port: int
    began: float

    def link(self, page: str = "", query: Query | None = None) -> str:
        return f"http://127.0.0.1:{self.port}/{page}?{urlencode(query or {}, doseq=True)}"

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], check=True, capture_output=True, text=True)
        return int(told.stdout) * 1024 / 1e6


@contextmanager
def served(*markets: Path, folder: Path = ROOT, code: Path = ROOT) -> Iterator[Server]:
    """The dashboard of the project in ``code``, started in ``folder`` on a free port; by default with the bundled market."""
    port = _free_port()
    offered = [part for market in markets for part in ("--market", str(market))]
    with _started(["-c", "from stmp.cli import main; main()", "app", "--port", str(port), *offered], port, folder, code) as server:
        yield server


@contextmanager
def bare() -> Iterator[Server]:
    """The page of bare.py, with the framework's own settings."""
    port = _free_port()
    script = str(Path(__file__).with_name("bare.py"))
    flags = ["--server.headless=true", "--server.address=127.0.0.1", "--browser.serverAddress=localhost"]
    flags += ["--browser.gatherUsageStats=false", "--server.fileWatcherType=none", f"--server.port={port}"]
    with _started(["-m", "streamlit", "run", script, *flags], port, ROOT, ROOT) as server:
        yield server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _started(arguments: Sequence[str], port: int, folder: Path, code: Path) -> Iterator[Server]:
    """What this Python is given to do, until it answers on the port."""
    settings = {**os.environ, "OMP_NUM_THREADS": str(THREADS), "PYTHONPATH": str(code)}
    began = time.time()
    process = subprocess.Popen([sys.executable, *arguments], cwd=folder, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield Server(process, port, began)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server ended with {process.returncode} before it answered. Remedy: start it with 'make run'.")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def visitor(browser: Browser, size: tuple[int, int] = SIZE, theme: str = "light") -> Page:
    """An empty page of somebody who was never here: nothing is cached."""
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=theme).new_page()
    page.set_default_timeout(1000 * PATIENCE)
    page.add_init_script(path=Path(__file__).with_name("painted.js"))
    return page


def come_to_rest(page: Page) -> None:
    """Wait until all that was asked of the page's script has been answered and painted."""
    page.wait_for_function("quiet => seen.atRest(quiet)", arg=QUIET)


def opened(page: Page, link: str, *shows: str) -> float:
    """Open a link -> seconds since the epoch when its page was painted. ``shows``: of maps, charts, figures, those that are waited for."""
    page.goto(link)
    _come_to_rest_when(page, lambda content: all(content[name] for name in shows))
    return float(page.evaluate("(performance.timeOrigin + seen.painted) / 1000"))


def painted_after(page: Page, act: Callable[[], object], *changes: str) -> float:
    """Seconds from the click or key that ends ``act`` to the last frame it caused. ``changes``: of maps, charts, figures, those it must."""
    before = page.evaluate("seen.content()")
    act()
    _come_to_rest_when(page, lambda content: all(content[name] != before[name] for name in changes))
    return float(page.evaluate("(seen.painted - seen.began) / 1000"))


def _come_to_rest_when(page: Page, fits: Callable[[dict[str, str]], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        come_to_rest(page)
        if fits(page.evaluate("seen.content()")):
            return
    raise RuntimeError(f"{page.url}: {PATIENCE} s went by, and the page does not show what was waited for.")
