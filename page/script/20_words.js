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

// The offset of a zone on these days. A clock change between them gives two, and then the day of the change is said.
function offsetsInWords(clock, days) {
  if (!days.length) return "";
  const changes = [];
  for (let moment = Date.parse(`${days[0]}T12:00:00Z`); moment <= Date.parse(`${days[days.length - 1]}T12:00:00Z`); moment += 86_400_000) {
    const offset = clock.offset(moment);
    if (changes[changes.length - 1]?.offset !== offset) changes.push({ offset, day: new Date(moment).toISOString().slice(0, 10) });
  }
  const [first, second] = changes;
  if (changes.length > 2) return [...new Set(changes.map((one) => one.offset))].join(" or ").concat(", by the day");
  return second ? `${first.offset}, from ${dateInWords(second.day)} ${second.offset}` : first.offset;
}

// Each stay of a person, from "1778576760 0-660 1080- +2": a moment, and seconds after it. A stay without an end has no Left, one
// without a beginning has no Joined, and the last number counts those that are not listed.
function staysInWords(value, clock) {
  const [first, ...stays] = value.split(" ");
  const at = (seconds) => clock.short((Number(first) + Number(seconds)) * 1000);
  return stays.map((stay, place) => {
    if (stay.startsWith("+")) return `${stay.slice(1)} more`;
    const [from, to] = stay.split("-");
    if (!from) return `no Joined, left at ${at(to)}`;
    return to ? `${place ? "back from " : ""}${at(from)} to ${at(to)}` : `${place ? "back at " : ""}${at(from)}, no Left`;
  }).join("; ");
}

const FORMATS = {
  number: (value) => whole.format(value),
  decimal: (value) => tenths.format(value),
  hours: (value) => tenths.format(value / 3600),
  minutes: (value) => whole.format(value / 60),
  ratio: (value) => `${whole.format(100 * value)}\u00a0%`,
  movement: (value) => (value > 0 ? `▲ up ${value}` : value < 0 ? `▼ down ${-value}` : "same"),
  time: (value, clock) => clock.full(Date.parse(value)),
  clock: (value, clock) => clock.short(Date.parse(value)),
  date: dateInWords,
  stays: staysInWords,
};
const NUMERIC = new Set(["number", "decimal", "hours", "minutes", "ratio", "movement"]);

// A value of a column; `about` has the clock and the lists of words.
function inWords(value, column, about) {
  if (value === null || value === undefined) return NOTHING;
  if (column?.words) return about.words[column.words][value] ?? String(value).replaceAll("_", " ");
  return column?.format ? FORMATS[column.format](value, about.clock) : String(value);
}

// A value with its range, from what the log proves to what it allows, where the column has one.
function withRange(row, column, about) {
  const words = inWords(row[column.column], column, about);
  const [low, high] = [column.low, column.high].map((name) => inWords(row[name], column, about));
  if (!column.low || low === NOTHING) return words;
  if (low !== high) return `${words} (${low} to ${high})`;
  return row[column.column] ? `${words} (all proven)` : words;
}

// The title of a figure while it has rows: what they show, or its plain title where no row has the most alone or with one other.
function titleOf(figure, rows, about) {
  if (!figure.says || !rows.length) return figure.title;
  if (figure.counts) return worded(figure.says, ...countsOf(figure.counts, rows));
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
  const values = { total: whole.format(sum), share: FORMATS.ratio(most / sum), least: whole.format(figure.minimum?.value ?? 0) };
  const [first, second] = leaders;
  for (const name of Object.keys(first)) {
    const text = words(first, name);
    values[name] = template === figure.tied && words(second, name) !== text ? `${text} and ${words(second, name)}` : text;
  }
  return worded(template, values, { ...first, total: sum });
}

// The number of rows, or the sum of their weights, by the values of a column: as words and as numbers.
function countsOf({ column, weight }, rows) {
  const numbers = { rows: 0 };
  for (const row of rows) {
    const count = weight ? row[weight] : 1;
    numbers[row[column]] = (numbers[row[column]] ?? 0) + count;
    numbers.rows += count;
  }
  const some = new Proxy(numbers, { get: (known_, name) => known_[name] ?? 0 });
  return [new Proxy(numbers, { get: (_, name) => whole.format(some[name]) }), some];
}

// The ends of a range have the format of the number between them.
const columnOf = (figure, name) => figure.columns.find((column) => [column.column, column.low, column.high].includes(name));
// A text with its values; {count:person|people} is the word for that number.
function worded(template, values, numbers) {
  return template.replace(/\{(\w+)(?::([^{}|]+)\|([^{}|]+))?\}/g, (_, name, one, more) => (one ? oneOrMore(numbers[name], one, more) : values[name] ?? NOTHING));
}
const oneOrMore = (count, one, more) => (count === 1 ? one : more);
const counted = (count, one, more) => `${whole.format(count)} ${oneOrMore(count, one, more)}`;
