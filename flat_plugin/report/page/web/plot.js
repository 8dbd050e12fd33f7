// Drawing: scales, axes, labels that keep clear of one another, small multiples. All of it is SVG.

const FONT = 12;
const LINE = 15;
const PANELS = 12; // of small multiples, until all are asked for
const COLOURS = 9;

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const colour = (axis, index) => (axis ? `c${axis.positions[index] % COLOURS}` : "c0");

const pen = document.createElement("canvas").getContext("2d");
function widthOf(text, size = FONT) {
  pen.font = `${size}px system-ui, "DejaVu Sans", sans-serif`;
  return pen.measureText(text).width;
}

// Lines no wider than this; a word that is wider is broken, never cut off.
function wrapped(text, width, size = FONT) {
  const lines = [""];
  for (const word of text.split(/(?<= )/)) {
    if (!lines.at(-1) || widthOf(lines.at(-1) + word, size) <= width) lines[lines.length - 1] += word;
    else lines.push(word);
    while (widthOf(lines.at(-1), size) > width && lines.at(-1).length > 1) {
      const last = lines.pop();
      let end = last.length - 1;
      while (end > 1 && widthOf(last.slice(0, end), size) > width) end--;
      lines.push(last.slice(0, end), last.slice(end));
    }
  }
  return lines.map((line) => line.trimEnd());
}

function textLines(lines, x, y, attributes = {}) {
  return svg("text", { x, y, ...attributes }, ...lines.map((line, at) => {
    const span = svg("tspan", { x, dy: at ? LINE : 0 });
    span.textContent = line;
    return span;
  }));
}

// From data to pixels. Logarithmic where all is above 0 and the ends are far apart.
function scale(values, from, to, { zero = false, linear = false, end = null } = {}) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
  const log = !linear && low > 0 && high / low >= 8 && end === null;
  if (!log && zero) low = Math.min(0, low);
  if (low === high) [low, high] = low > 0 ? [zero ? 0 : low * 0.9, high * 1.1] : [low - 1, high + 1];
  if (end !== null) high = Math.max(high, end);
  else if (log) high *= 1.04;
  else if (end === null && high > 0) high += (high - low) * 0.03;
  const at = log ? Math.log : (value) => value;
  const place = (value) => from + ((at(value) - at(low)) / (at(high) - at(low))) * (to - from);
  return Object.assign(place, { low, high, log, from, to });
}

function ticks(scaled, room) {
  const { low, high, log } = scaled, most = Math.max(2, Math.floor(Math.abs(scaled.to - scaled.from) / room));
  if (log) {
    const decades = Math.log10(high / low), steps = decades < 2 ? [1, 2, 5] : [1], found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) found.push(...steps.map((step) => Number((step * 10 ** power).toPrecision(3))));
    const within = found.filter((value) => value >= low * 0.999 && value <= high * 1.001), every = Math.ceil(within.length / most);
    if (within.length > 1) return within.filter((_, at) => at % every === 0);
  }
  const rough = (high - low) / most, size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * size).find((each) => each >= rough) ?? rough;
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high * (1 + 1e-9); at++) found.push(Number((at * step).toPrecision(12)));
  return found;
}

// Ticks at the values themselves, as many as have room; the ends first.
function valueTicks(values, place, text) {
  const sorted = [...new Set(values)].sort((a, b) => a - b), kept = [];
  const clear = (value) => kept.every((other) => Math.abs(place(value) - place(other)) > (widthOf(text(value)) + widthOf(text(other))) / 2 + 8);
  for (const value of [sorted[0], sorted.at(-1), ...sorted]) if (clear(value)) kept.push(value);
  return kept;
}

function xAxis(place, at, y, top, text) {
  return at.map((value) => svg("g", {},
    svg("line", { class: "grid", x1: place(value), x2: place(value), y1: top, y2: y }),
    textLines([text(value)], place(value), y + 16, { class: "tick", "text-anchor": "middle" })));
}

