"""The page in headless Chromium: sort, filter, tooltip, a mapping's detail; three widths, light and dark."""

import shutil
import time

import pytest

from flat_plugin.report.write import write_page

pytest.importorskip("selenium", reason="selenium is not installed")
pytest.importorskip("altair")
pytest.importorskip("vl_convert")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium and chromedriver on PATH")
WIDTHS = {"phone": 390, "laptop": 1280, "wide": 1920}


@pytest.fixture(scope="module")
def driver():
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def path(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(results, path)
    return path


class Page:
    def __init__(self, driver, path, width=1280, theme="light"):
        self.driver = driver
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        driver.get(path.as_uri())
        self.until("return document.documentElement.dataset.ready === 'true'")

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, script, seconds=20):
        deadline = time.monotonic() + seconds
        while not (found := self.js(script)):
            assert time.monotonic() < deadline, f"never: {script}"
            time.sleep(0.05)
        return found

    def cells(self, column):
        return self.js(
            "return [...document.querySelectorAll(`#table tbody td[data-name=${arguments[0]}]`)]"
            ".map(cell => cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value))",
            column,
        )

    def click(self, selector):
        self.js("document.querySelector(arguments[0]).click()", selector)

    def chart(self, number=0):
        """Bring a chart into view and wait until it is drawn."""
        self.js("document.querySelectorAll('.chart')[arguments[0]].scrollIntoView()", number)
        self.until(
            f"return document.querySelectorAll('.chart')[{number}].querySelector('svg, canvas') !== null"
        )

    def errors(self):
        return [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture
def page(driver, path):
    return Page(driver, path)


def shown(documents, page):
    return [documents[name] for name in page.js(
        "return [...document.querySelectorAll('#table tbody tr')]"
        ".map(row => table.values.run[row.dataset.index])"
    )]  # fmt: skip


def test_every_number_shown_is_that_of_the_result(page, documents):
    rows = shown(documents, page)
    assert len(rows) == len(documents)
    for column, figure in {"latency_s": "seconds", "utilization": "utilization"}.items():
        assert page.cells(column) == [row["estimate"][figure] for row in rows]
    assert page.cells("energy_j") == [row["estimate"]["energy_pj"] * 1e-12 for row in rows]


def test_a_click_on_a_heading_sorts_and_another_reverses(page):
    page.click("#table th[data-name=energy_j] button")
    assert page.cells("energy_j") == sorted(page.cells("energy_j"))
    page.click("#table th[data-name=energy_j] button")
    assert page.cells("energy_j") == sorted(page.cells("energy_j"), reverse=True)
    assert page.js("return document.querySelector('#table th[data-name=energy_j]').ariaSort") == "descending"
    page.click("#table th[data-name=utilization] button")  # more is better: the best on top
    assert page.cells("utilization") == sorted(page.cells("utilization"), reverse=True)


def test_filters_narrow_the_table_and_the_charts(page, documents):
    page.js(
        "const s = document.querySelector('#facets select[data-name=model]');"
        "s.value = 't5-small'; s.dispatchEvent(new Event('change'))"
    )
    kept = [d for d in documents.values() if d["inputs"]["model"] == "t5-small"]
    assert page.cells("model") == ["t5-small"] * len(kept)
    page.js(
        "const s = document.querySelector('#search'); s.value = 'CLOUD flat-h';"
        "s.dispatchEvent(new Event('input'))"
    )
    assert set(page.cells("dataflow")) == {"flat-h"} and set(page.cells("architecture")) == {"cloud"}
    assert page.js("return document.querySelector('#count').textContent") == f"2 of {len(documents)} runs"
    number = page.js(
        "return [...document.querySelectorAll('.chart')]"
        ".findIndex(chart => chart.dataset.figure === 'energy-per-mac')"
    )
    page.chart(number)
    labels = f"[...document.querySelectorAll('.chart')[{number}].querySelectorAll('.role-axis-label text')]"
    page.until(f"return {labels}.filter(t => t.textContent.startsWith('flat-h')).length === 2")


def test_a_tab_shows_another_cut_of_the_energy(page):
    page.click("[role=tab][data-figure=energy-by-tensor]")
    selected = "document.querySelector('[data-figure=energy-by-tensor]').ariaSelected"
    assert page.js(f"return {selected}") == "true"
    page.js("document.querySelector('[data-figure=energy-by-tensor]').scrollIntoView()")
    legend = "[...document.querySelectorAll('.role-legend-label text')].map(t => t.textContent)"
    page.until(f"return {legend}.includes('leak') && {legend}.includes('S')")


def test_a_mark_has_a_tooltip(page):
    from selenium.webdriver import ActionChains

    page.chart(1)
    bar = page.until("return document.querySelectorAll('.chart')[1].querySelector('.mark-rect path')")
    page.js("arguments[0].scrollIntoView({block: 'center'})", bar)
    ActionChains(page.driver).move_to_element(bar).perform()
    tip = page.until("return document.querySelector('#vg-tooltip-element.visible')?.textContent")
    assert "energy [pJ / MAC]" in tip and "component" in tip


def test_a_run_opens_with_its_mapping_and_its_numbers(page, documents):
    page.click("#table tbody tr:nth-child(3) button")
    page.until("return document.querySelector('#detail').open")
    document = shown(documents, page)[2]
    body = page.js("return document.querySelector('#detail .body').textContent")
    assert document["estimate"]["capacity"]["inequality"] in body
    assert page.js("return document.querySelector('#detail pre').textContent") == document["nest"]
    assert page.js("return document.querySelectorAll('#detail svg.drawing .chip').length") > 5
    facts = page.js(
        "return Object.fromEntries([...document.querySelectorAll('#detail .facts dd')]"
        ".filter(d => d.dataset.value).map(d => [d.dataset.name, Number(d.dataset.value)]))"
    )
    assert facts["cycles"] == document["estimate"]["cycles"]
    assert facts["energy_pj"] == document["estimate"]["energy_pj"]
    busy = page.js(
        "return [...document.querySelectorAll('#detail tbody td[data-value]')]"
        ".map(cell => Number(cell.dataset.value))"
    )
    for operator in document["estimate"]["operators"].values():
        for component in operator["components"].values():
            assert component["busy_cycles"] in busy and component["energy_pj"] in busy
    page.click("#detail .close")
    assert not page.js("return document.querySelector('#detail').open")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_it_fits_every_screen_light_and_dark(driver, path, width, theme):
    page = Page(driver, path, width, theme)
    assert page.js("return document.documentElement.scrollWidth") <= width
    count = page.js("return document.querySelectorAll('.chart').length")
    for number in range(count):
        page.chart(number)
        wide, room = page.js(
            "const c = document.querySelectorAll('.chart')[arguments[0]];"
            "return [c.querySelector('svg, canvas').getBoundingClientRect().width, c.clientWidth]", number
        )  # fmt: skip
        assert 0 < wide <= room + 1
    paper = page.js("return getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(251, 251, 250)", "dark": "rgb(18, 22, 28)"}[theme]
    page.click("#theme")
    assert page.js("return document.documentElement.dataset.theme") != theme
    assert page.errors() == []
