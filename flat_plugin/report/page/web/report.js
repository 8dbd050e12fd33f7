"use strict";
// The page's own behaviour: sort, filter, charts of what is shown, the detail of a run.

const PER_PAGE = 50; // rows of the table
const DRAWN = 24; // runs in a chart with a line for each run
const SVG_UP_TO = 1500; // marks; beyond, charts are drawn on a canvas

const byId = (id) => document.getElementById(id);
const embedded = (id) => JSON.parse(byId(id).textContent);

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

function element(name, properties = {}, ...children) {
  const { data = {}, ...plain } = properties;
  const made = Object.assign(document.createElement(name), plain);
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

// Numbers for people; the exact one is in data-value.
const PREFIXED = new Set(["s", "J", "pJ", "W", "J·s", "words", "bytes", "cycles", "MACs", "s/token", "s/sequence", "J/sequence", "pJ/token"]);
const COUNTS = new Set(["sequences", "layers", "PEs"]);
const PREFIXES = [[1e18, "E"], [1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"], [1e-15, "f"]];

function digits(value) {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : Number(value.toPrecision(size >= 1 ? 3 : 4)).toString();
}

// Energies are in pJ in the results and in joules before people.
const inJoules = (unit) => unit.startsWith("pJ") && unit !== "pJ/MAC";
const unitOf = (column) => (inJoules(column.unit) ? column.unit.slice(1) : column.unit);

function formatted(value, column) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  if (inJoules(column.unit)) value *= 1e-12;
  if (column.name === "utilization") return (100 * value).toFixed(1) + " %";
  if (column.unit === "×") return value.toFixed(2) + "×";
  if (!PREFIXED.has(column.unit)) return Number.isInteger(value) ? String(value) : digits(value);
  if (value === 0) return "0";
  const [factor, prefix] = PREFIXES.find(([size]) => Math.abs(value) >= size) ?? PREFIXES.at(-1);
  return `${digits(value / factor)} ${prefix}`.trimEnd();
}

const state = { text: "", facets: {}, sort: null, down: false, page: 0, shown: new Set() };
let table, columns, order, details;
const unpacked = new Map();

async function detailOf(index) {
  const size = Number(byId("packed-details").dataset.chunk);
  const number = Math.floor(index / size);
  if (!unpacked.has(number)) unpacked.set(number, unpack(details[number]));
  return (await unpacked.get(number))[index % size];
}

const count = () => table.values.run.length;
const isNumber = (name) => table.values[name].some((value) => typeof value === "number");

// Numbers by size, those inside names too: flat-r64 comes before flat-r256.
const collator = new Intl.Collator(undefined, { numeric: true });
const byValue = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b)));

function choose() {
  const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
  const facets = Object.entries(state.facets).filter(([, value]) => value !== "");
  order = [];
  for (let index = 0; index < count(); index++) {
    if (facets.some(([name, value]) => String(table.values[name][index]) !== value)) continue;
    if (words.length && !words.every((word) => haystack(index).includes(word))) continue;
    order.push(index);
  }
  if (state.sort) {
    const values = table.values[state.sort], sign = state.down ? -1 : 1;
    const empty = (value) => value === null || value === "";
    order.sort((a, b) => {
      const [one, two] = [values[a], values[b]];
      if (empty(one) || empty(two)) return empty(one) - empty(two) || a - b;
      return sign * byValue(one, two) || a - b;
    });
  }
}

const hay = [];
function haystack(index) {
  return (hay[index] ??= columns
    .map((column) => table.values[column.name][index])
    .filter((value) => typeof value === "string")
    .concat(table.values.label[index])
    .join(" ")
    .toLowerCase());
}

const visible = () => columns.filter((column) => column.name === "run" || state.shown.has(column.name));

