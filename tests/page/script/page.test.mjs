// Unit tests of the page's script, without a browser: node --test. tests/page/test_script.py runs them.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const folder = new URL("../../../page/script/", import.meta.url);
const source = readdirSync(folder).filter((name) => name.endsWith(".js")).sort()
  .map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
const names = [
  "readDataset", "filtered", "notFiltered", "unfilteredMark", "summedUp", "ofEnough", "compare", "ordered", "clockOf", "dateInWords", "inWords", "withRange", "rowsInWords", "plainLetters", "profileAddress", "titleOf", "wrapped", "ticks",
  "bars", "columns", "area", "heat", "lines", "chartOf", "csvOf", "csvCell", "readAddress", "writeAddress", "profiles", "commandOf", "partNote", "wholeNote", "aliasOf", "offsetsInWords", "worded", "countsOf",
];
const made = vm.runInNewContext(`"use strict";${source}\n;({ ${names.join(", ")} })`, { Intl, URL });
// What the other realm makes has prototypes of its own.
const plain = (value) => JSON.parse(JSON.stringify(value));
const same = (found, wanted) => assert.deepEqual(plain(found), wanted);

const canvas = { width: 800, measure: (words) => words.length * 7 };
const narrow = { ...canvas, width: 300 };
const about = { clock: made.clockOf("Europe/Berlin"), words: { kind: { a: "The first" } } };
const all = (tree, tag) => [...(tree[0] === tag ? [tree] : []), ...tree.slice(2).filter(Array.isArray).flatMap((child) => all(child, tag))];
const texts = (tree) => all(tree, "text").map((one) => one[2]);

test("a dataset comes by column, with levels where texts repeat", () => {
  const read = made.readDataset({ total: 2, columns: { who: { levels: ["a", null], codes: [0, 1] }, session_date: ["2026-05-12", "2026-05-13"] } });
  same(read.rows, [{ who: "a", session_date: "2026-05-12" }, { who: null, session_date: "2026-05-13" }]);
  assert.equal(read.date, "session_date");
  same(made.filtered(read, { from: "2026-05-13" }), [{ who: null, session_date: "2026-05-13" }]);
  same(made.filtered(read, { to: "2026-05-12", page: "p" }), [{ who: "a", session_date: "2026-05-12" }]);
  assert.equal(made.notFiltered(read, { to: "2026-05-12", page: "p" }), "This section does not follow the filter of page, because its numbers are of no single page.");
  assert.match(made.notFiltered({ names: new Set() }, { from: "2026-05-13", page: "p" }), /filter of dates and page, because its numbers are of the whole time and are of/);
  assert.equal(made.notFiltered(read, {}), "");
});

test("rows are summed up, and what is unknown stays unknown", () => {
  const rows = [{ g: 1, n: 2, w: 1 }, { g: 1, n: 4, w: 1 }, { g: 2, n: null, w: null }];
  const measures = { sum: { op: "sum", column: "n" }, mean: { op: "mean", column: "n", weight: "w" }, two: { op: "sum", column: "w", only: { n: 2 } }, max: { op: "max", column: "n" } };
  same(made.summedUp(rows, { by: ["g"], measures }), [
    { g: 1, sum: 6, mean: 3, two: 1, max: 4 }, { g: 2, sum: null, mean: null, two: 0, max: null },
  ]);
});

test("a group of too few is left out of a shared page alone", () => {
  const rows = [{ n: 4 }, { n: 5 }, { n: null }];
  same(made.ofEnough(rows, "n", 5), [{ n: 5 }]);
  same(made.ofEnough(rows, "n", 0), rows);
  same(made.ofEnough(rows, undefined, 5), rows);
});

test("a mean over nothing is unknown", () => {
  const [group] = made.summedUp([{ g: 1, n: 0, w: 0 }], { by: ["g"], measures: { mean: { op: "mean", column: "n", weight: "w" } } });
  assert.equal(group.mean, null);
});

test("what is unknown comes last in both directions", () => {
  for (const place of ["ascending", "descending"]) {
    assert.equal(made.ordered([{ n: null }, { n: 1 }, { n: 10 }, { n: 9 }], { [place]: "n" })[3].n, null);
  }
  assert.ok(made.compare("Room 9", "Room 10", 1) < 0);
});

