// The question that the sweep asked: a figure against an axis, a line for each of what differs.

const figureNames = () => data.columns.filter((column) => column.figure).map((column) => column.name);

// The longest axis of numbers, else the longest of all.
function longest(axes) {
  const size = (axis) => axis.choices.length + (axis.numeric ? 1000 : 0);
  return [...axes].sort((a, b) => size(b) - size(a))[0];
}

function curveChoice() {
  const axes = differing();
  if (!axes.length) return null;
  const names = axes.map((axis) => axis.name), first = longest(axes).name;
  const x = axisOf(chosen("x", names, first));
  const rest = axes.filter((axis) => axis !== x), others = rest.map((axis) => axis.name);
  const usual = ["dataflow", ...rest.filter((axis) => !axis.numeric).map((axis) => axis.name), ...others, ""].find((name) => name === "" || others.includes(name));
  const lines = chosen("lines", others, usual);
  return { axes, x, y: columnOf(chosen("y", figureNames(), goal())), lines: axisOf(lines) ?? null, rest: rest.filter((axis) => axis.name !== lines) };
}

function drawCurves() {
  const section = byId("question"), choice = curveChoice();
  section.hidden = choice === null;
  if (!choice) return;
  const { axes, x, y, lines, rest } = choice, place = section.querySelector(".chart");
  const options = (list) => list.map((one) => [one.name, one.title]);
  const pick = (name) => (value) => { state.chosen[name] = value; redraw(); };
  section.querySelector(".choices").replaceChildren(
    element("label", {}, "figure ", selection("Figure", figureNames().map((name) => [name, headed(columnOf(name))]), y.name, pick("y"))),
    element("label", {}, "against ", selection("Against", options(axes), x.name, pick("x"))),
    ...(lines ? [element("label", {}, "by ", selection("By", options(axes.filter((axis) => axis !== x)), lines.name, pick("lines")))] : []),
  );
  section.querySelector("h2").textContent = `${capital(y.title)} against ${x.title}`;
  const runs = order.filter((index) => valueOf(y.name, index) !== null && (!x.numeric || x.choices[x.positions[index]] !== null));
  const by = [lines && `a line for each ${choiceOf([lines])}`, rest.length && `a panel for each ${choiceOf(rest)}`].filter(Boolean).join(", ");
  if (!runs.length) place.replaceChildren(quiet("None of these runs has this figure."));
  const drawn = !runs.length ? 0 : x.numeric ? numberPanels(place, runs, choice) : nameRows(place, runs, choice);
  section.querySelector(".question").textContent = `${by ? capital(by) + ". " : ""}${ofAll(drawn, count())} drawn.`;
}

