"""The page of ``examples/sweep.yaml``, clicked as a newcomer clicks it; ``newcomer.py`` runs this."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "report" / "page"))

from browser import CHROMIUM, DRIVER, WIDTHS, Page, started, violations

RUNS, LONGEST = 43, 8192  # of the 60 that fit, and their longest sequence


def main(path: Path) -> None:
    if not (CHROMIUM and DRIVER):
        print("page: SKIPPED, for no chromium and chromedriver are on PATH")
        return
    driver = started()
    try:
        clicked(Page(driver, path))
        for name, width in WIDTHS.items():
            for theme in ("light", "dark"):
                looked_at(Page(driver, path, width, theme), f"{name}, {theme}", width)
    finally:
        driver.quit()
    widths = ", ".join(map(str, WIDTHS.values()))
    print(f"page: clicked, printed, and without a fault at {widths}, light and dark")


def clicked(page: Page) -> None:
    """A filter, a slider, a heading, a front of two figures, paper; the address holds what was asked."""
    check("all runs", page.text("#count").startswith(f"{RUNS} runs"))
    page.keep("dataflow", "flat-r")
    check("a filter", set(page.cells("dataflow")) == {"flat-r"})
    page.slide("seq_tokens", "least", 4)
    check("a slider", set(page.cells("seq_tokens")) == {LONGEST})
    page.click("#table th[data-name=energy_j] button")
    energies = page.cells("energy_j")
    check("sorting", len(energies) == 4 and energies == sorted(energies))
    page.until("return location.hash.includes('sort=energy_j')")  # what was asked last is there, too
    asked, sentence = page.js("return location.hash"), page.text("#sentence")
    page.click("#clear")
    page.choose("First figure of the front", "energy_j")
    page.choose("Second figure of the front", "utilization")
    page.until("return document.querySelector('#front .question').textContent.includes('on a front')")
    check("a front of two figures", len(page.texts("#front .chart circle, #front .chart path")) > 3)
    paper = page.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    check("paper", base64.b64decode(paper["data"]).startswith(b"%PDF") and len(paper["data"]) > 50_000)
    again = Page(page.driver, Path(page.js("return location.pathname")), asked=asked)
    check("the address", again.text("#sentence") == sentence and again.cells("energy_j") == energies)


def looked_at(page: Page, where: str, width: int) -> None:
    """Nothing is wider than the screen, nothing fails, and everybody can read it."""
    check(f"width ({where})", page.js("return document.documentElement.scrollWidth") <= width)
    check(f"errors ({where})", page.errors() == [])
    found = violations(page)
    check(f"axe-core ({where}): {found}", found == [])


def check(what: str, right: bool) -> None:
    if not right:
        sys.exit(f"page: {what} is not as it should be")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
