// The table of runs: sorted, 25 a page, columns as one likes.

const PER_PAGE = 25;
const showing = new Set(); // names of columns

const visible = () => data.columns.filter((column) => column.name === "run" || showing.has(column.name));
const isNumber = (name) => data.values[name].some((value) => typeof value === "number");

function drawTable() {
  drawHead();
  drawBody();
}

function drawHead() {
  const row = element("tr");
  for (const column of visible()) {
    const title = element("span", { className: "title", textContent: column.title });
    const bare = column.unit && (COUNTED.has(column.unit) || !SYMBOLS.has(column.unit)) && column.unit !== "J·s" && column.unit !== "×";
    const unit = element("span", { className: "unit", textContent: bare ? column.unit : " " });
    const button = element("button", { type: "button", title: column.about || column.name }, title, unit);
    button.addEventListener("click", () => sortBy(column));
    const cell = element("th", { scope: "col", className: isNumber(column.name) ? "number" : "", data: { name: column.name } }, button);
    if (state.sort === column.name) cell.ariaSort = state.down ? "descending" : "ascending";
    row.append(cell);
  }
  byId("table").tHead.replaceChildren(row);
}

function drawBody() {
  state.page = clamp(state.page, 0, Math.max(0, Math.ceil(order.length / PER_PAGE) - 1));
  const rows = order.slice(state.page * PER_PAGE, (state.page + 1) * PER_PAGE).map((index) => {
    const row = element("tr", { data: { index } });
    row.append(...visible().map((column) => bodyCell(column, index)));
    return row;
  });
  byId("table").tBodies[0].replaceChildren(...rows);
  byId("count").textContent = `${ofAll(order.length, count())}. A click on a run opens it.`;
  drawPager();
}

function bodyCell(column, index) {
  const value = data.values[column.name][index];
  const cell = element("td", { data: { name: column.name } });
  if (column.name === "run") {
    cell.append(element("button", { type: "button", textContent: data.labels[index], title: `folder ${value}` }));
    return cell;
  }
  cell.textContent = isEmpty(value) ? "" : shown(value, column);
  if (typeof value === "number") {
    cell.className = "number";
    cell.dataset.value = value;
    cell.title = `${value} ${column.unit}`.trim();
  }
  return cell;
}

function drawPager() {
  const pages = Math.ceil(order.length / PER_PAGE), pager = byId("pager");
  pager.replaceChildren();
  if (pages < 2) return;
  const go = (text, page, label) => {
    const button = element("button", { type: "button", textContent: text, ariaLabel: label, disabled: page < 0 || page >= pages });
    button.addEventListener("click", () => { state.page = page; drawBody(); toUrl(); });
    return button;
  };
  pager.append(
    go("←", state.page - 1, "Previous page"),
    element("span", { className: "quiet", textContent: `page ${state.page + 1} of ${pages}` }),
    go("→", state.page + 1, "Next page"),
  );
}

// First the end that is better, then the other one, then the order of the inputs.
function sortBy(column) {
  const first = column.better === "high";
  if (state.sort !== column.name) [state.sort, state.down] = [column.name, first];
  else if (state.down === first) state.down = !first;
  else state.sort = null;
  state.page = 0;
  changed();
}

function makeColumns() {
  const boxes = byId("columns").querySelector("div");
  for (const column of data.columns.slice(1)) {
    const box = element("input", { type: "checkbox", checked: showing.has(column.name) });
    box.addEventListener("change", () => { showing[box.checked ? "add" : "delete"](column.name); drawTable(); });
    boxes.append(element("label", {}, box, column.unit ? `${column.title} [${column.unit}]` : column.title));
  }
  byId("table").tBodies[0].addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row) openRun(Number(row.dataset.index));
  });
}
