"use strict";
// Draws the figures that figures.yml lists from the rows that the page carries, and draws them anew when a filter changes.
// Whatever comes from the rows reaches the page as text and never as markup.
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const chosen = { site: "", from: "", to: "", content: "" };
  const NOTHING = "–";

  // --- Rows ---

  const decoded = (column) => (Array.isArray(column) ? column : column.codes.map((code) => column.levels[code]));

  for (const dataset of Object.values(page.datasets)) {
    const names = Object.keys(dataset.columns);
    const columns = names.map((name) => decoded(dataset.columns[name]));
    const count = columns.length ? columns[0].length : 0;
    dataset.rows = Array.from({ length: count }, (_, row) =>
      Object.fromEntries(names.map((name, place) => [name, columns[place][row]])));
    dataset.names = new Set(names);
    dataset.date = names.find((name) => name.endsWith("_date"));
  }

  function filtered(dataset) {
    return dataset.rows.filter((row) =>
      (!chosen.site || !dataset.names.has("site_id") || row.site_id === chosen.site)
      && (!chosen.content || !dataset.names.has("content_key") || row.content_key === chosen.content)
      && (!chosen.from || !dataset.date || row[dataset.date] >= chosen.from)
      && (!chosen.to || !dataset.date || row[dataset.date] <= chosen.to));
  }

  // Which filters are set that a dataset knows nothing of.
  function unheeded(dataset) {
    const left = [];
    if ((chosen.from || chosen.to) && !dataset.date) left.push("dates");
    if (chosen.content && !dataset.names.has("content_key")) left.push("pages");
    return left.length ? `Of all ${left.join(" and ")}.` : "";
  }

  const told = (rows, column) => rows.map((row) => row[column]).filter((value) => value !== null && value !== undefined);
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  const OPERATIONS = {
    count: (rows) => rows.length,
    sum: (rows, measure) => {
      const values = told(rows, measure.column);
      return values.length ? total(values) : null;
    },
    max: (rows, measure) => told(rows, measure.column).reduce((most, value) => (most === null || value > most ? value : most), null),
    // The mean of a sum over its weight.
    mean: (rows, measure) => {
      const weight = total(told(rows, measure.weight));
      return weight ? total(told(rows, measure.column)) / weight : null;
    },
  };
  const worked = (rows, measure) => OPERATIONS[measure.op](rows, measure);

  function summedUp(rows, figure) {
    if (!figure.by) return rows;
    const groups = new Map();
    for (const row of rows) {
      const key = JSON.stringify(figure.by.map((name) => row[name]));
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    return [...groups.values()].map((members) => {
      const group = Object.fromEntries(figure.by.map((name) => [name, members[0][name]]));
      for (const [name, measure] of Object.entries(figure.measures)) group[name] = worked(members, measure);
      return group;
    });
  }

  // What is not told comes last, whichever way.
  function compare(one, other, direction) {
    const [first, second] = [one ?? null, other ?? null];
    if (first === null || second === null) return (first === null) - (second === null);
    const order = typeof first === "number" && typeof second === "number"
      ? first - second
      : String(first).localeCompare(String(second), "en", { numeric: true });
    return direction * order;
  }

  function ordered(rows, figure) {
    const column = figure.ascending ?? figure.descending;
    return column ? [...rows].sort((one, other) => compare(one[column], other[column], figure.ascending ? 1 : -1)) : rows;
  }

  // --- Words ---

  const digits = (most) => new Intl.NumberFormat("en", { minimumFractionDigits: most, maximumFractionDigits: most });
  const [whole, tenths] = [digits(0), digits(1)];
  const FORMATS = {
    number: (value) => whole.format(value),
    decimal: (value) => tenths.format(value),
    hours: (value) => tenths.format(value / 3600),
    ratio: (value) => `${whole.format(100 * value)} %`,
    movement: (value) => (value > 0 ? `▲ up ${value}` : value < 0 ? `▼ down ${-value}` : "same"),
    time: (value) => value.slice(0, 16).replace("T", " "),
    date: (value) => value,
    words: (value) => value.replaceAll("_", " "),
  };
  const NUMERIC = new Set(["number", "decimal", "hours", "ratio", "movement"]);
  const inWords = (value, format) =>
    (value === null || value === undefined ? NOTHING : format ? FORMATS[format](value) : String(value));

  // --- Elements ---

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== ""));
    return made;
  }

  const paragraph = (text, kind) => (text ? element("p", { class: kind }, text) : "");
  const option = (value, label, now) => element("option", { value, selected: value === now }, label);

  // A control below its label.
  let fieldCount = 0;
  function field(label, control) {
    control.id = `control-${fieldCount++}`;
    return element("div", { class: "field" }, element("label", { for: control.id }, label), control);
  }

  // A table to sort by its headers and, if it is long, to search; of long ones the first rows until all are asked for.
  function table(columns, rows, title) {
    const SHOWN = 15;
    const state = { column: null, direction: 1, words: "", all: false };
    const kind = (column) => (NUMERIC.has(column.format) ? "number" : column.format);
    const texts = (row) => columns.map((column) => inWords(row[column.column], column.format));
    const body = element("tbody");
    const caption = element("caption", { "aria-live": "polite" });
    const more = element("button", { type: "button", class: "more", onclick: () => { state.all = true; fill(); } });
    const headers = columns.map((column) => {
      const header = element("th", { scope: "col", class: kind(column) },
        element("button", { type: "button", onclick: () => sort(column) }, column.label));
      return header;
    });

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

    function fill() {
      const wanted = state.words.toLowerCase().split(/\s+/).filter(Boolean);
      let found = rows.filter((row) => {
        const text = wanted.length ? texts(row).join("\n").toLowerCase() : "";
        return wanted.every((word) => text.includes(word));
      });
      if (state.column) {
        const name = state.column.column;
        found = [...found].sort((one, other) => compare(one[name], other[name], state.direction));
      }
      const shown = state.all ? found : found.slice(0, SHOWN);
      body.replaceChildren(...shown.map((row) => element("tr", {}, ...texts(row).map((text, place) =>
        element("td", { class: kind(columns[place]) }, text)))));
      caption.textContent = `${whole.format(shown.length)} of ${whole.format(rows.length)} rows`;
      more.textContent = `Show all ${whole.format(found.length)}`;
      more.hidden = shown.length === found.length;
    }

    fill();
    const search = rows.length > SHOWN
      ? element("div", { class: "tools" }, field(`Search in ${title}`,
        element("input", { type: "search", oninput: (event) => { state.words = event.target.value; fill(); } })))
      : null;
    return element("div", {}, search ?? "",
      element("div", { class: "scroll", role: "region", "aria-label": title, tabindex: "0" },
        element("table", {}, caption, element("thead", {}, element("tr", {}, ...headers)), body)),
      more);
  }

  // --- Figures ---

  // Of a narrow chart the labels leave half to what they name.
  const config = (width) => ({
    background: null,
    font: "system-ui, sans-serif",
    axis: {
      labelColor: "currentColor", titleColor: "currentColor", domainColor: "currentColor", tickColor: "currentColor",
      gridColor: "currentColor", gridOpacity: 0.12, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal",
    },
    axisQuantitative: { tickMinStep: 1 },
    axisY: { labelLimit: Math.min(260, width * 0.45) },
    legend: {
      labelColor: "currentColor", titleColor: "currentColor", labelFontSize: 12, orient: "bottom", columns: width < 400 ? 1 : 3,
      labelLimit: 160,
    },
    view: { stroke: null },
    mark: { color: "#2f7fc1" },
    tick: { color: "#d1661b" },
    range: {
      category: ["#2f7fc1", "#d1661b", "#2a9d74", "#b8548f", "#8a7f2a", "#6f6fd0", "#c0504d", "#3f8fa6", "#7d7d7d", "#9c6644"],
    },
  });

  // What a chart shows, in a sentence.
  function summary(figure, rows) {
    const [measure] = Object.keys(figure.measures);
    const known = rows.filter((row) => row[measure] !== null);
    if (!known.length) return "";
    const most = known.reduce((best, row) => (row[measure] > best[measure] ? row : best));
    const column = (name) => figure.columns.find((one) => one.column === name);
    const where = figure.by.filter(column).map((name) => inWords(most[name], column(name).format)).join(", ");
    return `The most, ${column(measure).label.toLowerCase()}: ${inWords(most[measure], column(measure).format)} (${where}).`;
  }

  async function chart(host, figure, rows) {
    const drawn = figure.limit ? rows.slice(0, figure.limit) : rows;
    const lines = new Set(drawn.map((row) => JSON.stringify((figure.lines ?? figure.by).map((name) => row[name])))).size;
    const spec = {
      width: host.clientWidth,
      // With a step in the spec itself Vega-Lite would warn of each chart.
      height: figure.height ?? figure.step * lines,
      autosize: { type: "fit-x", contains: "padding" },
      ...figure.spec,
      data: { values: drawn },
      config: config(host.clientWidth),
    };
    // Without ast, Vega would need a policy that lets scripts make scripts.
    const result = await vegaEmbed(host, spec, { actions: false, renderer: "svg", ast: true, mode: "vega-lite" });
    host.querySelector("svg")?.setAttribute("aria-hidden", "true");
    return result;
  }

  const drawing = new Map();

  function drawNumbers(figure, body) {
    body.replaceChildren(element("dl", { class: "values" }, ...figure.numbers.map((number) => {
      const rows = filtered(page.datasets[number.dataset]);
      const value = (column) => inWords(worked(rows, { ...number, column }), number.format ?? (number.op === "mean" ? "decimal" : "number"));
      const range = number.low ? `${value(number.low)} proven to ${value(number.high)} possible` : "";
      const hints = [number.unit ?? "", range, unheeded(page.datasets[number.dataset])].filter(Boolean).join(". ");
      return element("div", {},
        element("dt", {}, element("a", { href: `#definition-${number.definition}` }, number.label)),
        element("dd", {}, value(number.column), hints ? element("small", {}, hints) : ""));
    })));
  }

  function draw(figure, body) {
    if (figure.kind === "numbers") {
      drawNumbers(figure, body);
      return;
    }
    drawing.get(figure.id)?.finalize();
    drawing.delete(figure.id);
    const dataset = page.datasets[figure.dataset];
    let rows = filtered(dataset);
    const parts = [];
    if (figure.choose) {
      const { column, label, name = column } = figure.choose;
      const labels = new Map(rows.map((row) => [row[column], row[name]]));
      if (!labels.has(figure.now)) [figure.now] = labels.keys();
      rows = rows.filter((row) => row[column] === figure.now);
      if (labels.size > 1) {
        parts.push(element("div", { class: "tools" }, field(label,
          element("select", {
            onchange: (event) => {
              figure.now = event.target.value;
              draw(figure, body);
              body.querySelector("select").focus();
            },
          }, ...[...labels].map(([value, text]) => option(value, text, figure.now))))));
      }
    }
    rows = ordered(summedUp(rows, figure), figure);
    if (!rows.length) {
      body.replaceChildren(...parts, paragraph(dataset.rows.length ? "Nothing, with these filters." : "The reports tell of none.", "summary"));
      return;
    }
    const notes = [figure.note, unheeded(dataset)];
    if (dataset.total > dataset.rows.length) {
      notes.push(`The first ${whole.format(dataset.rows.length)} of ${whole.format(dataset.total)} rows are on this page; all are in the warehouse.`);
    }
    const note = paragraph(notes.filter(Boolean).join(" "), "note");
    if (figure.kind === "table") {
      body.replaceChildren(...parts, table(figure.columns, rows, figure.title), note);
      return;
    }
    const said = summary(figure, rows);
    const few = figure.limit && rows.length > figure.limit ? `The first ${figure.limit} of ${whole.format(rows.length)} are drawn.` : "";
    const host = element("div", { class: "chart", role: "img", "aria-label": `${figure.title}. ${said} The table below has all values.` });
    body.replaceChildren(...parts, host, paragraph([said, few].filter(Boolean).join(" "), "summary"),
      element("details", {}, element("summary", {}, "As a table"), table(figure.columns, rows, `${figure.title}, as a table`)), note);
    chart(host, figure, rows).then((result) => drawing.set(figure.id, result));
  }

  const bodies = new Map();

  function drawAll() {
    for (const [figure, body] of bodies) draw(figure, body);
    const parts = [chosen.site && `site ${chosen.site}`, chosen.from && `from ${chosen.from}`, chosen.to && `to ${chosen.to}`,
      chosen.content && `page ${names.get(chosen.content)}`].filter(Boolean);
    document.getElementById("filtered").textContent = parts.length ? `Shown: ${parts.join(", ")}.` : "Shown: everything.";
  }

  // --- Filters ---

  const pages = page.datasets.content_names.rows;
  const names = new Map(pages.map((row) => [row.content_key, row.content_name]));
  const sites = [...new Set(page.datasets.people.rows.map((row) => row.site_id))].sort();
  const days = page.datasets.family_days.rows.map((row) => row.occurred_date).sort();

  function filters() {
    const form = document.getElementById("filters");
    const change = (name) => (event) => {
      chosen[name] = event.target.value;
      if (name === "site") {
        chosen.content = "";
        filters();
        form.querySelector("select").focus();
      }
      drawAll();
    };
    const date = (name) => element("input", { type: "date", min: days[0], max: days[days.length - 1], value: chosen[name], onchange: change(name) });
    const offered = pages.filter((row) => !chosen.site || row.site_id === chosen.site);
    form.replaceChildren(
      sites.length > 1
        ? field("Site", element("select", { onchange: change("site") }, option("", "All sites", chosen.site), ...sites.map((site) => option(site, site, chosen.site))))
        : "",
      field("From", date("from")),
      field("To", date("to")),
      field("Page", element("select", { onchange: change("content") }, option("", "All pages", chosen.content),
        ...offered.map((row) => option(row.content_key, row.content_name, chosen.content)))),
      element("button", {
        type: "button",
        onclick: () => {
          Object.assign(chosen, { site: "", from: "", to: "", content: "" });
          filters();
          drawAll();
        },
      }, "Show everything"),
    );
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  // --- The page ---

  function section(part) {
    return element("section", { id: part.id, "aria-labelledby": `${part.id}-title` }, element("h2", { id: `${part.id}-title` }, part.title),
      element("div", { class: "figures" }, ...part.figures.map((figure) => {
        const body = element("div");
        bodies.set(figure, body);
        return element("article", { class: `figure ${figure.kind}`, id: `figure-${figure.id}`, "aria-labelledby": `title-${figure.id}` },
          element("header", {}, element("h3", { id: `title-${figure.id}` }, figure.title),
            figure.definition ? element("a", { href: `#definition-${figure.definition}` }, `How it is counted: ${page.definitions[figure.definition].title}`) : ""),
          body);
      })));
  }

  function definition([id, told]) {
    const settings = Object.entries(told.settings).map(([name, value]) => `${name} = ${value}`).join(", ");
    return element("div", { class: "definition", id: `definition-${id}`, tabindex: "-1" }, element("h3", {}, told.title),
      told.is_ours ? paragraph("A definition of this project, not of the platform.", "note") : "",
      paragraph(told.text), paragraph(`Limits: ${told.limits}`),
      settings ? element("p", {}, "Settings: ", element("code", {}, settings)) : "",
      element("p", {}, "The whole rule: ", element("code", {}, told.source)));
  }

  const main = document.getElementById("main");
  main.replaceChildren(...page.sections.map(section),
    element("section", { id: "definitions", "aria-labelledby": "definitions-title" },
      element("h2", { id: "definitions-title" }, "How it is counted"), ...Object.entries(page.definitions).map(definition)));
  document.getElementById("sections").append(element("ul", {}, ...[...page.sections, { id: "definitions", title: "How it is counted" }]
    .map((part) => element("li", {}, element("a", { href: `#${part.id}` }, part.title)))));
  document.getElementById("about").textContent = page.about;
  document.getElementById("footer").textContent = page.notice;
  filters();
  drawAll();

  // Charts are as wide as their place was when they were drawn.
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    for (const [figure, body] of bodies) if (figure.kind === "chart") draw(figure, body);
  });
})();
