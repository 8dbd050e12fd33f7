// Geometric means against the baseline, over the pairs of runs that are shown.

function gainsBy() {
  const names = ["architecture", "dataflow"], axes = differing().filter((axis) => !axis.workload);
  return [...new Set([...names.map(axisOf).filter(Boolean), ...axes])];
}

function drawGains() {
  const section = byId("gains");
  if (!section) return;
  const axes = gainsBy(), runs = order.filter((index) => valueOf("speedup", index) !== null && !data.values.is_baseline[index]);
  const figure = (name, members) => members.map((index) => valueOf(name, index)).filter((value) => value !== null);
  const mean = (name, members) => { const values = figure(name, members); return values.length ? geometricMean(values) : null; };
  const rows = grouped(axes, runs).map((group) => ({ ...group, speedup: mean("speedup", group.runs) })).sort((a, b) => b.speedup - a.speedup).map((group) => {
    const speeds = figure("speedup", group.runs), energy = mean("energy_ratio", group.runs), dram = mean("dram_ratio", group.runs);
    const texts = [String(speeds.length), `${group.speedup.toFixed(2)}×`, `${Math.min(...speeds).toFixed(2)} to ${Math.max(...speeds).toFixed(2)}`,
      energy === null ? "—" : `${energy.toFixed(3)}×`, energy === null ? "—" : `${(100 * (1 - energy)).toFixed(0)} %`, dram === null ? "—" : `${dram.toFixed(3)}×`];
    return element("tr", {}, ...axes.map((axis) => element("td", { textContent: choiceText(axis, axis.positions[group.runs[0]]) })), ...texts.map((text) => element("td", { className: "number", textContent: text })));
  });
  section.hidden = !rows.length;
  section.querySelector("thead").replaceChildren(element("tr", {}, ...axes.map((axis) => element("th", { scope: "col", textContent: axis.title })),
    ...["pairs", "speed-up", "least to most", "energy", "saving", "DRAM"].map((text) => element("th", { scope: "col", className: "number", textContent: text }))));
  section.querySelector("tbody").replaceChildren(...rows);
  section.querySelector(".question").textContent = `Geometric means over pairs of runs that differ in nothing but the ${section.dataset.column.replaceAll("_", " ")}: ${ofAll(runs.length, count())} have a counterpart in the baseline.`;
}
