// What is asked of the page: filters, sorting and the figures that charts draw. The URL holds all of it.

const data = {}; // values, columns, axes, labels; filled when the page opens
const state = { text: "", kept: new Map(), sort: null, down: false, page: 0, chosen: {} };
let order = []; // the runs that are shown, by their numbers, in the table's order

const count = () => data.values.run.length;
const columnOf = (name) => data.byName.get(name);
const axisOf = (name) => data.axes.find((axis) => axis.name === name);
const valueOf = (name, index) => data.values[name][index];

// A filter is a set of positions among the choices of an axis.
function keeps(axis, index) {
  const kept = state.kept.get(axis.name);
  return !kept || kept.has(axis.positions[index]);
}

function keepOnly(axis, positions) {
  const kept = new Set(positions);
  if (kept.size === axis.choices.length) state.kept.delete(axis.name);
  else state.kept.set(axis.name, kept);
}

const hay = [];
function haystack(index) {
  return (hay[index] ??= data.columns
    .map((column) => data.values[column.name][index])
    .filter((value) => typeof value === "string")
    .concat(data.labels[index])
    .join(" ")
    .toLowerCase());
}

function choose() {
  const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
  const axes = data.axes.filter((axis) => state.kept.has(axis.name));
  order = [];
  for (let index = 0; index < count(); index++) {
    if (!axes.every((axis) => keeps(axis, index))) continue;
    if (words.length && !words.every((word) => haystack(index).includes(word))) continue;
    order.push(index);
  }
  if (!state.sort) return;
  const values = data.values[state.sort], sign = state.down ? -1 : 1;
  order.sort((a, b) => {
    const [one, two] = [values[a], values[b]];
    if (isEmpty(one) || isEmpty(two)) return isEmpty(one) - isEmpty(two) || a - b;
    return sign * byValue(one, two) || a - b;
  });
}

// The axes in which the runs that are shown differ.
function differing() {
  return data.axes.filter((axis) => order.some((index) => axis.positions[index] !== axis.positions[order[0]]));
}

// The URL's fragment: axis=value for names, axis=low..high for numbers, and the choices by name.
const textOf = (value) => (isEmpty(value) ? "" : String(value));

function toUrl() {
  const said = new URLSearchParams();
  if (state.text) said.set("q", state.text);
  for (const axis of data.axes) {
    const kept = state.kept.get(axis.name);
    if (!kept) continue;
    const positions = [...kept].sort((a, b) => a - b);
    if (axis.numeric && positions.length) said.set(axis.name, [positions[0], positions.at(-1)].map((at) => textOf(axis.choices[at])).join(".."));
    else if (!positions.length) said.set(axis.name, NONE);
    else positions.forEach((at) => said.append(axis.name, textOf(axis.choices[at])));
  }
  if (state.sort) said.set("sort", (state.down ? "-" : "") + state.sort);
  if (state.page) said.set("page", state.page + 1);
  for (const [name, value] of Object.entries(state.chosen)) said.set(name, value);
  const text = said.toString();
  history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
}

const NONE = "(none)";

function fromUrl() {
  const said = new URLSearchParams(location.hash.slice(1));
  Object.assign(state, { text: said.get("q") ?? "", sort: null, down: false, page: Math.max(0, (parseInt(said.get("page")) || 1) - 1), chosen: {} });
  state.kept.clear();
  for (const axis of data.axes) {
    if (!said.has(axis.name)) continue;
    const texts = axis.choices.map(textOf), given = said.getAll(axis.name);
    let positions = given.map((text) => texts.indexOf(text)).filter((at) => at >= 0);
    if (axis.numeric && given[0].includes("..")) {
      const [low, high] = given[0].split("..").map((text) => texts.indexOf(text));
      positions = low >= 0 && high >= low ? Array.from({ length: high - low + 1 }, (_, i) => low + i) : [];
    }
    if (positions.length || given[0] === NONE) keepOnly(axis, positions);
  }
  const sort = said.get("sort") ?? "";
  if (data.values[sort.replace(/^-/, "")]) [state.sort, state.down] = [sort.replace(/^-/, ""), sort.startsWith("-")];
  for (const name of CHOICES) if (said.has(name)) state.chosen[name] = said.get(name);
}

// What a select of the page has chosen, or what it has at first where the URL says nothing that is offered.
const CHOICES = ["goal", "x", "y", "lines", "front-x", "front-y", "energy"];
function chosen(name, offered, first) {
  const value = state.chosen[name];
  return offered.includes(value) ? value : first;
}
