// The filter bar: words, and a control for every axis; numbers are sliders.

function makeFilters() {
  const search = byId("search");
  search.value = state.text;
  search.addEventListener("input", () => { state.text = search.value; changed(); });
  byId("controls").replaceChildren(...data.axes.map((axis) => (axis.numeric ? slider(axis) : checks(axis))));
  byId("clear").onclick = () => { state.text = ""; state.kept.clear(); changed(); showFilters(); };
}

// The controls as the state has them: after the URL changed, or all filters were taken away.
function showFilters() {
  byId("search").value = state.text;
  for (const control of byId("controls").children) control.dispatchEvent(new Event("show"));
}

// "512 to 8,192 tokens"; the unit stands behind both numbers where it is not the same.
function rangeText(axis, from, to) {
  const [first, last] = [choiceText(axis, from), choiceText(axis, to)];
  if (from === to) return first;
  const unit = last.slice(last.indexOf(" "));
  return `${last.includes(" ") && first.endsWith(unit) ? first.slice(0, -unit.length) : first} to ${last}`;
}

const choiceText = (axis, at) => (isEmpty(axis.choices[at]) ? "not set" : spoken(axis.choices[at], axis));

// Two thumbs on one track: the first and the last position that are kept.
function slider(axis) {
  const last = axis.choices.length - 1;
  const said = element("output", {});
  const thumbs = ["least", "most"].map((end) => element("input", { type: "range", min: 0, max: last, step: 1, ariaLabel: `${axis.title}, ${end}`, data: { end } }));
  const [low, high] = thumbs;
  const tell = () => {
    const [from, to] = [Number(low.value), Number(high.value)];
    low.ariaValueText = choiceText(axis, from);
    high.ariaValueText = choiceText(axis, to);
    said.textContent = rangeText(axis, from, to);
    track.style.setProperty("--from", `${(100 * from) / last}%`);
    track.style.setProperty("--to", `${(100 * to) / last}%`);
    low.classList.toggle("above", from === last); // both at the end: this one must be able to go back
  };
  const move = (moved) => {
    if (Number(low.value) > Number(high.value)) moved.value = moved === low ? high.value : low.value;
    tell();
    keepOnly(axis, Array.from({ length: high.value - low.value + 1 }, (_, i) => Number(low.value) + i));
    changed();
  };
  thumbs.forEach((thumb) => thumb.addEventListener("input", () => move(thumb)));
  const track = element("span", { className: "track" }, low, high);
  const made = element("div", { className: "control range", data: { axis: axis.name } }, element("span", { className: "name", textContent: axis.title }), track, said);
  const show = () => {
    const kept = [...(state.kept.get(axis.name) ?? [0, last])];
    low.value = Math.min(...kept, last);
    high.value = Math.max(...kept, 0);
    tell();
  };
  made.addEventListener("show", show);
  show();
  return made;
}

function checks(axis) {
  const title = element("summary");
  const boxes = axis.choices.map((_, at) => element("input", { type: "checkbox", value: at }));
  const lines = boxes.map((box, at) => element("label", {}, box, choiceText(axis, at)));
  const all = element("button", { type: "button", textContent: "all" });
  const none = element("button", { type: "button", textContent: "none" });
  const tell = () => {
    const on = boxes.filter((box) => box.checked);
    const some = on.length === 1 ? choiceText(axis, Number(on[0].value)) : `${on.length} of ${boxes.length}`;
    title.textContent = `${axis.title}: ${on.length === boxes.length ? `all ${boxes.length}` : some}`;
  };
  const keep = () => {
    tell();
    keepOnly(axis, boxes.filter((box) => box.checked).map((box) => Number(box.value)));
    changed();
  };
  boxes.forEach((box) => box.addEventListener("change", keep));
  all.onclick = () => { boxes.forEach((box) => { box.checked = true; }); keep(); };
  none.onclick = () => { boxes.forEach((box) => { box.checked = false; }); keep(); };
  const menu = element("div", { className: "menu" }, element("p", {}, all, " ", none), ...lines);
  const made = element("details", { className: "control", name: "control", data: { axis: axis.name } }, title, menu);
  const show = () => {
    const kept = state.kept.get(axis.name);
    boxes.forEach((box, at) => { box.checked = !kept || kept.has(at); });
    tell();
  };
  made.addEventListener("show", show);
  show();
  return made;
}