function drawHead() {
  const row = element("tr");
  for (const column of visible()) {
    const title = element("span", { className: "title", textContent: column.title });
    const unit = element("span", { className: "unit", textContent: unitOf(column) || " " });
    const button = element("button", { type: "button", title: column.about || column.name }, title, unit);
    button.addEventListener("click", () => sortBy(column));
    const cell = element("th", { className: isNumber(column.name) ? "number" : "", data: { name: column.name } }, button);
    if (state.sort === column.name) cell.ariaSort = state.down ? "descending" : "ascending";
    row.append(cell);
  }
  byId("table").tHead.replaceChildren(row);
}

function drawBody() {
  const body = byId("table").tBodies[0];
  const rows = order.slice(state.page * PER_PAGE, (state.page + 1) * PER_PAGE).map((index) => {
    const row = element("tr", { data: { index } });
    for (const column of visible()) {
      const value = table.values[column.name][index];
      const cell = element("td", { data: { name: column.name } });
      if (column.name === "run") {
        cell.append(element("button", { type: "button", textContent: value.slice(0, 8), title: table.values.label[index] }));
      } else {
        cell.textContent = formatted(value, column);
        if (typeof value === "number") {
          cell.className = "number";
          cell.dataset.value = value;
          cell.title = `${value} ${column.unit}`.trim();
        }
      }
      row.append(cell);
    }
    return row;
  });
  body.replaceChildren(...rows);
  const total = count(), kept = order.length;
  byId("count").textContent = kept === total ? `${total} runs` : `${kept} of ${total} runs`;
  drawPager();
}

function drawPager() {
  const pages = Math.ceil(order.length / PER_PAGE), pager = byId("pager");
  pager.replaceChildren();
  if (pages < 2) return;
  const go = (text, page, label) => {
    const button = element("button", { type: "button", textContent: text, ariaLabel: label, disabled: page < 0 || page >= pages });
    button.addEventListener("click", () => { state.page = page; drawBody(); });
    return button;
  };
  pager.append(
    go("←", state.page - 1, "Previous page"),
    element("span", { className: "quiet", textContent: `page ${state.page + 1} of ${pages}` }),
    go("→", state.page + 1, "Next page"),
  );
}

function sortBy(column) {
  const first = column.better === "high"; // the best on top
  if (state.sort !== column.name) [state.sort, state.down] = [column.name, first];
  else if (state.down === first) state.down = !first;
  else state.sort = null;
  update();
}

let waiting;
function update() {
  state.page = 0;
  choose();
  drawHead();
  drawBody();
  clearTimeout(waiting);
  waiting = setTimeout(() => charts.forEach((chart) => chart.refresh()), 150);
}

function makeFilters() {
  const search = byId("search");
  search.addEventListener("input", () => { state.text = search.value; update(); });
  for (const name of embedded("filter-names")) {
    const column = columns.find((one) => one.name === name);
    const values = [...new Set(table.values[name])];
    values.sort(byValue);
    const options = values.map((value) => element("option", { value: String(value), textContent: value === "" ? "none" : `${value} ${column.unit}`.trim() }));
    const select = element("select", { ariaLabel: column.title, data: { name } }, element("option", { value: "", textContent: `${column.title}: all` }), ...options);
    select.addEventListener("change", () => { state.facets[name] = select.value; update(); });
    byId("facets").append(select);
  }
  const boxes = byId("columns").querySelector("div");
  for (const column of columns.slice(1)) {
    const box = element("input", { type: "checkbox", checked: state.shown.has(column.name) });
    box.addEventListener("change", () => { state.shown[box.checked ? "add" : "delete"](column.name); drawHead(); drawBody(); });
    boxes.append(element("label", {}, box, column.unit ? `${column.title} [${column.unit}]` : column.title));
  }
}

// Charts.

