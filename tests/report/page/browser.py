"""The page in headless Chromium, as whoever clicks it: of the tests, and of ``tools/newcomer.py``."""

import shutil
import time
from importlib.util import find_spec
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
WIDTHS = {"phone": 390, "laptop": 1280, "wide": 1920}


def started():
    """A browser."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(DRIVER))


class Page:
    def __init__(self, driver, path, width=1280, theme="light", asked=""):
        self.driver = driver
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        driver.get("about:blank")  # so that a fragment alone is a new page, too
        driver.get(path.as_uri() + asked)
        self.until("return document.documentElement.dataset.drawn === 'true'")

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, script, seconds=20):
        deadline = time.monotonic() + seconds
        while not (found := self.js(script)):
            assert time.monotonic() < deadline, f"never: {script}"
            time.sleep(0.05)
        return found

    def text(self, selector):
        return self.js("return document.querySelector(arguments[0]).textContent", selector)

    def texts(self, selector):
        return self.js(
            "return [...document.querySelectorAll(arguments[0])].map(each => each.textContent)", selector
        )

    def cells(self, column):
        return self.js(
            "return [...document.querySelectorAll(`#table tbody td[data-name=${arguments[0]}]`)]"
            ".map(cell => cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value))",
            column,
        )

    def click(self, selector):
        self.js("document.querySelector(arguments[0]).click()", selector)

    def choose(self, label, value):
        """In a select element, by its name for those who do not see it."""
        self.js(
            "const s = document.querySelector(`select[aria-label='${arguments[0]}']`);"
            "s.value = arguments[1]; s.dispatchEvent(new Event('change'))", label, value
        )  # fmt: skip

    def keep(self, axis, value):
        """Only this value of an axis of names."""
        control = f".control[data-axis={axis}]"
        self.click(f"{control} .menu button:last-of-type")
        self.js(
            "[...document.querySelectorAll(arguments[0])]"
            ".find(each => each.textContent === arguments[1]).querySelector('input').click()",
            f"{control} label", value
        )  # fmt: skip

    def search(self, words):
        self.js(
            "const s = document.querySelector('#search'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('input'))", words
        )  # fmt: skip

    def slide(self, axis, end, position):
        self.js(
            "const s = document.querySelector(arguments[0]); s.value = arguments[1];"
            "s.dispatchEvent(new Event('input'))",
            f".control[data-axis={axis}] input[data-end={end}]", position
        )  # fmt: skip

    def errors(self):
        return [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]


def violations(page):
    """What axe-core, of another package, finds wrong for people who see or hear the page differently."""
    package = find_spec("axe_core_python")
    if package is None:
        raise ModuleNotFoundError("axe_core_python")
    page.js((Path(package.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8"))
    return page.driver.execute_async_script(
        "const done = arguments[0];"
        "axe.run().then(found => done(found.violations.map(v => `${v.id}: ${v.nodes[0].html}`)))"
    )
