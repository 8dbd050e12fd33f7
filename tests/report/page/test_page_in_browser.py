"""The page in headless Chromium: the answer, filters, sorting, charts, the front, a run's detail, paper."""

import base64

import pytest
from browser import CHROMIUM, DRIVER, WIDTHS, Page, started, violations

from flat_plugin.report.write import write_page

pytest.importorskip("selenium", reason="selenium is not installed")

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium and chromedriver on PATH")


@pytest.fixture(scope="module")
def driver():
    browser = started()
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def path(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(results, path)
    return path


@pytest.fixture
def page(driver, path):
    return Page(driver, path)


def of_the_layers(documents):
    """Runs of the first sweep: those that nothing was changed of."""
    return [
        d
        for d in documents.values()
        if not d["inputs"]["overrides"] and d["estimate"]["level"] == "attention"
    ]


def shown(documents, page):
    return [documents[name] for name in page.js(
        "return [...document.querySelectorAll('#table tbody tr')]"
        ".map(row => data.values.run[row.dataset.index])"
    )]  # fmt: skip


def test_the_table_has_25_rows_and_pages(page, documents):
    assert len(page.cells("latency_s")) == 25
    assert page.text("#pager span") == f"page 1 of {-(-len(documents) // 25)}"
    page.click("#pager button:last-of-type")
    assert len(page.cells("latency_s")) == len(documents) - 25


def test_every_number_shown_is_that_of_the_result(page, documents):
    rows = shown(documents, page)
    for column, figure in {"latency_s": "seconds", "utilization": "utilization"}.items():
        assert page.cells(column) == [row["estimate"][figure] for row in rows]
    assert page.cells("energy_j") == [row["estimate"]["energy_pj"] * 1e-12 for row in rows]


def test_runs_are_named_by_what_differs(page):
    names = page.texts("#table td[data-name=run]")
    assert len(set(names)) == 25
    assert any(name.startswith("flat-r · bert-base · 2,048 tokens · cloud") for name in names)


def test_the_answer_is_the_best_run_of_the_chosen_objective(page, documents):
    page.keep("model", "bert-base")
    page.slide("seq_tokens", "most", 0)
    page.keep("level", "attention")
    ours = [
        d for d in documents.values() if d["inputs"]["model"] == "bert-base" and d["inputs"]["seq"] == 512
    ]
    ours = sorted(
        (d for d in ours if d["estimate"]["level"] == "attention"), key=lambda d: d["estimate"]["energy_pj"]
    )
    page.choose("What counts", "energy_j")
    energy = ours[0]["estimate"]["energy_pj"] * 1e-12
    sentence = page.text("#sentence")
    assert f"{ours[0]['inputs']['dataflow']} · {ours[0]['inputs']['architecture']}" in sentence
    assert f"has the lowest energy: {energy * 1e3:.3g} mJ" in sentence
    parts = ours[0]["estimate"]["components"]
    assert f"most of it in {max(parts, key=lambda name: parts[name]['energy_pj'])}" in sentence
    ratio = ours[1]["estimate"]["energy_pj"] / ours[0]["estimate"]["energy_pj"]
    assert f"has {ratio:.2f}× as much" in sentence


def test_over_several_workloads_the_answer_is_a_geometric_mean(page, documents):
    page.keep("level", "attention")
    page.keep("architecture", "cloud")
    page.keep("dataflow", "flat-r")
    seconds = [d["estimate"]["seconds"] for d in of_the_layers(documents)
               if d["inputs"]["architecture"] == "cloud" and d["inputs"]["dataflow"] == "flat-r"]  # fmt: skip
    product = 1
    for each in seconds:
        product *= each
    mean = product ** (1 / len(seconds))
    assert f"Over {len(seconds)} workloads" in page.text("#sentence")
    assert f"{mean * 1e6:.0f} µs" in page.text("#sentence")


def test_a_configuration_without_all_workloads_is_not_compared(page):
    page.keep("level", "attention")
    assert "no run for some of these workloads" in page.text("#left-out")
    assert "edge · 128 KiB" in page.text("#left-out")  # changed for one of the workloads only


def test_a_click_on_a_heading_sorts_and_another_reverses(page):
    page.click("#table th[data-name=energy_j] button")
    assert page.cells("energy_j") == sorted(page.cells("energy_j"))
    page.click("#table th[data-name=energy_j] button")
    assert page.cells("energy_j") == sorted(page.cells("energy_j"), reverse=True)
    assert page.js("return document.querySelector('#table th[data-name=energy_j]').ariaSort") == "descending"
    page.click("#table th[data-name=utilization] button")  # more is better: the best on top
    assert page.cells("utilization") == sorted(page.cells("utilization"), reverse=True)


def test_one_filter_bar_governs_the_answer_the_table_and_every_chart(page, documents):
    page.keep("model", "t5-small")
    kept = [d for d in documents.values() if d["inputs"]["model"] == "t5-small"]
    assert page.cells("model") == [] or set(page.cells("model")) == {"t5-small"}
    assert page.text("#count").startswith(f"{len(kept)} of {len(documents)} runs")
    counts = f"{len(kept)} of {len(documents)} runs drawn"
    page.until(
        "return [...document.querySelectorAll('.figure .question')]"
        f".every(each => each.textContent.includes('{counts}'))"
    )
    assert "bert-base" not in page.text("#front .chart") + page.text(".picture .chart")
    page.click("#clear")
    assert page.text("#count").startswith(f"{len(documents)} runs")


def test_words_filter_and_a_slider_has_two_ends(page, documents):
    page.search("CLOUD flat-h")
    assert set(page.cells("dataflow")) == {"flat-h"} and set(page.cells("architecture")) == {"cloud"}
    page.click("#clear")
    page.slide("seq_tokens", "least", 1)
    assert page.text(".control[data-axis=seq_tokens] output") == "2,048 tokens"
    assert set(page.cells("seq_tokens")) == {2048}
    page.slide("seq_tokens", "least", 0)
    assert page.text("#count").startswith(f"{len(documents)} runs")


def test_the_url_holds_what_is_asked(driver, path, page):
    page.keep("dataflow", "base")
    page.slide("seq_tokens", "most", 0)
    page.click("#table th[data-name=energy_j] button")
    page.choose("What counts", "energy_j")
    page.until("return location.hash.includes('goal=energy_j')")
    asked, table, sentence = page.js("return location.hash"), page.cells("energy_j"), page.text("#sentence")
    again = Page(driver, path, asked=asked)
    assert again.cells("energy_j") == table and again.text("#sentence") == sentence
    assert again.text(".control[data-axis=dataflow] summary") == "dataflow: base"
    assert again.js("return document.querySelector('[aria-label=Figure]').value") == "energy_j"
    odd = Page(
        driver, path, asked="#dataflow=none-such&seq_tokens=1..2&sort=nothing&x=nowhere&page=99&goal=no"
    )
    assert odd.errors() == [] and len(odd.texts("#table tbody tr")) > 0


def test_the_first_chart_is_of_the_longest_axis_and_names_its_lines(page):
    page.keep("level", "attention")
    page.search("t5-small edge")
    page.until(
        "return document.querySelector('#question .question').textContent"
        ".startsWith('A line for each dataflow. ')"
    )
    assert page.text("#question h2") == "Latency against length"
    assert {"base", "flat-r"} <= set(page.texts("#question .label"))
    assert {"512", "2,048"} <= set(page.texts("#question .tick"))
    page.choose("Figure", "dram_bytes")
    assert page.text("#question h2") == "DRAM against length"


def test_the_front_of_any_two_figures_is_that_of_a_search_by_hand(page, documents):
    page.keep("level", "attention")
    page.choose("First figure of the front", "dram_bytes")
    page.choose("Second figure of the front", "utilization")
    found = page.js(
        "return grouped(differing().filter(axis => axis.workload), order)"
        ".flatMap(group => onFront(group.runs, columnOf('dram_bytes'), columnOf('utilization')))"
        ".map(index => data.values.run[index])"
    )

    def figures(document):
        tensors = document["estimate"]["tensors"].values()
        return sum(t["dram_reads"] + t["dram_writes"] for t in tensors), -document["estimate"]["utilization"]

    def beaten(one):
        return any(
            other["inputs"]["model"] == one["inputs"]["model"]
            and other["inputs"]["seq"] == one["inputs"]["seq"]
            and all(a <= b for a, b in zip(figures(other), figures(one), strict=True))
            and figures(other) != figures(one)
            for other in layers
        )

    layers = [d for d in documents.values() if d["estimate"]["level"] == "attention"]
    assert sorted(found) == sorted(d["run"] for d in layers if not beaten(d))
    assert f"{len(found)} on a front" in page.text("#front .question")


def test_a_tab_shows_another_cut_of_the_energy(page):
    page.click("[role=tab][data-figure=energy-by-tensor]")
    assert page.js("return document.querySelector('[data-figure=energy-by-tensor]').ariaSelected") == "true"
    page.until(
        "return [...document.querySelectorAll('.picture .legend span')]"
        ".map(t => t.textContent).includes('leak')"
    )


def test_a_mark_tells_what_it_is_and_opens_its_run(page):
    from selenium.webdriver import ActionChains

    bar = page.until("return document.querySelector('.picture .plot rect.fill[height]:not([rx])')")
    page.js("arguments[0].scrollIntoView({block: 'center'})", bar)
    ActionChains(page.driver).move_to_element(bar).perform()
    tip = page.until(
        "return !document.querySelector('#tooltip').hidden && document.querySelector('#tooltip').textContent"
    )
    assert "pJ/MAC" in tip
    ActionChains(page.driver).click(bar).perform()
    page.until("return document.querySelector('#detail').open")


def test_a_run_opens_with_its_mapping_and_its_numbers(page, documents):
    page.click("#table tbody tr:nth-child(3) button")
    page.until("return document.querySelector('#detail').open")
    document = shown(documents, page)[2]
    body = page.text("#detail .body")
    assert document["estimate"]["capacity"]["inequality"] in body
    assert page.text("#detail pre") == document["nest"]
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


def test_gains_are_the_geometric_means_of_the_pairs_shown(page, documents):
    page.keep("level", "attention")
    page.keep("architecture", "edge")
    page.search("t5-small")
    page.until("return document.querySelectorAll('#gains tbody tr').length > 0")
    by = {
        (d["inputs"]["seq"], d["inputs"]["dataflow"]): d["estimate"]["seconds"]
        for d in of_the_layers(documents)
        if d["inputs"]["model"] == "t5-small" and d["inputs"]["architecture"] == "edge"
    }
    ratios = [by[seq, "base"] / by[seq, "flat-r"] for seq in (512, 2048)]
    page.until("return document.querySelector('#gains tbody').textContent.includes('flat-r')")
    assert f"{(ratios[0] * ratios[1]) ** 0.5:.2f}×" in page.text("#gains tbody")


def test_it_prints_with_its_charts(page):
    paper = page.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert base64.b64decode(paper["data"]).startswith(b"%PDF")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    plots = page.js(
        "return [...document.querySelectorAll('.plot')].map(p => p.getBoundingClientRect().height)"
    )
    assert len(plots) > 5 and all(height > 40 for height in plots)
    rows = page.js(
        "return [...document.querySelectorAll('.plot.rows')]"
        ".map(p => p.getBoundingClientRect().height / innerHeight)"
    )
    assert rows and all(part <= 0.76 for part in rows)  # so that its heading is on the same page
    assert page.js("return getComputedStyle(document.querySelector('#filters')).display") == "none"
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_it_fits_every_screen_light_and_dark(driver, path, width, theme):
    pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    page = Page(driver, path, width, theme)
    assert page.js("return document.documentElement.scrollWidth") <= width
    wide = page.js(
        "return [...document.querySelectorAll('.plot')]"
        ".map(plot => [plot.getBoundingClientRect().right, innerWidth])"
    )
    assert wide and all(right <= room for right, room in wide)
    paper = page.js("return getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(251, 251, 250)", "dark": "rgb(18, 22, 28)"}[theme]
    assert violations(page) == []
    page.js("openRun(0)")
    page.until("return document.querySelector('#detail').open")
    assert violations(page) == []
    page.click("#detail .close")
    page.click("#theme")
    assert page.js("return document.documentElement.dataset.theme") != theme
    assert page.errors() == []
