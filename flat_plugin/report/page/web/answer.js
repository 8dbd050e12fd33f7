// The answer: which of the runs that are shown is best, what bounds it, and what the next best costs.

const GOALS = { latency_s: "latency", energy_j: "energy", edp_js: "energy-delay product", dram_bytes: "DRAM traffic" };
const goals = () => Object.keys(GOALS).filter((name) => data.values[name]?.some((value) => value !== null));
const goal = () => chosen("goal", goals(), goals()[0]);

function makeAnswer() {
  const place = byId("goal");
  place.replaceChildren(selection("What counts", goals().map((name) => [name, `lowest ${GOALS[name]}`]), goal(), (name) => {
    state.chosen.goal = name;
    delete state.chosen.y; // the chart follows
    changed();
  }));
}

const keyOf = (axes, index) => axes.map((axis) => axis.positions[index]).join(" ");
const nameOf = (axes, index) => axes.map((axis) => axis.said[axis.positions[index]]).filter(Boolean).join(" · ");

// Configurations with their run of every workload: what differs is either the work or what does it.
function configurations() {
  const axes = differing();
  const work = axes.filter((axis) => axis.workload), does = axes.filter((axis) => !axis.workload);
  const found = new Map(), workloads = new Map();
  for (const index of order) {
    if (valueOf(goal(), index) === null) continue;
    const task = keyOf(work, index), key = keyOf(does, index);
    workloads.set(task, index);
    if (!found.has(key)) found.set(key, { name: nameOf(does, index), runs: new Map() });
    const runs = found.get(key).runs, before = runs.get(task);
    if (before === undefined || valueOf(goal(), index) < valueOf(goal(), before)) runs.set(task, index);
  }
  return { all: [...found.values()], workloads: [...workloads.keys()] };
}

function geometricMean(values) {
  return values.some((value) => value <= 0) ? 0 : Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function ranked({ all, workloads }) {
  const whole = all.filter((one) => one.runs.size === workloads.length);
  for (const one of whole) one.mean = geometricMean([...one.runs.values()].map((index) => valueOf(goal(), index)));
  return whole.sort((a, b) => a.mean - b.mean);
}

function drawAnswer() {
  const place = byId("sentence"), found = configurations();
  const column = columnOf(goal());
  if (!found.all.length) return place.replaceChildren("No run is left: take a filter away.");
  const inOrder = ranked(found), [best] = inOrder;
  place.replaceChildren(...(best ? sentence(inOrder, found, column) : mostWins(found)));
  const left = found.all.filter((one) => one.runs.size < found.workloads.length);
  byId("left-out").textContent = best && left.length ? `Not compared, because they have no run for some of these workloads: ${listed(left.map((one) => one.name))}.` : "";
}

function listed(names, most = 6) {
  return names.length > most ? `${names.slice(0, most).join(", ")} and ${names.length - most} more` : names.join(", ");
}

function sentence(order, { all, workloads }, column) {
  const [best] = order, indices = [...best.runs.values()], one = workloads.length === 1, [first] = indices;
  const name = element("strong", { textContent: best.name || (one ? data.labels[first] : "The one configuration") });
  const figure = element("strong", { textContent: spoken(best.mean, column) });
  const has = all.length === 1 ? " has " : ` has the lowest ${GOALS[column.name]}`;
  const said = [];
  if (one) said.push(name, has, all.length === 1 ? "" : ": ", figure, all.length === 1 ? ` of ${GOALS[column.name]}` : "", because(indices, column));
  else {
    const wins = workloads.filter((task) => all.every((other) => !other.runs.has(task) || valueOf(column.name, best.runs.get(task)) <= valueOf(column.name, other.runs.get(task)))).length;
    const often = all.length > 1 ? `; it is the best in ${wins === workloads.length ? "each" : `${wins} of them`}` : "";
    said.push(`Over ${workloads.length} workloads, `, name, has, all.length === 1 ? "a " : ": a ", "geometric mean of ", figure, all.length === 1 ? ` of ${GOALS[column.name]}` : "", because(indices, column), often);
  }
  said.push(". ");
  return [...said, ...others(order, column)];
}

// Those that are just as good, and the first that is worse.
function others(order, column) {
  const [best] = order, same = order.filter((one) => one.mean <= best.mean * (1 + 1e-9)).slice(1);
  const next = order[1 + same.length], said = [];
  if (same.length) said.push(`Just as good: ${listed(same.map((one) => one.name), 3)}. `);
  if (!next) return said;
  const ratio = next.mean / best.mean;
  const costs = Number.isFinite(ratio) ? `${ratio < 1.005 ? "under 1.01" : ratio.toFixed(2)}× as much, ` : "";
  return [...said, "The next best, ", element("strong", { textContent: next.name }), `, has ${costs}${spoken(next.mean, column)}`, because([...next.runs.values()], column), "."];
}

// What holds these runs back, as far as it is one thing.
function because(indices, column) {
  if (column.name === "dram_bytes") {
    const over = indices.map((index) => valueOf("dram_over_compulsory", index) ?? 0);
    return over.every((value) => value > 0) ? ` (${geometricMean(over).toFixed(2)}× the compulsory traffic)` : "";
  }
  const field = column.name === "energy_j" ? "largest_energy" : "bound";
  const counts = new Map();
  for (const index of indices) counts.set(valueOf(field, index), (counts.get(valueOf(field, index)) ?? 0) + 1);
  const [[what, times]] = [...counts].sort((a, b) => b[1] - a[1]);
  if (isEmpty(what)) return "";
  const where = indices.length === 1 ? "" : times === indices.length ? " in each" : ` in ${times} of ${indices.length}`;
  return column.name === "energy_j" ? `, most of it in ${what}${where}` : `, bound by ${what}${where}`;
}

// No configuration did all of the work: who was best how often.
function mostWins({ all, workloads }) {
  const wins = all.map((one) => workloads.filter((task) => one.runs.has(task) && all.every((other) => !other.runs.has(task) || valueOf(goal(), one.runs.get(task)) <= valueOf(goal(), other.runs.get(task)))).length);
  const most = Math.max(...wins), name = all[wins.indexOf(most)].name;
  return [`No configuration has a run of all ${workloads.length} workloads. `, element("strong", { textContent: name }), ` has the lowest ${GOALS[goal()]} in ${most} of them.`];
}
