"""How large the page is and how soon it is usable: `python benchmarks/report_page.py [RUNS …]`.

Runs are copies of a small real batch under names of their own. The time is that of the browser (Chromium
and its driver, where they are), from the start of the navigation until the table and the filters answer.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from flat_plugin import run
from flat_plugin.report.read.results import Results, Run, read_results
from flat_plugin.report.write import write_page

SWEEP = {
    "models": ["bert-base", "t5-small", "xlm"],
    "seq": [512, 1024, 2048],
    "architectures": ["edge", "cloud"],
    "overrides": [{"softmax_lanes": lanes} for lanes in (32, 64, 128, 256)],
    "dataflows": ["base", "flat-r"],
}


def enlarged(results: Results, count: int) -> Results:
    """This many runs, none equal to another: each copy's figures are scaled by a factor of its own."""
    factors = random.Random(1)
    runs = []
    while len(runs) < count:
        for one in results.runs:
            factor = factors.uniform(0.5, 2)
            estimate = one.estimate | {
                name: one.estimate[name] * factor for name in ("cycles", "seconds", "energy_pj")
            }
            inputs = one.inputs | {"batch": 1 + len(runs) // len(results.runs)}
            name = f"{factors.getrandbits(80):020x}"
            runs.append(
                Run(one.folder, {**one.document, "run": name, "inputs": inputs, "estimate": estimate})
            )
    return replace(results, runs=tuple(runs[:count]))


def seconds_to_load(page: Path) -> float | None:
    """Until the page says it is ready; None without a browser."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        return None
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        start = time.perf_counter()
        browser.get(page.as_uri())
        while not browser.execute_script("return document.documentElement.dataset.ready"):
            time.sleep(0.01)
        return time.perf_counter() - start
    finally:
        browser.quit()


def main() -> None:
    counts = [int(text) for text in sys.argv[1:]] or [100, 1000, 10000]
    with tempfile.TemporaryDirectory() as folder:
        run({"sweep": SWEEP}, Path(folder) / "runs", jobs=1)
        results = read_results(Path(folder) / "runs")
        for count in counts:
            page = Path(folder) / f"{count}.html"
            many = enlarged(results, count)
            start = time.process_time()
            write_page(many, page)
            made, size = time.process_time() - start, page.stat().st_size / 1e6
            load = seconds_to_load(page)
            loaded = "no browser here" if load is None else f"ready in {load:.2f} s"
            print(f"{count:6} runs: {size:5.1f} MB, made in {made:5.1f} s of CPU, {loaded}", flush=True)


if __name__ == "__main__":
    main()