test("times are local, and both halves of the hour that comes twice carry their offset", () => {
  const { full, offset } = made.clockOf("Europe/Berlin");
  const at = (moment) => full(Date.parse(moment));
  assert.equal(at("2026-05-12T08:58:17Z"), "12 May 2026, 10:58");
  assert.equal(at("2026-10-24T23:59:00Z"), "25 Oct 2026, 01:59");
  assert.equal(at("2026-10-25T00:30:00Z"), "25 Oct 2026, 02:30 (UTC+2)");
  assert.equal(at("2026-10-25T01:30:00Z"), "25 Oct 2026, 02:30 (UTC+1)");
  assert.equal(at("2026-10-25T02:00:00Z"), "25 Oct 2026, 03:00");
  assert.equal(at("2026-03-29T00:59:00Z"), "29 Mar 2026, 01:59");
  assert.equal(at("2026-03-29T01:00:00Z"), "29 Mar 2026, 03:00");
  assert.equal(offset(Date.parse("2026-07-01T12:00:00Z")), "UTC+2");
  // Half an hour comes twice there.
  assert.equal(made.clockOf("Australia/Lord_Howe").full(Date.parse("2026-04-04T14:45:00Z")), "5 Apr 2026, 01:45 (UTC+11)");
  assert.equal(made.clockOf("Mars/Olympus").zone, "UTC");
  assert.equal(made.clockOf("UTC").full(Date.parse("2026-10-25T01:30:00Z")), "25 Oct 2026, 01:30");
});

test("the offset of the zone is said with the day of its change", () => {
  const { clock } = about;
  assert.equal(made.offsetsInWords(clock, ["2026-10-20", "2026-10-23"]), "UTC+2");
  assert.equal(made.offsetsInWords(clock, ["2026-10-20", "2026-10-28"]), "UTC+2, from 25 Oct 2026 UTC+1");
  assert.equal(made.offsetsInWords(clock, ["2026-03-01", "2026-12-01"]), "UTC+1 or UTC+2, by the day");
  assert.equal(made.offsetsInWords(clock, []), "");
});

test("one is no people", () => {
  const template = "{n} {n:person was|people were} there";
  assert.equal(made.worded(template, { n: "1" }, { n: 1 }), "1 person was there");
  assert.equal(made.worded(template, { n: "0" }, { n: 0 }), "0 people were there");
  assert.equal(made.worded(template, { n: "1,000" }, { n: 1000 }), "1,000 people were there");
  const counts = made.countsOf({ column: "e", weight: "n" }, [{ e: "yes", n: 1200 }, { e: "no", n: 1 }, { e: "yes", n: 1 }]);
  assert.equal(made.worded("{yes} yes, {maybe} perhaps, {no} {no:person|people} not, of {rows}", ...counts), "1,201 yes, 0 perhaps, 1 person not, of 1,202");
  const columns = [{ column: "d", format: "date" }, { column: "n", format: "number" }];
  const charted = { columns, chart: { type: "columns", x: "d", y: "n", unit: ["person", "people"] } };
  assert.ok(texts(made.chartOf(charted, [{ d: "2026-05-12", n: 1 }], about, canvas)).includes("1 person"));
});

test("values stand in words", () => {
  const words = (value, column) => made.inWords(value, column, about);
  assert.equal(words(null, { format: "number" }), "–");
  assert.equal(words(5400, { format: "hours" }), "1.5");
  assert.equal(words(90, { format: "minutes" }), "2");
  assert.equal(words(0.625, { format: "ratio" }), "63\u00a0%");
  assert.equal(words(-2, { format: "movement" }), "▼ down 2");
  assert.equal(words("2026-05-02", { format: "date" }), "2 May 2026");
  assert.equal(words("a", { words: "kind" }), "The first");
  assert.equal(words("new_word", { words: "kind" }), "new word");
});

test("a number of people has its range, unless all of it is proven", () => {
  const column = { column: "n", low: "a", high: "b", format: "number" };
  const words = (row) => made.withRange(row, column, about);
  assert.equal(words({ n: 1043, a: 36, b: 1100 }), "1,043 (36 to 1,100)");
  assert.equal(words({ n: 19, a: 19, b: 19 }), "19 (all proven)");
  assert.equal(words({ n: 0, a: 0, b: 0 }), "0");
  assert.equal(words({ n: 0, a: 0, b: 2 }), "0 (0 to 2)");
  assert.equal(words({ n: null, a: null, b: null }), "–");
  assert.equal(words({ n: 3, a: null, b: null }), "3");
  assert.equal(made.csvOf([{ ...column, label: "Attended" }], [{ n: 43, a: 36, b: 44 }], about), "Attended,\"Attended, proven\",\"Attended, possible\"\r\n43,36,44\r\n");
});

