// Charts with a row for each run: its whole name above, then bars, dots and ticks on one scale.

const DRAWN = 24; // runs in a chart with a row for each run

function rowsChart({ width, values, title, text, rows, zero = false, linear = false, thick = 13 }) {
  const left = 10, right = width - 40;
  const x = scale(values, left, right, { zero, linear });
  const body = [], targets = [];
  let y = 22;
  for (const row of rows) {
    const lines = wrapped(row.name, width - 8);
    body.push(textLines(lines, left, (y += 12), { class: "label" }));
    y += LINE * (lines.length - 1) + 5;
    const middle = y + thick / 2;
    body.push(svg("line", { class: "base", x1: left, x2: right, y1: middle, y2: middle }));
    for (const mark of row.marks) {
      const drawn = markOf(mark, x, middle, thick);
      if (mark.text) drawn.addEventListener("pointermove", (event) => tell(event, mark.text()));
      drawn.addEventListener("pointerleave", hush);
      drawn.addEventListener("click", () => openRun(mark.index));
      targets.push(drawn);
    }
    y += thick + 5;
  }
  const drawn = svg("svg", { class: "plot rows", viewBox: `0 0 ${width} ${y + 40}` });
  drawn.append(...xAxis(x, ticks(x, 80), y + 2, 14, text), ...body, ...targets,
    textLines([title], left, y + 36, { class: "title" }));
  return drawn;
}

function markOf({ shape, kind, value, from = 0 }, x, middle, thick) {
  const at = x(value);
  if (shape === "bar") return svg("rect", { class: `fill ${kind}`, x: x(from), width: Math.max(at - x(from), 0.5), y: middle - thick / 2, height: thick });
  if (shape === "tick" || shape === "short") {
    const half = shape === "tick" ? thick / 2 + 1 : thick / 4;
    return svg("line", { class: `tickmark ${kind}`, x1: at, x2: at, y1: middle - half, y2: middle + half });
  }
  if (shape === "ring") return svg("circle", { class: "ring", cx: at, cy: middle, r: 8.5 });
  return svg("circle", { class: `fill ${kind}`, cx: at, cy: middle, r: 5 });
}

// The rows of the runs that come first in the table, and of which runs they are.
async function firstRuns(name) {
  const some = order.slice(0, DRAWN), chosenRuns = await Promise.all(some.map(detailOf));
  return some.map((index, at) => ({ index, name: data.labels[index], parts: chosenRuns[at].charts[name] }));
}

// Colours of parts: the most common first, the same in every row.
function kindsOf(runs, key) {
  const names = [...new Set(runs.flatMap((run) => run.parts.map((part) => part[key])))];
  return new Map(names.map((name, at) => [name, `c${at % COLOURS}`]));
}

