// --- The page: sections, filters, and what happens when the reader does something. ---

function start(page) {
  const data = Object.fromEntries(Object.entries(page.datasets).map(([name, dataset]) => [name, readDataset(dataset)]));
  Object.assign(profiles, profilesOf(page.profiles));
  const clock = clockOf(page.zone);
  const about = { clock, words: page.words };
  const state = { place: "", chosen: {}, choices: {}, profile: null };
  const names = new Map(data.content_names.rows.map((row) => [row.content_key, row.content_name]));
  const sites = [...new Set(data.people.rows.map((row) => row.site_id))].sort();
  const days = data.family_days.rows.map((row) => row.occurred_date).sort();
  const at = (id) => document.getElementById(id);
  // The state of each figure: its body, whether it was drawn since the last change, and what is searched in its table.
  const drawn = new Map();

  // --- A figure ---

  const hasRows = (figure) => (figure.only ? data[figure.dataset].rows.some((row) => fits(row, figure.only)) : data[figure.dataset].count > 0);
  const isCut = (dataset) => dataset.total > dataset.count;
  const isHeldBack = (figure) => figure.needs_understanding && page.understood.instead;

  function choiceOf(figure, rows) {
    const { column, name = column } = figure.choose;
    const labels = new Map(rows.map((row) => [row[column], [name].flat().map((one) => row[one]).filter(Boolean).join(", ")]));
    const now = labels.has(state.choices[figure.id]) ? state.choices[figure.id] : labels.keys().next().value;
    return { labels, now, rows: rows.filter((row) => row[column] === now) };
  }

  function chooser(figure, labels, now) {
    const control = element("select", {
      onchange: (event) => {
        state.choices[figure.id] = event.target.value;
        keepAddress();
        draw(figure);
        drawn.get(figure).body.querySelector("select").focus();
      },
    }, ...[...labels].map(([value, label]) => option(value, label, now)));
    return element("div", { class: "tools" }, field(figure.choose.label, control));
  }

  function notesOf(figure, dataset, rows) {
    const notes = [figure.note];
    const { note, more_than: most } = figure.choose ?? {};
    if (note && data[most.dataset].total > most.count) notes.push(note);
    if (figure.limit && rows.length > figure.limit) notes.push(`The first ${figure.limit} of ${whole.format(rows.length)} are drawn.`);
    if (isCut(dataset)) {
      notes.push(`The first ${whole.format(dataset.count)} of ${whole.format(dataset.total)} rows are on this page. Its last part says how to get all.`);
    }
    return notes.filter(Boolean).join(" ");
  }

  // The rows that a figure shows now, its title, and the choice among them.
  function viewOf(figure) {
    const dataset = data[figure.dataset];
    const among = filtered(dataset, state.chosen).filter((row) => fits(row, figure.only));
    const choice = figure.choose && among.length ? choiceOf(figure, among) : null;
    const rows = ordered(ofEnough(summedUp(choice ? choice.rows : among, figure), figure.people, page.fewest), figure);
    // A sum or a count over a part of the rows is no finding.
    const isPart = isCut(dataset) && figure.by;
    const counted_ = figure.counts && data[figure.counts.dataset];
    const isPlain = isPart || (counted_ && isCut(counted_));
    return { dataset, rows, choice, title: isPlain ? figure.title : titleOf(figure, counted_ ? filtered(counted_, state.chosen) : rows, about) };
  }

  function draw(figure) {
    const { body, heading, folded, kept } = drawn.get(figure);
    drawn.get(figure).isFresh = true;
    if (isHeldBack(figure)) {
      body.replaceChildren(paragraph(page.understood.instead, "warning"));
      return;
    }
    const { dataset, rows, choice, title } = viewOf(figure);
    const parts = choice && choice.labels.size > 1 ? [chooser(figure, choice.labels, choice.now)] : [];
    if (folded) nameFolded(figure, title);
    else heading.textContent = title;
    if (!rows.length) {
      body.replaceChildren(...parts, paragraph("Nothing, with these filters.", "note"));
      return;
    }
    const shown = figure.kind === "chart" ? figure.limit ? rows.slice(0, figure.limit) : rows : [];
    const listed = figure.kind === "naming" ? naming(figure, rows, data.activity_types.rows, about, kept) : table(figure.columns, rows, figure.title, about, { kept });
    // Names that lead to profiles are links, and a picture has none.
    const isLinked = shown.some((row) => profileAddress(columnOf(figure, figure.chart.label) ?? {}, row));
    const host = shown.length ? element("div", { class: "chart", role: isLinked ? "group" : "img", "aria-label": `${title}. The table below has all values.` }) : "";
    body.replaceChildren(paragraph(notFiltered(dataset, state.chosen), "warning"), paragraph(wholeNote(dataset), "warning"), ...parts, host,
      host ? element("details", { class: "values" }, element("summary", {}, "All values as a table"), listed.made) : listed.made,
      element("div", { class: "tools actions" },
        element("button", { type: "button", onclick: () => save(`${figure.id}.csv`, new Blob(["\ufeff", listed.csv()], { type: "text/csv" })) }, "Save as CSV"),
        host ? element("button", { type: "button", onclick: () => savePicture(host.firstChild, title, `${page.title}, ${page.period}`, `${figure.id}.png`) }, "Save as PNG") : "",
        element("a", { href: `#figure-${figure.id}` }, "Link to this figure"),
        element("a", { href: `#definition-${figure.definition}` }, `How it is counted: ${page.definitions[figure.definition].title}`)),
      paragraph(notesOf(figure, dataset, rows), "note"));
    // The place has a width once it is on the page.
    if (host) host.replaceChildren(svgOf(chartOf(figure, shown, about, { width: host.clientWidth, measure: textWidth })));
  }

  // What is folded away states its finding beside its title.
  function nameFolded(figure, title) {
    const { dataset } = figure.counts ?? figure;
    drawn.get(figure).heading.textContent = title === figure.title ? "" : `${title}${unfilteredMark(data[dataset], state.chosen)}`;
  }

  // One after the other, so that the reader need not wait for them. What stands above a place is named at once: it would grow
  // after the page went there.
  let lastRound = 0;
  function nameAllFolded(place) {
    lastRound += 1;
    const round = lastRound;
    const waiting = [...drawn.keys()].filter((figure) => drawn.get(figure).folded && figure.says && !isHeldBack(figure));
    const target = at(place);
    const isAbove = (figure) => drawn.get(figure).folded.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING;
    const name = (figure) => { if (!drawn.get(figure).folded.open) nameFolded(figure, viewOf(figure).title); };
    while (target && waiting.length && isAbove(waiting[0])) name(waiting.shift());
    const next = () => {
      const figure = waiting.shift();
      if (!figure || round !== lastRound) return;
      name(figure);
      setTimeout(next);
    };
    setTimeout(next);
  }

  // A folded figure is drawn when it is opened.
  function drawAll(place) {
    for (const [figure, known_] of drawn) {
      known_.isFresh = false;
      if (!known_.folded || known_.folded.open) draw(figure);
    }
    nameAllFolded(place);
    at("filters").lastChild.hidden = !FILTERS.some((name) => state.chosen[name]);
    const { site, from, to, page: key } = state.chosen;
    const parts = [site && `site ${site}`, from && `from ${dateInWords(from)}`, to && `to ${dateInWords(to)}`, key && `page ${names.get(key) ?? key}`].filter(Boolean);
    const isReversed = from && to && from > to ? " From is later than To, so no day fits." : "";
    at("filtered").textContent = parts.length ? `Below: ${parts.join(", ")}. The numbers above are of everything.${isReversed}` : "";
  }

  function mainFigure(figure) {
    const heading = element("h3", { id: `title-${figure.id}` }, figure.title);
    const body = element("div");
    drawn.set(figure, { body, heading, kept: {} });
    return element("article", { class: "figure", id: `figure-${figure.id}`, "aria-labelledby": `title-${figure.id}` },
      heading, paragraph(figure.subtitle, "subtitle"), body);
  }

  function foldedFigure(figure) {
    const heading = element("span", { class: "finding" });
    const body = element("div");
    const folded = element("details", { class: "figure folded", id: `figure-${figure.id}` },
      element("summary", {}, element("h3", {}, figure.title), " ", heading), paragraph(figure.subtitle, "subtitle"), body);
    drawn.set(figure, { body, heading, folded, kept: {} });
    folded.addEventListener("toggle", () => { if (folded.open && !drawn.get(figure).isFresh) draw(figure); });
    return folded;
  }

  // --- Sections ---

  const sentences = (list) => element("ul", { class: "sentences" }, ...list.map((one) => element("li", {}, one.text)));

  const unknowns = [...page.headline.unknowns, { text: page.understood.consequences }].filter((one) => one.text);

  function section(part) {
    const there = part.figures.filter(hasRows);
    if (!there.length) return null;
    const [first, ...rest] = there;
    return element("section", { id: part.id, "aria-labelledby": `${part.id}-title` },
      element("h2", { id: `${part.id}-title` }, part.title),
      part.unknowns && unknowns.length
        ? element("article", { class: "figure", id: "figure-unknowns" }, element("h3", {}, "What this page does not know"), sentences(unknowns))
        : "",
      mainFigure(first), ...rest.map(foldedFigure));
  }

  function definition([id, one]) {
    const settings = Object.entries(one.settings).map(([name, value]) => element("li", {}, `${page.words.settings[name]}: ${value} (`, element("code", {}, name), ")"));
    return element("details", { class: "figure folded", id: `definition-${id}` }, element("summary", {}, one.title),
      one.is_ours ? paragraph("A definition of this project, not of the platform.", "note") : "",
      paragraph(one.text), paragraph(`Limits: ${one.limits}`),
      settings.length ? element("div", {}, paragraph("Settings, which whoever keeps this page changes in dbt_project.yml:"), element("ul", { class: "sentences" }, ...settings)) : "",
      element("p", {}, "The whole rule: ", element("code", {}, one.source)));
  }

  function missing() {
    const lacking = page.sections.flatMap((part) => (part.figures.some(hasRows)
      ? part.figures.filter((figure) => figure.contents && !hasRows(figure)).map((figure) => figure.contents)
      : [part.contents]));
    const listed = [...new Set(lacking)];
    return listed.length ? `The reports contain none of these: ${listed.join(", ")}.` : "";
  }

  // --- The first screen ---

  function glance() {
    const { figures, findings } = page.headline;
    if (page.understood.instead) return [paragraph(page.understood.instead, "warning")];
    return [
      element("dl", { class: "headline" }, ...figures.map((one) => element("div", {},
        element("dt", {}, element("a", { href: linkTo(one.where) }, one.label)),
        element("dd", { class: "figure-value" }, one.value),
        ...one.context.map((words) => element("dd", {}, words)),
        one.compared ? element("dd", { class: "compared" }, one.compared) : ""))),
      findings.length
        ? element("ul", { class: "findings" }, ...findings.map((one) => element("li", {}, element("a", { href: linkTo(one.where) }, one.text))))
        : "",
    ];
  }

  const linkTo = (where) => (at(`figure-${where}`) ? `#figure-${where}` : "#main");

  // --- Filters ---

  function filters() {
    const form = at("filters");
    const change = (name) => (event) => {
      state.chosen[name] = event.target.value;
      if (name === "site") {
        state.chosen.page = "";
        filters();
        form.querySelector("select").focus();
      }
      keepAddress();
      drawAll();
    };
    const date = (name) => element("input", { type: "date", min: days[0], max: days[days.length - 1], value: state.chosen[name], onchange: change(name) });
    const offered = data.content_names.rows.filter((row) => !state.chosen.site || row.site_id === state.chosen.site);
    form.replaceChildren(
      sites.length > 1
        ? field("Site", element("select", { onchange: change("site") }, option("", "All sites", ""), ...sites.map((site) => option(site, site, state.chosen.site))))
        : "",
      field("From", date("from")),
      field("To", date("to")),
      field("Page", element("select", { onchange: change("page") }, option("", "All pages", ""),
        ...offered.map((row) => option(row.content_key, row.content_name, state.chosen.page)))),
      element("button", {
        type: "button",
        onclick: () => {
          state.chosen = {};
          filters();
          keepAddress();
          drawAll();
        },
      }, "Show everything"));
  }

  // --- The address ---

  // Each choice is a step of its own, so that Back takes it back.
  function keepAddress() {
    const address = writeAddress(state);
    if (address !== (location.hash || "#")) history.pushState(null, "", address);
  }

  // Opens what is folded around a place, and goes there.
  function goTo(place, behavior = "auto") {
    const target = at(place);
    if (!target) return;
    for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
    const figure = [...drawn.keys()].find((key) => `figure-${key.id}` === place);
    if (figure && !drawn.get(figure).isFresh) draw(figure);
    const focused = target.tagName === "DETAILS" ? target.querySelector("summary") : target;
    if (focused === target) target.setAttribute("tabindex", "-1");
    focused.focus({ preventScroll: true });
    target.scrollIntoView({ behavior });
  }

  function showProfile(profile) {
    const view = profile && profiles[profile.name](profile.key, { page, data, about });
    at("profile").hidden = !view;
    document.body.classList.toggle("in-profile", Boolean(view));
    at("profile").replaceChildren(...(view
      ? [element("a", { href: writeAddress({ ...state, profile: null }) }, "Back to the whole page"), element("h2", {}, view.title), view.made]
      : []));
  }

  function arrive() {
    Object.assign(state, readAddress(location.hash));
    showProfile(state.profile);
    filters();
    // Where the address has a place, the browser must not go back to where the reader was before.
    history.scrollRestoration = state.place || state.profile ? "manual" : "auto";
    drawAll(state.place);
    // A page that is drawn on the way would end a smooth scroll before it arrives.
    if (state.place) goTo(state.place, "instant");
    else if (!at("profile").hidden) goTo("profile", "instant");
  }

  // A link of the page keeps the filters.
  function follow(event) {
    const link = event.target.closest?.("a[href^='#']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { place, profile } = readAddress(link.getAttribute("href"));
    history.pushState(null, "", writeAddress({ ...state, place, profile }));
    const isSamePage = !profile && !state.profile;
    Object.assign(state, { place, profile });
    if (isSamePage) {
      history.scrollRestoration = "manual";
      goTo(place);
    }
    else arrive();
  }

  // --- All of it ---

  const offset = offsetsInWords(clock, days);
  const times = clock.zone === "UTC" ? "Times are UTC" : `Times are local: ${clock.zone}${offset && ` (${offset})`}`;
  at("period").textContent = [page.period, times, clock.zone === page.zone ? "" : `this browser does not know ${page.zone}`].filter(Boolean).join(" · ");
  const parts = page.sections.map(section).filter(Boolean);
  at("sections-of-figures").replaceChildren(...parts);
  at("definitions").append(...Object.entries(page.definitions).map(definition));
  at("keeper").append(keeper(page.keeper, { id: "for-the-keeper" }));
  at("missing").textContent = missing();
  at("sections").append(element("ul", {}, ...[...page.sections.filter((part) => part.figures.some(hasRows)), { id: "definitions", title: "How is it counted?" }]
    .map((part) => element("li", {}, element("a", { href: `#${part.id}` }, part.title)))));
  at("glance").append(...glance());
  at("trust").append(...page.trust.map((one) => element("li", {}, element("strong", {}, one.value), " ",
    element("a", { href: `#definition-${one.definition}` }, one.label))),
    ...page.headline.unknowns.filter((one) => one.is_urgent).map((one) => element("li", {}, one.text)));
  at("understood").replaceChildren(page.understood.consequences, " ",
    at("figure-unrecognised") ? element("a", { href: "#figure-unrecognised" }, "See which words have no name yet.") : "");
  if (page.home) at("home").append(element("a", { href: page.home }, "All events"));
  at("notice").textContent = page.notice;
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", follow);
  // Also where the address was written by hand. A hashchange would follow, and draw the page a second time.
  window.addEventListener("popstate", arrive);
  arrive();
  performance.mark("interactive");

  // Charts are as wide as their place was when they were drawn.
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    drawAll();
  });
}

// The data of a large page is packed.
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

function begin(holder) {
  if (holder.type === "application/json") start(JSON.parse(holder.textContent));
  else if (typeof DecompressionStream === "undefined") document.getElementById("period").textContent = "This browser is too old for so large a page. Fix: open it in a newer one.";
  else unpacked(holder.textContent).then(start);
}

if (typeof document !== "undefined") begin(document.getElementById("data"));
