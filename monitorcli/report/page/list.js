// The list of episodes: filtered and sorted as numbers, drawn a page at a time.

const ROWS = 50;
// A column's name in the data, its heading, what a cell says, and classes: `word` for text, `less` for what a
// small screen goes without.
const COLUMNS = [
  ["episode", "Episode", (data, row) => WHOLE.format(data.columns.episode[row]), ""],
  ["series", "Series", (data, row) => data.series[data.columns.series[row]], "word"],
  ["return", "Return", (data, row) => shownNumber(data.columns.return[row]), ""],
  ["length", "Steps", (data, row) => WHOLE.format(data.columns.length[row]), ""],
  ["end", "Ended", (data, row) => ENDS[data.columns.end[row]], "word"],
  ["success", "Success", (data, row) => SUCCESS[data.columns.success[row]] || "", "word"],
  ["seed", "Seed", (data, row) => (data.columns.seed[row] === null ? "" : String(data.columns.seed[row])), ""],
  ["slot", "Slot", (data, row) => WHOLE.format(data.columns.slot[row]), "less"],
  ["duration", "Lasted", (data, row) => shownDuration(data.columns.duration[row]), "less"],
  ["started", "Started (UTC)", shownTime, "less"],
];

function cell(kind, className, ...content) {
  const made = document.createElement(kind);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function compared(values) {
  return (a, b) => {
    const [x, y] = [values[a], values[b]];
    // What has no value comes last, whichever way the list is sorted.
    if (x === null || y === null) return (x === null) - (y === null) || a - b;
    return (typeof x === "string" && isNaN(x) ? (x > y) - (x < y) : Number(x) - Number(y)) || a - b;
  };
}

function makeList(root, data) {
  const form = root.querySelector("form");
  const [head, body] = root.querySelectorAll("thead, tbody");
  const found = root.querySelector(".found");
  const columns = COLUMNS.filter(([name]) => data.columns[name]);
  const filmed = Object.keys(data.films).length > 0;
  const state = { by: "episode", down: false, page: 0, rows: [], here: -1 };

  function number(name) {
    const text = form.elements[name].value;
    return text === "" ? null : Number(text);
  }

  function wanted() {
    const [low, high, episode] = ["low", "high", "episode"].map(number);
    const ends = form.elements.end.value;
    const series = form.elements.series ? form.elements.series.value : "";
    const only = form.elements.filmed.checked;
    const { columns: of, films } = data;
    const rows = [];
    for (let row = 0; row < data.rows; row += 1) {
      const value = of.return[row] === null ? NaN : Number(of.return[row]);
      if (series && of.series[row] !== Number(series)) continue;
      if (ends && !ends.includes(of.end[row])) continue;
      if (low !== null && !(value >= low)) continue;
      if (high !== null && !(value <= high)) continue;
      if (episode !== null && of.episode[row] !== episode) continue;
      if (only && !films[of.episode[row]]) continue;
      rows.push(row);
    }
    return rows;
  }

  function sorted(rows) {
    if (state.by === "episode") return state.down ? rows.reverse() : rows;
    const values = data.columns[state.by];
    const missing = rows.filter((row) => values[row] === null);
    const known = rows.filter((row) => values[row] !== null).sort(compared(values));
    return [...(state.down ? known.reverse() : known), ...missing];
  }

  function update() {
    state.rows = sorted(wanted());
    state.page = Math.max(0, Math.min(state.page, Math.ceil(state.rows.length / ROWS) - 1));
    draw();
  }

  function line(row) {
    const made = document.createElement("tr");
    columns.forEach(([, , say, className], place) => {
      const part = cell(place ? "td" : "th", className, say(data, row));
      if (!place) part.scope = "row";
      made.append(part);
    });
    const film = data.films[data.columns.episode[row]];
    if (filmed) {
      const link = film ? cell("a", "", "film") : "";
      if (film) {
        link.href = `#${film}`;
        link.setAttribute("aria-label", `film of episode ${data.columns.episode[row]}`);
      }
      made.append(cell("td", "", link));
    }
    if (row === state.here) made.className = "here";
    return made;
  }

  function draw() {
    const pages = Math.max(1, Math.ceil(state.rows.length / ROWS));
    const from = state.page * ROWS;
    const shown = state.rows.slice(from, from + ROWS);
    body.replaceChildren(...shown.map(line));
    const span = shown.length ? `${WHOLE.format(from + 1)} to ${WHOLE.format(from + shown.length)} of ` : "";
    const left = state.rows.length < data.rows ? ` (${WHOLE.format(data.rows)} without the filter)` : "";
    found.textContent = `${span}${WHOLE.format(state.rows.length)} episodes${left}`;
    root.querySelector(".page").textContent = `Page ${WHOLE.format(state.page + 1)} of ${WHOLE.format(pages)}`;
    for (const button of root.querySelectorAll(".pager button")) {
      const back = button.dataset.to === "first" || button.dataset.to === "back";
      button.disabled = back ? state.page === 0 : state.page >= pages - 1;
    }
  }

  function sortBy(name) {
    state.down = state.by === name ? !state.down : !["episode", "end", "series"].includes(name);
    [state.by, state.page] = [name, 0];
    for (const heading of head.querySelectorAll("th[data-by]")) {
      if (heading.dataset.by === name) heading.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
    update();
  }

  function heading([name, words, , className]) {
    const button = cell("button", "", words);
    button.type = "button";
    button.addEventListener("click", () => sortBy(name));
    const made = cell("th", className, button);
    made.scope = "col";
    made.dataset.by = name;
    return made;
  }

  const row = cell("tr", "", ...columns.map(heading));
  if (filmed) row.append(cell("th", "", "Film"));
  head.append(row);
  row.firstChild.setAttribute("aria-sort", "ascending");
  form.elements.filmed.parentElement.hidden = !filmed;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { state.page = 0; update(); });
  form.addEventListener("reset", () => setTimeout(update));
  root.querySelector(".pager").addEventListener("click", (event) => {
    const last = Math.ceil(state.rows.length / ROWS) - 1;
    const to = { first: 0, back: state.page - 1, on: state.page + 1, last }[event.target.dataset.to];
    if (to === undefined) return;
    state.page = to;
    draw();
  });
  root.hidden = false;
  update();

  return {
    id: root.parentElement.id,
    reveal(at) {
      form.reset();
      state.here = at;
      [state.by, state.down] = ["episode", true];
      sortBy("episode");
      state.page = Math.floor(at / ROWS);
      draw();
    },
  };
}

for (const root of document.querySelectorAll(".list")) {
  const data = readData(root.dataset.of);
  const list = makeList(root, data);
  const all = Array.from({ length: data.rows }, (_, row) => row);
  for (const { figure, series, axes } of data.curves) {
    const rows = data.columns.series ? all.filter((row) => data.columns.series[row] === series) : all;
    walkCurve(document.getElementById(figure), axes, rows, data, list);
  }
}
