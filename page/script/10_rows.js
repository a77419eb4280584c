// --- Rows: what the page carries, filtered, summed up and put in order. ---

const decoded = (column) => (Array.isArray(column) ? column : column.codes.map((code) => column.levels[code]));

// The rows of a dataset, which comes by column; `date` is the column that the dates filter. Rows are made when they are asked for.
function readDataset(dataset) {
  const names = Object.keys(dataset.columns);
  const columns = names.map((name) => dataset.columns[name]);
  const count = columns.length ? (columns[0].codes ?? columns[0]).length : 0;
  let rows = null;
  const made = () => {
    const values = columns.map(decoded);
    return Array.from({ length: count }, (_, row) => Object.fromEntries(names.map((name, place) => [name, values[place][row]])));
  };
  return {
    ...dataset,
    names: new Set(names),
    date: names.find((name) => name.endsWith("_date")),
    count,
    get rows() {
      rows ??= made();
      return rows;
    },
  };
}

const fits = (row, wanted) => Object.entries(wanted ?? {}).every(([name, value]) => row[name] === value);

function filtered(dataset, chosen) {
  return dataset.rows.filter((row) =>
    (!chosen.site || !dataset.names.has("site_id") || row.site_id === chosen.site)
    && (!chosen.page || !dataset.names.has("content_key") || row.content_key === chosen.page)
    && (!chosen.from || !dataset.date || row[dataset.date] >= chosen.from)
    && (!chosen.to || !dataset.date || row[dataset.date] <= chosen.to));
}

// A short mark of a finding that does not follow all filters.
function unfilteredMark(dataset, chosen) {
  const lacking = [(chosen.from || chosen.to) && !dataset.date && "dates", chosen.page && !dataset.names.has("content_key") && "page"].filter(Boolean);
  return lacking.length ? ` (not filtered by ${lacking.join(" and ")})` : "";
}

// Says which filters are set that a dataset has no column for, and why.
function notFiltered(dataset, chosen) {
  const [filters, reasons] = [[], []];
  const isNot = (filter, reason) => { filters.push(filter); reasons.push(reason); };
  if ((chosen.from || chosen.to) && !dataset.date) isNot("dates", "are of the whole time");
  if (chosen.page && !dataset.names.has("content_key")) isNot("page", "are of no single page");
  if (!filters.length) return "";
  return `This section does not follow the filter of ${filters.join(" and ")}, because its numbers ${reasons.join(" and ")}.`;
}

const known = (rows, column) => rows.map((row) => row[column]).filter((value) => value !== null && value !== undefined);
const total = (values) => values.reduce((sum, value) => sum + value, 0);
const largest = (values) => values.reduce((most, value) => (most === null || value > most ? value : most), null);

const OPERATIONS = {
  sum: (rows, measure) => {
    const values = known(rows.filter((row) => fits(row, measure.only)), measure.column);
    return values.length || measure.only ? total(values) : null;
  },
  max: (rows, measure) => largest(known(rows, measure.column)),
  // The mean of a sum over its weight.
  mean: (rows, measure) => {
    const weight = total(known(rows, measure.weight));
    return weight ? total(known(rows, measure.column)) / weight : null;
  },
};

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
    for (const [name, measure] of Object.entries(figure.measures)) group[name] = OPERATIONS[measure.op](members, measure);
    return group;
  });
}

// In a shared copy, rows of fewer people than its least number are left out. `people` is the column that counts them.
const ofEnough = (rows, people, fewest) => (people && fewest ? rows.filter((row) => row[people] >= fewest) : rows);

// Unknown values come last, in both directions.
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
