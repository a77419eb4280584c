// --- Words: values as people read them. Times are local, and days are those of the reporting zone already. ---

const NOTHING = "–";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const HALF_HOUR = 1_800_000;

const digits = (most) => new Intl.NumberFormat("en", { minimumFractionDigits: most, maximumFractionDigits: most });
const [whole, tenths] = [digits(0), digits(1)];

const isZone = (zone) => {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
};

// Says the time in a zone, or in UTC if the browser does not know the zone. Where clocks go back, an hour comes twice, and both
// halves carry their offset.
function clockOf(wanted) {
  const zone = isZone(wanted) ? wanted : "UTC";
  const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
  const [day, time] = [format({ day: "numeric", month: "short", year: "numeric" }), format({ hour: "2-digit", minute: "2-digit" })];
  const offset = format({ timeZoneName: "shortOffset" });
  const full = (moment) => `${day.format(moment)}, ${time.format(moment)}`;
  const comesTwice = (moment) => [-2, -1, 1, 2].some((halves) => full(moment + halves * HALF_HOUR) === full(moment));
  const offsetOf = (moment) => offset.formatToParts(moment).find((part) => part.type === "timeZoneName").value.replace("GMT", "UTC");
  const marked = (text, moment) => (comesTwice(moment) ? `${text} (${offsetOf(moment)})` : text);
  return {
    zone,
    offset: offsetOf,
    full: (moment) => marked(full(moment), moment),
    short: (moment) => marked(time.format(moment), moment),
  };
}

function dateInWords(day) {
  const [year, month, number] = day.split("-").map(Number);
  return `${number} ${MONTHS[month - 1]} ${year}`;
}

const FORMATS = {
  number: (value) => whole.format(value),
  decimal: (value) => tenths.format(value),
  hours: (value) => tenths.format(value / 3600),
  minutes: (value) => whole.format(value / 60),
  ratio: (value) => `${whole.format(100 * value)}\u00a0%`,
  movement: (value) => (value > 0 ? `▲ up ${value}` : value < 0 ? `▼ down ${-value}` : "same"),
  time: (value, clock) => clock.full(Date.parse(value)),
  date: dateInWords,
};
const NUMERIC = new Set(["number", "decimal", "hours", "minutes", "ratio", "movement"]);

// A value of a column; `about` has the clock and the lists of words.
function inWords(value, column, about) {
  if (value === null || value === undefined) return NOTHING;
  if (column?.words) return about.words[column.words][value] ?? String(value).replaceAll("_", " ");
  return column?.format ? FORMATS[column.format](value, about.clock) : String(value);
}

// The title of a figure while it has rows: what they show, or its plain title where no row has the most alone or with one other.
function titleOf(figure, rows, about) {
  if (!figure.says || !rows.length) return figure.title;
  if (figure.count_of) {
    const count = rows.filter((row) => fits(row, figure.count_of)).length;
    return worded(figure.says, { count: whole.format(count), rows: whole.format(rows.length) });
  }
  const comparable = figure.minimum
    ? rows.filter((row) => row[figure.minimum.column] >= figure.minimum.value)
    : rows;
  const most = largest(known(comparable, figure.top));
  const leaders = comparable.filter((row) => row[figure.top] === most);
  // One alone is not the most of several.
  const isFirst = figure.first || (leaders.length === 1 && comparable.length > 1);
  const template = isFirst ? figure.says : leaders.length === 2 ? figure.tied : undefined;
  if (!most || !template) return figure.title;
  const words = (row, name) => inWords(row[name], columnOf(figure, name), about);
  const sum = total(known(rows, figure.top));
  const values = { total: whole.format(sum), share: FORMATS.ratio(most / sum) };
  const [first, second] = leaders;
  for (const name of Object.keys(first)) {
    const text = words(first, name);
    values[name] = template === figure.tied && words(second, name) !== text ? `${text} and ${words(second, name)}` : text;
  }
  return worded(template, values);
}

const columnOf = (figure, name) => figure.columns.find((column) => column.column === name);
const worded = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? NOTHING);
