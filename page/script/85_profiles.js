// --- Profiles: each is data of page/profiles.yml, and shows what this page has of one session, person, booth, company or contest. ---

// Whether a dataset was cut off, in words.
function partNote(dataset) {
  if (dataset.total <= dataset.count) return "";
  return `This page has the first ${whole.format(dataset.count)} of ${counted(dataset.total, "row", "rows")}, so some may be missing here.`;
}

// What a dataset of an event's page counts beyond the event, in words.
function wholeNote(dataset) {
  if (dataset.is_whole) return "This counts the whole site and not this event alone, because its numbers are of no days and pages.";
  return dataset.is_of_all_days ? "This counts all days of these pages and not those of this event alone, because its numbers are of no days." : "";
}

// Pairs of a wish and the command that fulfils it. Readers of the page have no use for them.
const KEEPER = "For whoever keeps this page";
const keeper = (pairs, attributes = {}) => element("details", { class: "figure folded", ...attributes }, element("summary", {}, KEEPER),
  element("dl", { class: "keeper" }, ...pairs.map(([wish, command]) => element("div", {}, element("dt", {}, wish), element("dd", {}, element("code", {}, command))))));

// A command takes a key as a shell would: nothing in it is run.
function commandOf(template, key) {
  const quoted = (value) => (/^[\w:.@-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`);
  return template.replaceAll("{key}", () => quoted(key)).replaceAll("{id}", () => quoted(key.slice(key.indexOf(":") + 1)));
}

function profilePart(part, rows, dataset, about) {
  const host = part.chart && rows.length ? element("div", { class: "chart", role: "img", "aria-label": `${part.title}. The table below has all values.` }) : "";
  const listed = table(part.columns, rows, part.title, about);
  // The place has a width once it is on the page.
  if (host) {
    requestAnimationFrame(() => host.replaceChildren(
      svgOf(chartOf(part, rows, about, { width: host.clientWidth, measure: textWidth }))));
  }
  return element("article", { class: "figure" }, element("h3", {}, part.title), host,
    host ? element("details", { class: "values" }, element("summary", {}, "All values as a table"), listed.made) : listed.made,
    paragraph([part.note, wholeNote(dataset), partNote(dataset)].filter(Boolean).join(" "), "note"));
}

// The profiles of a page by their names, each a function of the key.
function profilesOf(definitions) {
  return Object.fromEntries(Object.entries(definitions).map(([name, profile]) => [name, (key, { page, data, about }) => {
    const found = data[profile.dataset].rows.find((row) => row[profile.key] === key);
    const commands = keeper(Object.entries(profile.keeper).map(([wish, command]) => [wish, commandOf(command, key)]));
    if (!found) {
      const lacking = paragraph([`This page has no profile of a ${name} with the key “${key}”.`, partNote(data[profile.dataset])].filter(Boolean).join(" "));
      return { title: "Not on this page", made: element("div", { class: "profile" }, lacking, partNote(data[profile.dataset]) ? commands : "") };
    }
    // A fact without a value is left out.
    const facts = (profile.facts ?? []).filter((fact) => (found[fact.column] ?? null) !== null).map((fact) =>
      element("div", {}, element("dt", {}, fact.label), element("dd", {}, withRange(found, fact, about))));
    const parts = profile.parts.map((part) => [part, data[part.dataset].rows.filter((row) =>
      row[part.by] === found[part.by] && row[part.by] !== null && (!found.site_id || !row.site_id || row.site_id === found.site_id))])
      .map(([part, rows]) => [part, ofEnough([{ of: total(known(rows, part.people)) }], part.people && "of", page.fewest).length ? rows : []])
      .filter(([part, rows]) => rows.length || data[part.dataset].total > data[part.dataset].count);
    return {
      title: inWords(found[profile.title], {}, about),
      made: element("div", { class: "profile" }, facts.length ? element("dl", { class: "facts" }, ...facts) : "",
        facts.length ? paragraph(wholeNote(data[profile.dataset]), "note") : "",
        ...parts.map(([part, rows]) => (part.needs_understanding && page.understood.instead
          ? paragraph(page.understood.instead, "warning")
          : profilePart(part, rows, data[part.dataset], about))),
        facts.length ? paragraph("Numbers in brackets go from what the records prove to what they allow.", "note") : "", commands),
    };
  }]));
}