test("each stay is shown, and which has no record of leaving", () => {
  const stays = (text) => made.inWords(text, { format: "stays" }, about);
  assert.equal(stays("1778576760 0-660 1080-"), "11:06 to 11:17; back at 11:24, no Left");
  assert.equal(stays("1778576760 0-"), "11:06, no Left");
  assert.equal(stays("1778576760 -60 120-180 +2"), "no Joined, left at 11:07; back from 11:08 to 11:09; 2 more");
});

test("a search forgets accents, and says how many fit and how many are shown", () => {
  assert.equal(made.plainLetters("Karaköse"), "karakose");
  assert.equal(made.plainLetters("Søren ÞÓR Straße Łódź ÆON İzmir ılık"), "soren thor strasse lodz aeon izmir ilik");
  assert.equal(made.plainLetters("ﬁn Ａda 会议"), "fin ada 会议");
  assert.equal(made.rowsInWords(15, 324, 324, false), "15 of 324 rows");
  assert.equal(made.rowsInWords(15, 40, 324, true), "40 of 324 rows fit; 15 are shown");
  assert.equal(made.rowsInWords(1, 1, 324, true), "1 of 324 rows fits");
  assert.equal(made.rowsInWords(0, 0, 324, true), "0 of 324 rows fit");
});

const figure = {
  title: "Plain", says: "{name} drew {n} of {total} ({share})", tied: "{name} drew {n} each", top: "n",
  columns: [{ column: "name" }, { column: "n", format: "number" }],
};

test("a title states what its rows show, and names nobody among many", () => {
  const title = (...rows) => made.titleOf(figure, rows, about);
  assert.equal(title({ name: "A", n: 3000 }, { name: "B", n: 1000 }), "A drew 3,000 of 4,000 (75\u00a0%)");
  assert.equal(title({ name: "A", n: 3 }, { name: "B", n: 3 }, { name: "C", n: 2 }), "A and B drew 3 each");
  assert.equal(title({ name: "A", n: 3 }, { name: "B", n: 3 }, { name: "C", n: 3 }), "Plain");
  assert.equal(title({ name: "A", n: 0 }), "Plain");
  assert.equal(title({ name: "A", n: null }), "Plain");
  assert.equal(title(), "Plain");
  assert.equal(title({ name: "{n} & <b>", n: 1 }, { name: "B", n: 0 }), "{n} & <b> drew 1 of 1 (100\u00a0%)");
  assert.equal(title({ name: "A", n: 3 }), "Plain", "one alone is not the most");
  assert.equal(made.titleOf({ ...figure, first: true }, [{ name: "A", n: 3 }], about), "A drew 3 of 3 (100\u00a0%)");
  const fiveOrMore = { ...figure, minimum: { column: "n", value: 5 } };
  assert.equal(made.titleOf(fiveOrMore, [{ name: "A", n: 4 }], about), "Plain");
});

test("a text is wrapped and never cut off", () => {
  same(made.wrapped("Night Ferry: The Pacific Session", 100, canvas.measure), ["Night Ferry:", "The Pacific", "Session"]);
  const long = "x".repeat(100);
  const lines = made.wrapped(`a ${long} b`, 70, canvas.measure);
  assert.equal(lines.join("").replaceAll(" ", ""), `a${long}b`);
  assert.ok(lines.every((line) => canvas.measure(line) <= 70));
});

test("an axis has round numbers up to the most", () => {
  same(made.ticks(40), [0, 10, 20, 30, 40]);
  same(made.ticks(43), [0, 20, 40, 60]);
  same(made.ticks(1), [0, 1]);
  same(made.ticks(0), [0]);
});

test("bars are as long as their values, in both layouts", () => {
  const rows = [{ label: "Long", note: "", parts: [{ value: 30, colour: 1 }, { value: 10, colour: 2 }], marker: 20, value: "40" },
    { label: "Short", note: "12 May", parts: [{ value: 10, colour: 1 }, { value: 0, colour: 2 }], marker: null, value: "10" }];
  for (const one of [canvas, narrow]) {
    const [first, second, third] = all(made.bars(rows, [], one), "rect").map((rect) => rect[1]);
    assert.ok(Math.abs(first.width - 3 * second.width) < 1e-6 && Math.abs(third.width - second.width) < 1e-6);
    assert.ok(first.x + first.width + second.width < one.width);
    same(texts(made.bars(rows, [], one)), ["Long", "40", "Short", "12 May", "10"]);
  }
  assert.ok(made.bars([{ label: "None", parts: [{ value: 0, colour: 1 }], value: "0" }], [], canvas)[1].height > 0);
});

