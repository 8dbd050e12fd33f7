"use strict";
// What the other scripts share: elements, the packed data, numbers for people.

const byId = (id) => document.getElementById(id);
const embedded = (id) => JSON.parse(byId(id).textContent);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

function element(name, properties = {}, ...children) {
  const { data = {}, ...plain } = properties;
  const made = Object.assign(document.createElement(name), plain);
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

function quiet(text) {
  return element("p", { className: "quiet", textContent: text });
}

// A select element; `options` are [value, text].
function selection(label, options, chosen, change) {
  const made = element("select", { ariaLabel: label });
  made.append(...options.map(([value, text]) => element("option", { value, textContent: text })));
  made.value = chosen;
  made.addEventListener("change", () => change(made.value));
  return made;
}

// Numbers. kB, MB and GB are powers of 1000; KiB and MiB of 1024. The exact number is in data-value.
const PREFIXES = [[1e18, "E"], [1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"], [1e-15, "f"]];
const COUNTED = new Set(["words", "cycles", "MACs"]); // a space before the prefix, the unit is the column's
const SYMBOLS = new Map([
  ...["s", "J", "W", "s/token", "s/sequence", "J/sequence"].map((unit) => [unit, [1, unit]]),
  ["bytes", [1, "B"]], ["pJ", [1e-12, "J"]], ["pJ/token", [1e-12, "J/token"]],
]);

function digits(value) {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

function prefixed(value, unit = "") {
  if (value === 0) return unit ? `0 ${unit}` : "0";
  const rounded = Number(value.toPrecision(3)); // 999.9 k is 1 M
  const [factor, prefix] = PREFIXES.find(([size]) => Math.abs(rounded) >= size) ?? PREFIXES.at(-1);
  return `${digits(value / factor)} ${prefix}${unit}`.trimEnd();
}

// J·s takes no prefix: a kilo-joule-second says nothing to anybody.
function scientific(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? digits(value) : value.toExponential(2);
}

function shown(value, column) {
  if (value === null || value === undefined || value === "") return "—";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  const symbol = SYMBOLS.get(column.unit);
  if (symbol) return prefixed(value * symbol[0], symbol[1]);
  if (column.unit === "J·s") return scientific(value) + " J·s";
  if (column.name === "utilization") return (100 * value).toFixed(1) + " %";
  if (column.unit === "×") return value.toFixed(2) + "×";
  if (COUNTED.has(column.unit)) return prefixed(value);
  return Number.isInteger(value) ? value.toLocaleString("en") : digits(value);
}

// With the unit, where the number alone does not say it.
function spoken(value, column) {
  const text = shown(value, column);
  const bare = typeof value === "number" && column.unit && column.unit !== "×" && column.unit !== "J·s" && !SYMBOLS.has(column.unit);
  return bare ? `${text} ${column.unit}` : text;
}

const headed = (column) => (column.unit && (COUNTED.has(column.unit) || !SYMBOLS.has(column.unit)) ? `${column.title} [${column.unit}]` : column.title);

// Numbers by size, those inside names too: flat-r64 comes before flat-r256. Nothing comes first.
const collator = new Intl.Collator("en", { numeric: true });
const isEmpty = (value) => value === null || value === undefined || value === "";
function byValue(a, b) {
  if (isEmpty(a) || isEmpty(b)) return isEmpty(b) - isEmpty(a);
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
}

const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const ofAll = (some, all) => (some === all ? plural(all, "run") : `${some.toLocaleString("en")} of ${plural(all, "run")}`);
