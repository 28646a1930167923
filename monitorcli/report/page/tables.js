// Tables that a reader sorts by a column. A cell's number is in its <data>, else its text is compared.

for (const table of document.querySelectorAll(".sortable table")) {
  const body = table.querySelector("tbody");
  const headings = [...table.querySelectorAll("thead th")];
  const value = (row, place) => {
    const cell = row.children[place];
    const known = cell.querySelector("data");
    return known ? Number(known.value) : cell.textContent;
  };
  headings.forEach((heading) => {
    const place = [...heading.parentElement.children].indexOf(heading);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => {
      const rows = [...body.children];
      const numbers = rows.some((row) => typeof value(row, place) === "number");
      const down = heading.getAttribute("aria-sort") ? heading.getAttribute("aria-sort") === "ascending" : numbers;
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = (a, b) => {
        const [x, y] = [value(a, place), value(b, place)];
        // What has no number comes last, whichever way the table is sorted.
        if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
        const less = typeof x === "number" ? x - y : x.localeCompare(y, "en", { numeric: true });
        return down ? -less : less;
      };
      body.replaceChildren(...rows.sort(order));
    });
    heading.replaceChildren(button);
  });
}