class Chart {
  constructor(place) {
    this.place = place;
    this.section = place.closest("section");
    this.name = place.dataset.figure;
    this.seen = this.stale = false;
    for (const tab of this.section.querySelectorAll("[role=tab]")) {
      tab.addEventListener("click", () => this.turnTo(tab));
    }
    new IntersectionObserver((entries) => {
      this.seen = entries.at(-1).isIntersecting;
      if (this.seen && this.stale) this.draw();
    }, { rootMargin: "300px" }).observe(place);
    this.refresh();
  }

  turnTo(tab) {
    for (const one of this.section.querySelectorAll("[role=tab]")) one.ariaSelected = String(one === tab);
    this.name = tab.dataset.figure;
    this.refresh();
  }

  refresh() {
    this.stale = true;
    if (this.seen) this.draw();
  }

  async draw() {
    this.stale = false;
    const figure = figures[this.name], turn = (this.turn = (this.turn ?? 0) + 1);
    const rows = figure.data === "runs" ? runRows() : await partRows(figure.data);
    if (turn !== this.turn) return;
    const some = figure.data !== "runs" && order.length > DRAWN;
    const note = some ? ` The first ${DRAWN} of ${order.length} runs, in the table's order: sort or filter to see others.` : "";
    this.section.querySelector(".question").textContent = figure.question + note;
    if (!rows.length) {
      this.view?.finalize();
      this.view = null;
      this.place.replaceChildren(element("p", { className: "quiet", textContent: "None of the runs shown has these figures." }));
      return;
    }
    const theme = document.documentElement.dataset.theme;
    const spec = { ...narrow(figure.spec), autosize: { type: "fit-x", contains: "padding" }, datasets: { [figure.data]: rows } };
    const made = await vegaEmbed(this.place, spec, {
      actions: false,
      renderer: rows.length > SVG_UP_TO ? "canvas" : "svg",
      config: { ...themes[theme], legend: { ...themes[theme].legend, columns: innerWidth > 700 ? 6 : 2 } },
    });
    this.view?.finalize();
    this.view = made.view;
    made.view.addEventListener("click", (event, item) => { if (item?.datum?.run) openRun(item.datum.run); });
  }
}

// On a phone the names of runs leave no room for the chart: put less of them.
function narrow(spec) {
  if (innerWidth > 700) return spec;
  const copy = structuredClone(spec);
  for (const layer of [copy, ...(copy.layer ?? [])]) {
    const axis = layer.encoding?.y?.axis;
    if (axis?.labelLimit) axis.labelLimit = 150;
  }
  return copy;
}

function runRows() {
  const names = Object.keys(table.values);
  return order.map((index) => Object.fromEntries(names.map((name) => [name, table.values[name][index]])));
}

async function partRows(name) {
  const chosen = await Promise.all(order.slice(0, DRAWN).map(detailOf));
  return chosen.flatMap((one) => one.charts[name]);
}

// The detail of a run.

function openRun(run) {
  const index = table.values.run.indexOf(run);
  if (index >= 0) open(index);
}

function withUnit(value, column) {
  const text = formatted(value, column), unit = unitOf(column);
  if (typeof value !== "number" || !unit || unit === "×" || COUNTS.has(unit)) return text;
  return /[A-Za-zµ]$/.test(text) ? text + unit : `${text} ${unit}`;
}