test("the label of a bar leads to a profile, and its value stays at its end", () => {
  const linked = {
    columns: [{ column: "name", profile: "session", key: "k" }, { column: "n", format: "number" }],
    chart: { type: "bars", label: "name", stack: [{ column: "n", label: "n", colour: 1 }], value: "n", marker: { column: "p", label: "planned to come", note: "planned" } },
  };
  const rows = [{ name: "A", k: "s:1&2", n: 10, p: 100 }, { name: "B", k: null, n: 90, p: 91 }];
  made.profiles.session = () => ({});
  const tree = made.chartOf(linked, rows, about, canvas);
  delete made.profiles.session;
  same(all(tree, "a").map((one) => one[1].href), ["#session=s%3A1%262"]);
  same(texts(all(tree, "a")[0]), ["A", "100 planned"]);
  const at = (words) => all(tree, "text").find((one) => one[2] === words)[1].x;
  const marks = all(tree, "line").filter((one) => one[1].class === "marker").slice(-2).map((one) => one[1].x1);
  assert.ok(at("10") < marks[0], "there is room before the mark");
  assert.ok(at("90") > marks[1], "there is none, so it stands behind");
});

test("people over time have a band from proven to possible", () => {
  const figure_ = { columns: [], chart: { type: "area", x: "m", y: "n", low: "a", high: "b", unit: ["person", "people"] } };
  const drawn_ = (row) => made.chartOf(figure_, [{ m: "2026-05-12T09:00:00Z", ...row }], about, canvas);
  same(all(drawn_({ n: 3, a: 1, b: 5 }), "path").map((one) => one[1].class), ["area colour-light", "area solid colour-1", "likely"]);
  same(all(drawn_({ n: 3 }), "path").map((one) => one[1].class), ["area colour-1"]);
  assert.ok(texts(drawn_({ n: 3, a: 1, b: 50 })).includes("60"), "the axis reaches what is possible");
});

test("a range goes from proven to possible, with a mark at likely", () => {
  const range = {
    columns: [{ column: "likely", low: "low", high: "high", format: "hours" }],
    chart: { type: "range", label: "name", low: "low", middle: "likely", high: "high" },
  };
  const tree = made.chartOf(range, [{ name: "A", low: 3600, likely: 5400, high: 7200 }], about, canvas);
  const [proven, possible] = all(tree, "rect").filter((rect) => rect[1].class.startsWith("bar")).map((rect) => rect[1]);
  const mark = all(tree, "line").pop()[1];
  assert.ok(Math.abs(possible.x - proven.x - proven.width) < 1e-6);
  assert.ok(Math.abs(mark.x1 - (possible.x + possible.width / 2)) < 1e-6);
  assert.ok(texts(tree).includes("1.5 (1.0 to 2.0)"));
});

test("days without a value leave their place empty", () => {
  const tree = made.columns([{ day: "2026-05-12", value: 5 }, { day: "2026-05-16", value: 10 }], String, canvas);
  const [first, last] = all(tree, "rect").map((rect) => rect[1]);
  assert.ok(last.x - first.x > 3.5 * first.width);
  assert.ok(Math.abs(last.height - 2 * first.height) < 1e-6);
  assert.ok(texts(tree).includes("12 May 2026") && texts(tree).includes("10"));
});

test("minutes over a change of the clocks keep their order, and their labels are local", () => {
  const points = Array.from({ length: 180 }, (_, minute) => ({ moment: Date.parse("2026-10-25T00:00:00Z") + minute * 60_000, value: minute }));
  const written = texts(made.area(points, String, about.clock, canvas));
  assert.ok(written.includes("02:00 (UTC+2)") && written.includes("02:00 (UTC+1)"), written.join());
});

test("labels of lines lie apart, and on a phone below", () => {
  const series = Array.from({ length: 10 }, (_, place) => ({ name: `Person ${place}`, points: [{ day: "2026-05-12", value: 1 }, { day: "2026-05-13", value: 100 }] }));
  const ends = all(made.lines(series, canvas), "text").filter((one) => String(one[2]).startsWith("Person")).map((one) => one[1].y).sort((a, b) => a - b);
  assert.equal(ends.length, 10);
  assert.ok(ends.every((y, place) => !place || y - ends[place - 1] >= 15));
  assert.ok(made.lines(series, narrow)[1].height > 400);
});