function yAxis(place, at, x, right, text) {
  return at.map((value) => svg("g", {},
    svg("line", { class: "grid", x1: x, x2: right, y1: place(value), y2: place(value) }),
    textLines([text(value)], x - 6, place(value) + 4, { class: "tick", "text-anchor": "end" })));
}

// Heights at which labels do not cover one another, as near as can be to where they belong.
function spread(labels, top, bottom) {
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  let free = top;
  for (const label of sorted) {
    label.at = Math.max(label.y, free);
    free = label.at + LINE * label.lines.length;
  }
  let limit = bottom;
  for (const label of sorted.reverse()) {
    label.at = Math.min(label.at, limit - LINE * (label.lines.length - 1));
    limit = label.at - LINE;
  }
  return labels;
}

// Small multiples: a panel for each group, in as many columns as have room.
function multiples(place, groups, draw, description) {
  const wide = Math.max(place.clientWidth, 260), most = clamp(Math.floor(wide / 340), 1, groups.length);
  const columns = Math.ceil(groups.length / Math.ceil(groups.length / most));
  const width = Math.floor((wide - 18 * (columns - 1)) / columns);
  const some = place.dataset.all ? groups : groups.slice(0, PANELS);
  const made = some.map((group) => {
    const panel = element("figure", {});
    if (group.name) panel.append(element("figcaption", { textContent: group.name }));
    const drawn = draw(group, width);
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", `${description}${group.name ? `, ${group.name}` : ""}: ${plural(group.runs.length, "run")}`);
    panel.append(drawn);
    return panel;
  });
  const grid = element("div", { className: "panels" }, ...made);
  grid.style.setProperty("--columns", columns);
  place.replaceChildren(grid);
  if (some.length < groups.length) {
    const more = element("button", { type: "button", textContent: `Show all ${groups.length} panels` });
    more.addEventListener("click", () => { place.dataset.all = "yes"; drawFigures(); });
    place.append(more);
  }
  return some.reduce((sum, group) => sum + group.runs.length, 0);
}

// Runs by what these axes say of them.
function grouped(axes, runs) {
  const groups = new Map();
  for (const index of runs) {
    const key = keyOf(axes, index);
    if (!groups.has(key)) groups.set(key, { name: nameOf(axes, index), runs: [] });
    groups.get(key).runs.push(index);
  }
  return [...groups.values()];
}

// The mark nearest to the pointer tells what it is; a click opens its run. `marks` are {x, y, index, text}.
function pointing(drawn, marks) {
  const nearest = (event) => {
    const box = drawn.getBoundingClientRect(), zoom = box.width / drawn.viewBox.baseVal.width;
    const [x, y] = [(event.clientX - box.left) / zoom, (event.clientY - box.top) / zoom];
    let [found, least] = [null, 24 ** 2];
    for (const mark of marks) {
      const far = (mark.x - x) ** 2 + (mark.y - y) ** 2;
      if (far < least) [found, least] = [mark, far];
    }
    return found;
  };
  drawn.addEventListener("pointermove", (event) => { const mark = nearest(event); mark ? tell(event, mark.text()) : hush(); drawn.style.cursor = mark ? "pointer" : ""; });
  drawn.addEventListener("pointerleave", hush);
  drawn.addEventListener("click", (event) => { const mark = nearest(event); if (mark) openRun(mark.index); });
}

function tell(event, lines) {
  const tip = byId("tooltip");
  tip.replaceChildren(...lines.map((line, at) => element(at ? "div" : "strong", { textContent: line })));
  tip.hidden = false;
  tip.style.left = `${clamp(event.clientX + 14, 4, innerWidth - tip.offsetWidth - 4)}px`;
  tip.style.top = `${clamp(event.clientY + 14, 4, innerHeight - tip.offsetHeight - 4)}px`;
}

function hush() { byId("tooltip").hidden = true; }

// Names beside their colours.
function legend(entries) {
  return element("p", { className: "legend" }, ...entries.map(([name, kind]) => {
    const key = svg("svg", { width: 12, height: 12, "aria-hidden": "true" }, svg("rect", { class: `fill ${kind}`, width: 12, height: 12, rx: 3 }));
    return element("span", {}, key, name);
  }));
}
