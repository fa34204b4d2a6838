// Tables that can be sorted and filtered, and details of values where a reader points. Without it, a page reads the same.
"use strict";
(() => {
  const FEWEST_ROWS = 8; // of a table that gets a filter

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    const text = (cell.dataset.value ?? cell.textContent).trim();
    const number = parseFloat(text.replaceAll(",", ""));
    return Number.isNaN(number) ? text.toLowerCase() : number;
  };

  // Numbers by size before texts by letter; what is empty or "–" comes last in either direction.
  const compare = (a, b, sign) => {
    const [first, second] = [a, b].map((key) => (key === "" || key === "–" ? 2 : typeof key === "string" ? 1 : 0));
    if (first !== second) return first - second;
    if (first === 0) return sign * (a - b);
    return sign * a.localeCompare(b);
  };

  const sortable = (table) => {
    const header = table.tHead.rows[table.tHead.rows.length - 1];
    const bodies = [...table.tBodies].map((body) => ({ body, rows: [...body.rows] }));
    [...header.cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" };
        const order = next[heading.getAttribute("aria-sort") ?? "none"];
        for (const other of header.cells) other.removeAttribute("aria-sort");
        if (order !== "none") heading.setAttribute("aria-sort", order);
        table.classList.toggle("sorted", order !== "none");
        const sign = order === "descending" ? -1 : 1;
        for (const { body, rows } of bodies) {
          const keyed = rows.map((row) => [keyOf(row, column), row]);
          if (order !== "none") keyed.sort(([a], [b]) => compare(a, b, sign));
          body.append(...keyed.map(([, row]) => row));
        }
      });
    });
  };

  const filterable = (table) => {
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    if (rows.length < FEWEST_ROWS) return;
    const field = document.createElement("input");
    const count = document.createElement("output");
    field.type = "search";
    field.placeholder = "Filter rows";
    field.setAttribute("aria-label", "Filter rows");
    const bar = document.createElement("p");
    bar.className = "filter";
    bar.append(field, count);
    table.parentElement.before(bar);
    const texts = rows.map((row) => row.textContent.toLowerCase());
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      rows.forEach((row, index) => { row.hidden = !words.every((word) => texts[index].includes(word)); });
      const left = rows.filter((row) => !row.hidden).length;
      count.textContent = words.length ? `${left} of ${rows.length} rows` : "";
      table.classList.toggle("filtered", words.length > 0);
    });
  };

  // A title that a browser would show after a while, and never on a touch screen, shown at once.
  const details = () => {
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    document.body.append(tip);
    for (const cell of document.querySelectorAll("td[title]")) {
      cell.dataset.detail = cell.title;
      cell.removeAttribute("title");
    }
    for (const title of document.querySelectorAll("svg g > title")) {
      title.parentElement.dataset.detail = title.textContent;
      title.remove();
    }
    const show = (event) => {
      const place = event.target.closest?.("[data-detail]");
      tip.hidden = !place;
      if (!place) return;
      tip.textContent = place.dataset.detail;
      const box = place.getBoundingClientRect();
      const left = Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
      tip.style.left = `${Math.max(8, left) + window.scrollX}px`;
      tip.style.top = `${box.bottom + 6 + window.scrollY}px`;
    };
    document.addEventListener("pointerover", show);
    document.addEventListener("pointerdown", show);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
  };

  document.querySelectorAll("table[data-sortable]").forEach((table) => { sortable(table); filterable(table); });
  details();
})();