async function open(index) {
  const one = await detailOf(index), { document: result } = one, answer = result.estimate;
  const facts = element("dl", { className: "facts" });
  for (const column of columns) {
    const value = table.values[column.name][index];
    if (value === null || value === "") continue;
    const exact = element("dd", { textContent: withUnit(value, column) });
    if (typeof value === "number") Object.assign(exact, { title: String(value) }).dataset.value = value;
    exact.dataset.name = column.name;
    facts.append(element("div", {}, element("dt", { textContent: column.title }), exact));
  }
  const body = byId("detail").querySelector(".body");
  const picture = element("div", { className: "scroll" });
  picture.innerHTML = one.drawing;
  const hierarchy = element("div", { className: "scroll" });
  hierarchy.innerHTML = one.hierarchy;
  body.replaceChildren(
    element("h2", { textContent: one.label }),
    ...(one.workload ? [element("p", { className: "quiet", textContent: one.workload })] : []),
    facts,
    ...(one.drawing ? [element("h3", { textContent: "Who lives where, what moves [words]" }), picture] : []),
    element("p", { className: "quiet", textContent: answer.capacity.inequality }),
    ...answer.notes.map((note) => element("p", { className: "quiet", textContent: note })),
    ...(result.nest ? [element("h3", { textContent: "The loop nest" }), element("pre", { textContent: result.nest })] : []),
    element("h3", { textContent: "The architecture" }),
    hierarchy,
    element("h3", { textContent: "Operators by component" }),
    componentTable(answer),
    element("h3", { textContent: "Operators by tensor" }),
    tensorTable(answer),
    element("h3", { textContent: "Inputs" }),
    element("pre", { textContent: JSON.stringify(result.inputs, null, 2) }),
  );
  byId("detail").showModal();
  byId("detail").scrollTop = 0;
}

function listing(heads, rows) {
  const cell = (value, head) => {
    const number = typeof value === "number";
    const made = element("td", { className: number ? "number" : "", textContent: number ? formatted(value, { unit: head[1] }) : value ?? "—" });
    if (number) { made.dataset.value = value; made.title = `${value} ${head[1]}`; }
    return made;
  };
  const head = element("tr", {}, ...heads.map(([title, unit]) => element("th", { className: unit ? "number" : "" }, title, element("span", { className: "unit", textContent: unitOf({ unit: unit ?? "" }) || " " }))));
  const body = rows.map((row) => element("tr", {}, ...row.map((value, i) => cell(value, heads[i]))));
  return element("div", { className: "scroll" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
}

function componentTable(answer) {
  const rows = Object.entries(answer.operators).flatMap(([operator, work]) =>
    Object.entries(work.components).map(([name, part], i) => [i ? "" : operator, name, part.busy_cycles, part.energy_pj]));
  const total = Object.entries(answer.components).map(([name, part], i) => [i ? "" : "all", name, part.busy_cycles, part.energy_pj]);
  return listing([["operator"], ["component"], ["busy", "cycles"], ["energy", "pJ"]], [...rows, ...total]);
}

function tensorTable(answer) {
  const rows = Object.entries(answer.operators).flatMap(([operator, work]) =>
    Object.entries(work.tensors).map(([name, words], i) => [i ? "" : operator, name, words.dram_reads, words.dram_writes, words.buffer_reads, words.buffer_writes]));
  return listing([["operator"], ["tensor"], ["DRAM reads", "words"], ["DRAM writes", "words"], ["buffer reads", "words"], ["buffer writes", "words"]], rows);
}

// Light and dark.

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  charts.forEach((chart) => chart.refresh());
}

const themes = embedded("themes");
const figures = embedded("figures");
const charts = [];
const darkness = matchMedia("(prefers-color-scheme: dark)");
setTheme(darkness.matches ? "dark" : "light");
darkness.addEventListener("change", (event) => setTheme(event.matches ? "dark" : "light"));
byId("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));

byId("table").tBodies[0].addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  if (row && !String(getSelection())) open(Number(row.dataset.index));
});
const dialog = byId("detail");
dialog.querySelector(".close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

const started = unpack(byId("packed-runs").textContent.trim()).then((value) => {
  table = value;
  columns = table.columns;
  details = embedded("packed-details");
  columns.filter((column) => column.shown).forEach((column) => state.shown.add(column.name));
  makeFilters();
  update();
});
addEventListener("charts-ready", async () => {
  await started;
  for (const place of document.querySelectorAll(".chart")) charts.push(new Chart(place));
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) charts.forEach((chart) => chart.refresh());
    width = innerWidth;
  });
  document.documentElement.dataset.ready = "true";
});
