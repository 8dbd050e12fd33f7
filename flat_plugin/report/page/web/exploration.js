// Sliders: two of each axis, from and to; chips outside leave every picture and the table.
const rows = [...document.querySelectorAll("#sliders label")];
function show() {
  const ranges = rows.map((row) => {
    const [least, most] = ["least", "most"].map((name) => Number(row.querySelector("." + name).value));
    const values = JSON.parse(row.dataset.values);
    const [from, to] = [Math.min(least, most), Math.max(least, most)];
    row.querySelector("output").textContent = from === to ? values[from] : `${values[from]} to ${values[to]}`;
    return [from, to];
  });
  for (const element of document.querySelectorAll("[data-chip]")) {
    const places = CHIPS[Number(element.dataset.chip)];
    const inside = ranges.every(([from, to], axis) => from <= places[axis] && places[axis] <= to);
    element.classList.toggle("out", !inside);
  }
}
for (const row of rows) row.addEventListener("input", show);
show();
const root = document.documentElement;
root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
document.getElementById("theme").addEventListener("click", () => {
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
});
