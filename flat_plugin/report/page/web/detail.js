// One run: its figures, its mapping as a picture and as a nest, its parts.

const unpacked = new Map();

async function detailOf(index) {
  const size = Number(byId("packed-details").dataset.chunk), number = Math.floor(index / size);
  if (!unpacked.has(number)) unpacked.set(number, unpack(data.details[number]));
  return (await unpacked.get(number))[index % size];
}

async function openRun(index) {
  hush();
  const one = await detailOf(index), { document: result } = one, answer = result.estimate;
  const picture = scrolled(), hierarchy = scrolled(), mask = scrolled();
  picture.innerHTML = one.drawing;
  hierarchy.innerHTML = one.hierarchy;
  mask.innerHTML = one.mask;
  const titled = (title, ...parts) => [element("h3", { textContent: title }), ...parts];
  byId("detail").querySelector(".body").replaceChildren(
    element("h2", { textContent: data.labels[index] }),
    ...(one.workload ? [quiet(one.workload)] : []),
    facts(index),
    ...(one.drawing ? titled("Who lives where, what moves [words]", picture) : []),
    ...(one.mask ? titled("What the mask needs, and what tiles of rows touch", mask) : []),
    quiet(answer.capacity.inequality),
    ...answer.notes.map(quiet),
    ...(result.nest ? titled("The loop nest", element("pre", { textContent: result.nest, tabIndex: 0 })) : []),
    ...titled("The architecture", hierarchy),
    ...titled("Operators by component", componentTable(answer)),
    ...titled("Operators by tensor", tensorTable(answer)),
    ...titled("Inputs", element("pre", { textContent: JSON.stringify(result.inputs, null, 2), tabIndex: 0 })),
    quiet(`Folder ${result.run}`),
  );
  byId("detail").showModal();
  byId("detail").scrollTop = 0;
}

const scrolled = (...children) => {
  const made = element("div", { className: "scroll", tabIndex: 0 }, ...children);
  made.setAttribute("role", "group");
  made.ariaLabel = "Wider than a small screen";
  return made;
};

function facts(index) {
  const list = element("dl", { className: "facts" });
  for (const column of data.columns) {
    const value = data.values[column.name][index];
    if (isEmpty(value)) continue;
    const said = element("dd", { textContent: spoken(value, column), data: { name: column.name } });
    if (typeof value === "number") Object.assign(said, { title: String(value) }).dataset.value = value;
    list.append(element("div", {}, element("dt", { textContent: column.title }), said));
  }
  return list;
}

function listing(heads, rows) {
  const cell = (value, [title, unit]) => {
    const number = typeof value === "number";
    const made = element("td", { className: number ? "number" : "", textContent: number ? shown(value, { unit }) : value ?? "—" });
    if (number) { made.dataset.value = value; made.title = `${value} ${unit}`; }
    return made;
  };
  const head = element("tr", {}, ...heads.map(([title, unit]) => element("th", { scope: "col", className: unit ? "number" : "" }, title, element("span", { className: "unit", textContent: COUNTED.has(unit) ? unit : " " }))));
  const body = rows.map((row) => element("tr", {}, ...row.map((value, i) => cell(value, heads[i]))));
  return scrolled(element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
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
