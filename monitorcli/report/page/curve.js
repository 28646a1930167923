// The curve of a series: the episode under the pointer, and a slider that walks along all of them.

const REACH = 14; // pixels to either side in which the nearest episode is looked for

function vector(name, className, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  made.setAttribute("class", className);
  made.setAttribute("visibility", "hidden");
  parent.append(made);
  return made;
}

// `rows` are those of the series in the data, ascending.
function walkCurve(figure, { low, high, first, last }, rows, data, list) {
  const area = figure.querySelector(".area");
  const [slider, output] = figure.querySelectorAll(".walk input, .walk output");
  const svg = area.querySelector("svg");
  const cross = vector("line", "cross", svg);
  const spot = vector("circle", "spot", svg);
  const tip = makeTip(area);
  const numbers = data.columns.episode;
  const shareX = (row) => (numbers[row] - first) / (last - first);
  const shareY = (row) => 1 - Math.min(1, Math.max(0, (Number(data.columns.return[row]) - low) / (high - low)));
  const drawn = (row) => !"rxi".includes(data.columns.end[row]) && Number.isFinite(data.columns.return[row]);

  function mark(row) {
    const x = `${100 * shareX(row)}%`;
    for (const [name, value] of [["x1", x], ["x2", x], ["y1", "0"], ["y2", "100%"]]) cross.setAttribute(name, value);
    cross.setAttribute("visibility", "visible");
    spot.setAttribute("cx", x);
    spot.setAttribute("cy", `${100 * shareY(row)}%`);
    spot.setAttribute("r", "5");
    spot.setAttribute("visibility", drawn(row) ? "visible" : "hidden");
  }

  function say(row) {
    const title = `Episode ${WHOLE.format(numbers[row])}`;
    const film = data.films[numbers[row]];
    const words = [title, ...sentence(data, row).filter((part) => part !== "filmed")].join(" · ");
    const show = document.createElement("a");
    show.textContent = film ? "see the film" : "show in the list";
    show.href = film ? `#${film}` : `#${list.id}`;
    if (!film) show.addEventListener("click", () => list.reveal(row));
    output.replaceChildren(`${words} · `, show);
    output.classList.remove("idle");
    slider.setAttribute("aria-valuetext", words);
  }

  function point(row) {
    mark(row);
    say(row);
    const title = `Episode ${WHOLE.format(numbers[row])}`;
    showTip(tip, title, sentence(data, row), shareX(row) * area.clientWidth, shareY(row) * area.clientHeight);
  }

  function nearest(x, y) {
    const { clientWidth: wide, clientHeight: tall } = area;
    let found = -1;
    let least = Infinity;
    const at = first + (x / wide) * (last - first);
    const reach = Math.max((REACH / wide) * (last - first), 0.5);
    for (let place = placeFrom(rows, numbers, at - reach); numbers[rows[place]] <= at + reach; place += 1) {
      const row = rows[place];
      if (!drawn(row)) continue;
      const distance = Math.hypot(shareX(row) * wide - x, shareY(row) * tall - y);
      if (distance < least) [least, found] = [distance, row];
    }
    return found;
  }

  let at = first;

  function show(row) {
    at = numbers[row];
    slider.value = at;
    point(row);
  }

  // Episodes of other series lie between: the slider goes on to the next of this one, in either direction.
  function slide() {
    const asked = Number(slider.value);
    const place = Math.min(placeFrom(rows, numbers, asked), rows.length - 1);
    const back = asked < at && place > 0 && numbers[rows[place]] > asked;
    show(rows[back ? place - 1 : place]);
  }

  area.addEventListener("pointermove", (event) => {
    const box = area.getBoundingClientRect();
    const row = nearest(event.clientX - box.left, event.clientY - box.top);
    if (row >= 0) show(row);
  });
  area.addEventListener("pointerleave", () => (tip.hidden = true));
  slider.addEventListener("input", slide);
  slider.addEventListener("blur", () => (tip.hidden = true));
  output.textContent = "Point at the curve, or move the slider with the arrow keys, to read single episodes.";
  output.classList.add("idle");
  slider.parentElement.hidden = false;
}
