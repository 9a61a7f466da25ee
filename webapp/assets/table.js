// A table as one component: Dash keeps books on each of its elements, and a table has hundreds.
// Cells are text, nothing, a list of texts, or what is named: { text, href, colour, strong }.
(function () {
  const element = (...parts) => window.React.createElement(...parts);

  function content(cell) {
    if (Array.isArray(cell)) return element("ul", null, ...cell.map((text) => element("li", null, text)));
    if (cell === null || typeof cell !== "object") return cell;
    const dot = cell.colour ? element("span", { className: "dot", style: { backgroundColor: cell.colour }, "aria-hidden": true }) : null;
    return element("a", { href: cell.href, className: cell.colour ? "chip" : cell.strong ? "id" : undefined }, dot, cell.text);
  }

  function heading(column, at) {
    const mark = { ascending: " ↑", descending: " ↓" }[column.sorted] || "";
    const words = column.href ? element("a", { href: column.href }, column.heading, element("span", { "aria-hidden": true }, mark)) : column.heading;
    return element("th", { key: at, scope: "col", className: column.numeric ? "number" : undefined, "aria-sort": column.sorted || undefined }, words);
  }

  function Table({ columns, rows, caption }) {
    const style = (at) => (columns[at].numeric ? "number" : undefined);
    const line = (row, number) =>
      element(
        "tr",
        { key: number },
        row.map((cell, at) =>
          at === 0
            ? element("th", { key: at, scope: "row", className: style(at) }, content(cell))
            : element("td", { key: at, className: style(at) }, content(cell))
        )
      );
    return element(
      "div",
      { className: "table-scroll", role: "group", tabIndex: 0, "aria-label": caption },
      element(
        "table",
        { className: "table" },
        element("caption", { className: "visually-hidden" }, caption),
        element("thead", null, element("tr", null, columns.map(heading))),
        element("tbody", null, rows.map(line))
      )
    );
  }

  window.clientele = { ...window.clientele, Table };
})();
