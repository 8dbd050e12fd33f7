// The page opens, and what a change redraws.

let drawing = 0; // what was begun before is not finished

function redraw() {
  toUrl();
  drawFigures();
}

let waiting;
function changed() {
  state.page = 0;
  choose();
  drawTable();
  drawAnswer();
  clearTimeout(waiting);
  waiting = setTimeout(redraw, 60);
}

// Every figure of the page. What needs details of runs comes when they are unpacked.
function drawFigures() {
  const turn = ++drawing;
  drawCurves();
  drawGains();
  drawFront();
  return Promise.all([...document.querySelectorAll("section.picture")].map((section) => drawPicture(section, turn)));
}

function everything() {
  choose();
  makeFilters();
  makeAnswer();
  drawTable();
  drawAnswer();
  return drawFigures();
}

function readData(packed) {
  const { columns, values, labels, axes } = packed;
  Object.assign(data, packed, { details: embedded("packed-details"), figures: embedded("figures") });
  for (const axis of axes) {
    axis.positions = values[axis.name].map(((at) => (value) => at.get(value))(new Map(axis.choices.map((value, i) => [value, i]))));
  }
  data.byName = new Map([...axes, ...columns].map((column) => [column.name, column]));
  columns.filter((column) => column.shown).forEach((column) => showing.add(column.name));
}

function makeTabs() {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => {
      const section = tab.closest("section");
      for (const one of section.querySelectorAll("[role=tab]")) one.ariaSelected = String(one === tab);
      drawPicture(section, drawing);
    });
  }
}

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
root.dataset.theme = dark.matches ? "dark" : "light";
dark.addEventListener("change", () => { root.dataset.theme = dark.matches ? "dark" : "light"; });
byId("theme").addEventListener("click", () => { root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"; });
byId("detail").querySelector(".close").addEventListener("click", () => byId("detail").close());
byId("detail").addEventListener("click", (event) => { if (event.target === byId("detail")) byId("detail").close(); });
// Paper is white, whatever the screen is.
let screenTheme;
addEventListener("beforeprint", () => { screenTheme = root.dataset.theme; root.dataset.theme = "light"; });
addEventListener("afterprint", () => { root.dataset.theme = screenTheme; });
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.control[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const open of document.querySelectorAll("details.control[open]")) open.open = false;
});

unpack(byId("packed-runs").textContent).then(async (packed) => {
  readData(packed);
  fromUrl();
  makeColumns();
  makeTabs();
  const figures = everything();
  root.dataset.ready = "true";
  await figures;
  root.dataset.drawn = "true";
  addEventListener("hashchange", () => { fromUrl(); everything(); });
  let width = innerWidth, resizing;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(resizing);
    resizing = setTimeout(drawFigures, 120);
  });
});
