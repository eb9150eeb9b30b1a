"""A browser; the pages in it are made from the synthetic data of the tests of figures."""

import os
import shutil
import sys
from pathlib import Path

import pytest

for folder in (Path(__file__).parent, Path(__file__).parents[1] / "figures"):
    sys.path.insert(0, str(folder))

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
VIEWPORT = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        reason = f"no browser: none of {', '.join(BROWSERS)} is on the PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


def failure(request) -> list[str]:
    # A preview that leaves the window is taken away while it loads: that is no failure.
    return [] if "ERR_ABORTED" in request.failure else [f"failed: {request.url}"]


def foreign(request) -> list[str]:
    return [] if request.url.startswith("file://") else [f"foreign: {request.url}"]


@pytest.fixture
def tab(browser):
    """A page that fails the test on any message of the console, error or foreign request."""
    tab = browser.new_page(viewport=VIEWPORT)
    problems: list[str] = []
    tab.on("console", lambda message: problems.append(f"console: {message.text}"))
    tab.on("pageerror", lambda error: problems.append(f"error: {error}"))
    tab.on("requestfailed", lambda request: problems.extend(failure(request)))
    tab.on("request", lambda request: problems.extend(foreign(request)))
    yield tab
    tab.close()
    assert problems == []
