// --- Tables: to sort, to search, to take along. On a phone each row is a card. ---

const SHOWN = 15;

// As in scripts/publishing/export_table.py: a spreadsheet would run a text that begins like a formula.
const FORMULA = /^[\p{Z}\p{C}"]*[=+\-@＝＋－＠﹢﹣﹦﹫\t\r]/u;
const FORMULA_IN_A_CELL = /([;\t\r\n|])((?:(?![\t\r\n])[\p{Z}\p{C}"])*[=+\-@＝＋－＠﹢﹣﹦﹫])/gu;

function csvCell(value) {
  if (value === null || value === undefined) return "";
  let words = String(value);
  if (typeof value !== "number") words = (FORMULA.test(words) ? "'" : "") + words.replace(FORMULA_IN_A_CELL, "$1'$2");
  return /[",;|\t\r\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
}

// Numbers stay numbers, with a point and no separators; all else is as the table shows it. A range takes three columns.
const csvColumns = (columns) => columns.flatMap((column) => (column.low
  ? [column, { ...column, column: column.low, label: `${column.label}, proven` }, { ...column, column: column.high, label: `${column.label}, possible` }]
  : [column]));

function csvValue(row, column, about) {
  const value = row[column.column];
  if (value === null || value === undefined) return null;
  if (typeof value !== "number") return inWords(value, column, about);
  if (column.format === "hours") return Math.round(value / 36) / 100;
  if (column.format === "minutes") return Math.round(value / 6) / 10;
  return value;
}

function csvOf(shown, rows, about) {
  const columns = csvColumns(shown);
  const lines = [columns.map((column) => csvCell(column.label)), ...rows.map((row) => columns.map((column) => csvCell(csvValue(row, column, about))))];
  return `${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

// Letters without their accents and in small, as people type them: karakose finds Karaköse.
const PLAIN = { ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ß: "ss", æ: "ae", œ: "oe", ı: "i" };
const plainLetters = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[øłđðþßæœı]/g, (letter) => PLAIN[letter]);

// How many rows are shown, and how many fit where they are searched.
function rowsInWords(shown, fitting, all, isSearched) {
  if (!isSearched) return `${whole.format(shown)} of ${counted(all, "row", "rows")}`;
  const found = `${whole.format(fitting)} of ${counted(all, "row", "rows")} ${fitting === 1 ? "fits" : "fit"}`;
  return shown === fitting ? found : `${found}; ${whole.format(shown)} are shown`;
}

// The roles say again what the elements are, because a browser forgets it where style makes cards of rows.
// The last column may hold an element that `last.cell` makes of a row. `kept` has what was searched when the table was made before.
function table(columns, rows, title, about, { last, kept = {} } = {}) {
  const state = { column: null, direction: 1, words: kept.words ?? "", all: false };
  const kind = (column) => (NUMERIC.has(column.format) ? "number" : column.format);
  const texts = (row) => columns.map((column) => withRange(row, column, about));
  const body = element("tbody", { role: "rowgroup" });
  const count = element("p", { class: "note", "aria-live": "polite" });
  const more = element("button", { type: "button", class: "more", onclick: () => { state.all = true; fill(); } });
  const headers = columns.map((column) => element("th", { scope: "col", role: "columnheader", class: kind(column) },
    element("button", { type: "button", onclick: () => sort(column) }, column.label)));

  function sort(column) {
    // Numbers begin with the largest.
    const first = NUMERIC.has(column.format) && column.label !== "Place" ? -1 : 1;
    state.direction = state.column === column ? -state.direction : first;
    state.column = column;
    columns.forEach((other, place) => {
      if (other === column) headers[place].setAttribute("aria-sort", state.direction > 0 ? "ascending" : "descending");
      else headers[place].removeAttribute("aria-sort");
    });
    fill();
  }

  function cell(row, words, column, isFirst) {
    const address = profileAddress(column, row);
    return element(isFirst ? "th" : "td", { class: kind(column), scope: isFirst ? "row" : undefined, role: isFirst ? "rowheader" : "cell", "data-label": column.label },
      address ? element("a", { href: address }, words) : words);
  }

  function found() {
    const wanted = plainLetters(state.words).split(/\s+/).filter(Boolean);
    const fitting = rows.filter((row) => {
      const words = wanted.length ? plainLetters(texts(row).join("\n")) : "";
      return wanted.every((word) => words.includes(word));
    });
    const name = state.column?.column;
    return name ? [...fitting].sort((one, other) => compare(one[name], other[name], state.direction)) : fitting;
  }

  function fill() {
    const all = found();
    const shown = state.all ? all : all.slice(0, SHOWN);
    body.replaceChildren(...shown.map((row) => element("tr", { role: "row" }, ...texts(row).map((words, place) => cell(row, words, columns[place], place === 0)),
      last ? element("td", { role: "cell", "data-label": last.label }, last.cell(row)) : "")));
    count.textContent = rowsInWords(shown.length, all.length, rows.length, Boolean(state.words.trim()));
    more.textContent = `Show all ${whole.format(all.length)}`;
    more.hidden = shown.length === all.length;
  }

  fill();
  const order = element("select", { onchange: (event) => sort(columns[event.target.value]) }, option("", "the order of the page", ""),
    ...columns.map((column, place) => option(place, column.label, "")));
  const tools = element("div", { class: "tools" },
    rows.length > SHOWN
      ? field("Search this table", element("input", { type: "search", value: state.words, oninput: (event) => { state.words = kept.words = event.target.value; fill(); } }))
      : "",
    rows.length > 1 ? field("Sort by", order, "on-phones") : "");
  const made = element("div", { class: "tabular" }, tools, count,
    element("div", { class: "scroll", role: "region", "aria-label": title, tabindex: "0" },
      element("table", { role: "table", "aria-label": title }, element("thead", { role: "rowgroup" },
        element("tr", { role: "row" }, ...headers, last ? element("th", { scope: "col", role: "columnheader" }, last.label) : "")), body)),
    more);
  return { made, csv: () => csvOf(columns, found(), about) };
}
