// Episodes as columns. monitorcli/report/page/columns.py says how each is written,
// and gives ENDS, the words for their letters.

function expanded(column, rows) {
  if (Array.isArray(column)) return column;
  if (typeof column === "string") return column.split("");
  if ("all" in column) return new Array(rows).fill(column.all);
  if ("steps" in column) {
    let sum = 0;
    return column.steps.map((step) => (sum += step));
  }
  return Array.from({ length: rows }, (_, row) => column.from + row * column.by);
}

function readData(name) {
  const block = document.getElementById(`${name}-data`);
  if (!block) return null;
  const found = JSON.parse(block.textContent);
  for (const key of Object.keys(found.columns)) found.columns[key] = expanded(found.columns[key], found.rows);
  return found;
}

const SUCCESS = { 1: "yes", 0: "no" };
const WHOLE = new Intl.NumberFormat("en-US");
const SHORT = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });

function shownNumber(value) {
  if (value === null) return "NaN";
  if (typeof value === "string") return value.replace("Infinity", "∞");
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(3);
  return (Number.isInteger(value) ? WHOLE : SHORT).format(value);
}

function shownDuration(seconds) {
  if (seconds === null) return "";
  return seconds < 1 ? `${shownNumber(Number((seconds * 1000).toPrecision(3)))} ms` : `${shownNumber(seconds)} s`;
}

function shownTime(data, row) {
  const seconds = data.columns.started[row];
  return seconds === null ? "" : new Date((data.since + seconds) * 1000).toISOString().slice(0, 19).replace("T", " ");
}

// The place in `rows` of the first whose episode is `episode` or later.
function placeFrom(rows, numbers, episode) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[rows[middle]] < episode) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sentence(data, row) {
  const { episode, length, end, seed } = data.columns;
  const parts = [
    `return ${shownNumber(data.columns.return[row])}`,
    `${WHOLE.format(length[row])} ${length[row] === 1 ? "step" : "steps"}`,
    ENDS[end[row]],
  ];
  if (seed && seed[row] !== null) parts.push(`seed ${seed[row]}`);
  if (data.films[episode[row]]) parts.push("filmed");
  return parts;
}