test("a cell of a CSV cannot run as a formula and keeps numbers", () => {
  const columns = [{ column: "name", label: "Name, whole" }, { column: "s", label: "Hours", format: "hours" }, { column: "d", label: "Day", format: "date" }];
  assert.equal(made.csvOf(columns, [{ name: "=1+1", s: 5400, d: "2026-05-12" }, { name: 'a "b", c', s: null, d: null }], about),
    '"Name, whole",Hours,Day\r\n\'=1+1,1.5,12 May 2026\r\n"a ""b"", c",,\r\n');
  for (const nasty of ["+1", "-1", "@x", " =1", "＝1", "\t=1", "\ufeff=1", '"=1', "\u3000﹫x"]) assert.match(made.csvCell(nasty), /^"?'/);
  // Where the spreadsheet splits at semicolons.
  assert.equal(made.csvCell("a;=1+1"), "\"a;'=1+1\"");
  assert.equal(made.csvCell('a;"=1+1"'), '"a;\'""=1+1"""');
  assert.equal(made.csvCell(-1), "-1");
});

test("an address is read as it was written", () => {
  const state = { place: "figure-hours", chosen: { from: "2026-05-12", page: "a:4&1" }, choices: { concurrency: "k=1" }, profile: null };
  same(made.readAddress(made.writeAddress(state)), plain(state));
  same(made.readAddress(""), { place: "", chosen: {}, choices: {}, profile: null });
  assert.equal(made.readAddress("#figure-x&page=%E0%A4%A").chosen.page, "%E0%A4%A");
  assert.equal(made.readAddress("#constructor=x").profile, null);
  same(made.readAddress("#from=soon&to=2026-05-12").chosen, { from: "", to: "2026-05-12" });
});

test("a command takes a key as a shell would, and a dataset that was cut off says so", () => {
  assert.equal(made.commandOf("make show SESSION={key}", "a:4101"), "make show SESSION=a:4101");
  assert.equal(made.commandOf("make evidence USER_ID={id}", "a:b:7"), "make evidence USER_ID=b:7");
  assert.equal(made.commandOf("make show CONTEST={key}", "Bo's $(rm) $&"), "make show CONTEST='Bo'\\''s $(rm) $&'");
  assert.equal(made.partNote({ total: 2, count: 2 }), "");
  assert.match(made.partNote({ total: 3, count: 2 }), /first 2 of 3 rows/);
  assert.equal(made.wholeNote({ is_whole: false }), "");
  assert.match(made.wholeNote({ is_whole: true }), /whole site and not this event/);
  assert.match(made.wholeNote({ is_whole: false, is_of_all_days: true }), /all days of these pages and not those of this event/);
});

test("a profile has an address of its own once it is added", () => {
  assert.equal(made.readAddress("#session=a%3A1").profile, null);
  made.profiles.session = () => ({});
  same(made.readAddress("#session=a%3A1&from=2026-05-12"), { place: "", chosen: { from: "2026-05-12" }, choices: {}, profile: { name: "session", key: "a:1" } });
  assert.equal(made.writeAddress({ place: "x", chosen: {}, choices: {}, profile: { name: "session", key: "a:1" } }), "#session=a%3A1");
});

test("a suggested alias takes the chosen type into its blank place", () => {
  assert.equal(made.aliasOf({ suggested_alias: 'sample,"Q,any,,&A","Ask",any,,50,,' }, "qa"), 'sample,"Q,any,,&A","Ask",any,qa,50,,');
});

test("a title says the minimum of what it compares, and a finding which filters it does not follow", () => {
  const figure = { title: "T", says: "Of those with at least {least}, {name} was best", top: "stars", minimum: { column: "count", value: 3 }, columns: [] };
  const rows = [{ name: "One", stars: 5, count: 1 }, { name: "Three", stars: 4.3, count: 3 }, { name: "Four", stars: 4, count: 4 }];
  assert.equal(made.titleOf(figure, rows, about), "Of those with at least 3, Three was best");
  const chosen = { from: "2026-05-12", page: "p" };
  assert.equal(made.unfilteredMark({ names: new Set() }, chosen), " (not filtered by dates and page)");
  assert.equal(made.unfilteredMark({ names: new Set(["content_key"]), date: "held_date" }, chosen), "");
  assert.equal(made.unfilteredMark({ names: new Set() }, {}), "");
});