// "dataflow", "choice of widths and softmax lanes".
function choiceOf(axes) {
  const plural = axes.length > 1 || axes[0].title.endsWith("s");
  return (plural ? "choice of " : "") + axes.map((axis) => axis.title).join(" and ");
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function numberPanels(place, runs, { x, y, lines, rest }) {
  const groups = grouped(rest, runs);
  const xs = runs.map((index) => x.choices[x.positions[index]]), ys = runs.map((index) => valueOf(y.name, index));
  const draw = (group, width) => xyPanel({
    width, height: 270, xs, ys,
    xText: (value) => shown(value, x), yText: (value) => shown(value, y), xTitle: headed(x), yTitle: headed(y),
    share: y.name === "utilization", ticksAtValues: true,
    series: grouped(lines ? [lines] : [], group.runs).map((one) => ({
      name: one.name, kind: colour(lines, one.runs[0]), line: true,
      points: one.runs.map((index) => point(index, x.choices[x.positions[index]], valueOf(y.name, index), y)).sort((a, b) => a.x - b.x),
    })),
  });
  return multiples(place, groups, draw, `${y.title} against ${x.title}`);
}

const point = (index, x, y, ...columns) => ({ index, x, y, text: () => [data.labels[index], ...columns.map((column) => `${column.title} ${spoken(valueOf(column.name, index), column)}`)] });

// Names have no scale: a bar for each run, or a dot where the figures are too far apart for bars.
function nameRows(place, runs, { x, y, lines, rest }) {
  const values = runs.map((index) => valueOf(y.name, index)), least = Math.min(...values), most = Math.max(...values);
  const shape = least > 0 && most / least >= 100 ? "dot" : "bar", by = [x, lines].filter(Boolean);
  const draw = (group, width) => rowsChart({
    width, values, title: headed(y), text: (value) => shown(value, y), zero: true, linear: shape === "bar",
    rows: grouped(by, group.runs).map((row) => ({
      name: `${row.name || choiceText(x, x.positions[row.runs[0]])}: ${row.runs.map((index) => spoken(valueOf(y.name, index), y)).join(", ")}`,
      marks: row.runs.map((index) => ({ kind: colour(lines, index), shape, value: valueOf(y.name, index), index, text: point(index, 0, 0, y).text })),
    })),
  });
  return multiples(place, grouped(rest, runs), draw, `${y.title} by ${x.title}`);
}

// Points and lines in a frame; lines have their names at their ends.
function xyPanel({ width, height, xs, ys, series, xText, yText, xTitle, yTitle, share = false, ticksAtValues = false, labels = [], roofs = [] }) {
  const named = series.filter((one) => one.line && one.name);
  const widest = Math.min(Math.max(0, ...named.map((one) => widthOf(one.name))), width * 0.36);
  const top = 26, bottom = height - 42, right = width - (named.length ? widest + 20 : 16);
  const y = scale(ys, bottom, top, { zero: true, end: share ? 1 : null });
  const yAt = ticks(y, 42), left = Math.max(...yAt.map((value) => widthOf(yText(value)))) + 12;
  const x = scale(xs, left + 8, right - 8);
  const xAt = ticksAtValues ? valueTicks(xs, x, xText) : ticks(x, 80);
  const drawn = svg("svg", { class: "plot", viewBox: `0 0 ${width} ${height}` });
  drawn.append(
    textLines([yTitle], 0, 12, { class: "title" }),
    textLines([xTitle], (left + right) / 2, height - 6, { class: "title", "text-anchor": "middle" }),
    ...yAxis(y, yAt, left, right, yText),
    ...xAxis(x, xAt, bottom, top, xText),
    ...roofs.map((roof) => svg("polyline", { class: "roof", points: roof.map((corner) => `${x(corner.x)},${y(corner.y)}`).join(" ") })),
  );
  const marks = [];
  for (const one of series) {
    const at = one.points.map((each) => ({ ...each, x: x(each.x), y: y(each.y) }));
    if (one.line) drawn.append(svg("polyline", { class: `line ${one.kind}${one.stepped ? " front" : ""}`, points: (one.stepped ? stairs(at) : at).map((each) => `${each.x.toFixed(1)},${each.y.toFixed(1)}`).join(" ") }));
    if (!one.bare) drawn.append(svg("path", { class: `dots ${one.kind}${one.faint ? " faint" : ""}`, d: at.map((each) => `M${each.x.toFixed(1)} ${each.y.toFixed(1)}h0`).join("") }));
    if (!one.bare) marks.push(...at);
  }
  drawn.append(...endLabels(named, x, y, right, widest, top, bottom), ...pointLabels(labels, x, y, left, right, top, bottom));
  pointing(drawn, marks);
  return drawn;
}

// A front goes on as good as it was until the next point is better.
const stairs = (at) => at.flatMap((each, i) => (i ? [{ x: each.x, y: at[i - 1].y }, each] : [each]));

function endLabels(named, x, y, right, room, top, bottom) {
  const labels = named.map((one) => {
    const last = one.points.at(-1);
    return { kind: one.kind, lines: wrapped(one.name, room + 1), x: x(last.x), y: y(last.y) + 4 };
  });
  return spread(labels, top, bottom).map((label) => svg("g", {},
    svg("path", { class: `leader ${label.kind}`, d: `M${label.x + 4} ${label.y - 4}L${right + 2} ${label.at - 4}h4` }),
    textLines(label.lines, right + 8, label.at, { class: "label" })));
}

// Labels beside points, left of those that are far right; those that have no room are left to the tooltip.
function pointLabels(labels, x, y, left, right, top, bottom) {
  const taken = [], made = [];
  for (const label of labels) {
    const width = widthOf(label.name), spot = { x: x(label.x), y: y(label.y) };
    const places = [[spot.x + 8, spot.y + 4], [spot.x - 8 - width, spot.y + 4], [spot.x + 6, spot.y - 8], [spot.x - 6 - width, spot.y - 8], [spot.x + 6, spot.y + 17], [spot.x - 6 - width, spot.y + 17]];
    const free = places.find(([from, base]) => from >= left && from + width <= right + 12 && base - 11 >= top - 12 && base <= bottom
      && taken.every((other) => from > other.to || from + width < other.from || base - 12 > other.base || base < other.base - 12));
    if (!free) continue;
    taken.push({ from: free[0], to: free[0] + width, base: free[1] });
    made.push(textLines([label.name], ...free, { class: "label" }));
  }
  return made;
}