const PICTURES = {
  energy(runs, figure, width) {
    const { by, field } = figure, kinds = kindsOf(runs, by), unit = { unit: field === "energy_j" ? "J" : "pJ/MAC" };
    const column = { title: "energy", ...unit };
    let most = 0;
    const rows = runs.map((run) => {
      const sums = new Map([...kinds.keys()].map((name) => [name, 0]));
      for (const part of run.parts) sums.set(part[by], sums.get(part[by]) + (part[field] ?? 0));
      let from = 0;
      const marks = [...sums].filter(([, value]) => value).map(([name, value]) => {
        const start = from;
        from += value;
        return { shape: "bar", kind: kinds.get(name), value: from, from: start, index: run.index, text: () => [run.name, `${name} ${spoken(value, column)}`] };
      });
      most = Math.max(most, from);
      return { name: `${run.name}: ${spoken(from, column)}`, marks };
    });
    return [legend([...kinds]), rowsChart({ width, values: [0, most], title: headed(column), text: (value) => shown(value, column), rows, zero: true })];
  },

  busy(runs, figure, width) {
    const kinds = kindsOf(runs, "component"), seconds = { unit: "s", title: "time" };
    const rows = runs.map((run) => ({ name: run.name, marks: run.parts.flatMap((part) => {
      const text = () => [run.name, `${part.component} busy ${spoken(part.busy_s, seconds)}`, `latency ${spoken(part.latency_s, seconds)}`, ...(part.bound ? ["bounds the latency"] : [])];
      const dot = { shape: "dot", kind: kinds.get(part.component), value: part.busy_s, index: run.index, text };
      return part.bound ? [{ ...dot, shape: "ring" }, dot, { ...dot, shape: "tick", kind: "ink", value: part.latency_s }] : [dot];
    }) }));
    const values = runs.flatMap((run) => run.parts.flatMap((part) => [part.busy_s, part.latency_s]));
    return [legend([...kinds]), rowsChart({ width, values, title: "time", text: (value) => shown(value, seconds), rows, zero: true })];
  },

  limits(runs, figure, width) {
    const looks = { "this mapping": ["dot", "c0"], "with this buffer": ["tick", "c1"], compulsory: ["short", "c3"] };
    const rows = runs.map((run) => ({ name: run.name, marks: run.parts.map((part) => ({
      shape: looks[part.what][0], kind: looks[part.what][1], value: part.dram_bytes, index: run.index,
      text: () => [run.name, `${part.what}: ${spoken(part.dram_bytes, { unit: "bytes" })}`, `${part.dram_words.toLocaleString("en")} words`],
    })) }));
    const values = runs.flatMap((run) => run.parts.map((part) => part.dram_bytes));
    const key = Object.entries(looks).map(([name, [, kind]]) => [name, kind]);
    return [legend(key), rowsChart({ width, values, title: "DRAM traffic", text: (value) => shown(value, { unit: "bytes" }), rows, zero: true })];
  },

  roofline(runs, figure, width, place) {
    const points = runs.flatMap((run) => run.parts.map((part) => ({ ...part, index: run.index, run: run.name })));
    const kinds = new Map([...new Set(points.filter((p) => p.kind === "point").map((p) => p.operator))].map((name, at) => [name, `c${at % COLOURS}`]));
    const machines = [...new Set(points.map((each) => each.machine))].map((name) => ({ name, parts: points.filter((each) => each.machine === name), runs: [...new Set(points.filter((each) => each.machine === name).map((each) => each.index))] }));
    multiples(place, machines, (machine, wide) => roofPanel(machine.parts, kinds, wide), "Operators below the roof");
    place.prepend(legend([...kinds]));
    return null;
  },
};

function roofPanel(parts, kinds, width) {
  const plain = (value) => prefixed(value);
  const [roof, points] = ["roof", "point"].map((kind) => parts.filter((part) => part.kind === kind));
  const text = (part) => () => [part.run, part.operator, `${digits(part.macs_per_byte)} MACs/byte`, `${digits(part.macs_per_cycle)} MACs/cycle`];
  const series = [...kinds].map(([name, kind]) => ({ kind, points: points.filter((part) => part.operator === name).map((part) => ({ x: part.macs_per_byte, y: part.macs_per_cycle, index: part.index, text: text(part) })) }));
  return xyPanel({
    width, height: 300, xs: parts.map((part) => part.macs_per_byte), ys: parts.map((part) => part.macs_per_cycle), xText: plain, yText: plain,
    xTitle: "MACs / DRAM byte", yTitle: "MACs / cycle", series,
    roofs: roof.length ? [roof.slice(0, 3).map((part) => ({ x: part.macs_per_byte, y: part.macs_per_cycle }))] : [],
  });
}

async function drawPicture(section, turn) {
  const place = section.querySelector(".chart"), tab = section.querySelector("[role=tab][aria-selected=true]");
  const figure = data.figures[tab?.dataset.figure ?? place.dataset.figure];
  const all = await firstRuns(figure.data);
  if (turn !== drawing) return;
  const runs = all.filter((run) => run.parts.length);
  section.querySelector(".question").textContent = `${figure.question} ${ofAll(runs.length, count())} drawn${order.length > DRAWN ? `, the first ${DRAWN} of the table: sort or filter to see others` : ""}.`;
  if (!runs.length) return place.replaceChildren(quiet("None of the runs shown has these figures."));
  const width = Math.max(place.clientWidth, 260);
  const made = PICTURES[figure.data](runs, figure, width, place);
  if (!made) return;
  made[1].setAttribute("role", "img");
  made[1].setAttribute("aria-label", `${figure.question} ${plural(runs.length, "run")}`);
  place.replaceChildren(...made);
}
