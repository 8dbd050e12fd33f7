// The Pareto front of any two figures, workload by workload.

// The runs that no other is as good as in both and better than in one.
function onFront(runs, first, second) {
  const sign = (column) => (column.better === "high" ? -1 : 1);
  const value = (column, index) => sign(column) * valueOf(column.name, index);
  const sorted = [...runs].sort((a, b) => value(first, a) - value(first, b) || value(second, a) - value(second, b));
  const best = [];
  for (const index of sorted) {
    const last = best.at(-1);
    const better = last === undefined || value(second, index) < value(second, last);
    const equal = last !== undefined && value(first, index) === value(first, last) && value(second, index) === value(second, last);
    if (better || equal) best.push(index);
  }
  return best;
}

function drawFront() {
  const section = byId("front"), names = figureNames().filter((name) => order.some((index) => valueOf(name, index) !== null));
  section.hidden = names.length < 2 || count() < 2;
  if (section.hidden) return;
  const xName = chosen("front-x", names, names.includes("latency_s") ? "latency_s" : names[0]);
  const yName = chosen("front-y", names, names.find((name) => name === "energy_j" && name !== xName) ?? names.find((name) => name !== xName));
  const first = columnOf(xName), second = columnOf(yName), place = section.querySelector(".chart");
  const options = names.map((name) => [name, headed(columnOf(name))]);
  const pick = (name) => (value) => { state.chosen[name] = value; redraw(); };
  section.querySelector(".choices").replaceChildren(
    element("label", {}, selection("First figure of the front", options, xName, pick("front-x"))),
    element("label", {}, "against ", selection("Second figure of the front", options, yName, pick("front-y"))),
  );
  const axes = differing(), work = axes.filter((axis) => axis.workload), does = axes.filter((axis) => !axis.workload);
  const lines = does.find((axis) => axis.name === "dataflow") ?? does[0] ?? null;
  const runs = order.filter((index) => valueOf(xName, index) !== null && valueOf(yName, index) !== null);
  let winners = 0;
  const draw = (group, width) => {
    const best = onFront(group.runs, first, second);
    winners += best.length;
    return frontPanel(group, width, best, first, second, lines, does);
  };
  if (!runs.length) place.replaceChildren(quiet("None of these runs has both figures."));
  const drawn = runs.length ? multiples(place, grouped(work, runs), draw, `${second.title} against ${first.title}`) : 0;
  if (lines && runs.length) place.prepend(legend(grouped([lines], runs).map((one) => [one.name || choiceText(lines, lines.positions[one.runs[0]]), colour(lines, one.runs[0])])));
  const panels = work.length ? `A panel for each ${choiceOf(work)}. ` : "";
  section.querySelector(".question").textContent = `${panels}${ofAll(drawn, count())} drawn; ${winners.toLocaleString("en")} on a front, joined by a line: no other run of the workload is at least as good in both.`;
}

function frontPanel(group, width, best, first, second, lines, does) {
  const spot = (index) => point(index, valueOf(first.name, index), valueOf(second.name, index), first, second);
  const rest = new Set(group.runs);
  best.forEach((index) => rest.delete(index));
  const series = (runs, faint) => grouped(lines ? [lines] : [], runs).map((one) => ({ kind: colour(lines, one.runs[0]), faint, points: one.runs.map(spot) }));
  const labels = best.map((index) => ({ ...spot(index), name: nameOf(does, index) })).filter((label) => label.name);
  return xyPanel({
    width, height: 300, xs: group.runs.map((index) => valueOf(first.name, index)), ys: group.runs.map((index) => valueOf(second.name, index)),
    xText: (value) => shown(value, first), yText: (value) => shown(value, second), xTitle: headed(first), yTitle: headed(second), labels,
    series: [{ kind: "quietly", line: true, stepped: true, bare: true, points: best.map(spot) }, ...series([...rest], true), ...series(best, false)],
  });
}
