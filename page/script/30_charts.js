// --- Charts: each is a tree of SVG elements, [tag, attributes, ...children], made for a width. ---
// `canvas` has the width in pixels and `measure`, which says how wide a text is. Colours are classes, so that the page's style
// sheet decides on them in light, dark and print.

const LINE = 17;
const BAR = 16;

// The lines of a text that fit into a width. A word that is wider alone is broken, and nothing is cut off.
function wrapped(text, width, measure) {
  const lines = [];
  let line = "";
  for (const word of String(text).split(/\s+/).filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word;
    if (measure(longer) <= width) {
      line = longer;
      continue;
    }
    if (line) lines.push(line);
    line = word;
    while (measure(line) > width && line.length > 1) {
      let fitting = line.length - 1;
      while (fitting > 1 && measure(line.slice(0, fitting)) > width) fitting -= 1;
      lines.push(line.slice(0, fitting));
      line = line.slice(fitting);
    }
  }
  return line ? [...lines, line] : lines;
}

// Round numbers from 0 to at least the most, about so many.
function ticks(most, count = 4) {
  const raw = Math.max(most, 1) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= raw));
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 || 1 }, (_, place) => place * step);
}

// The key of what is a range, in bars and over time.
const rangeKey = (marker) => [
  { colour: 1, label: "proven by records" }, { colour: "light", label: "possible at most" }, { ...marker, label: "likely, our best estimate" },
];

const text = (x, y, words, attributes = {}) => ["text", { x, y, ...attributes }, words];
const drawing = (width, height, children) => ["svg", { width, height, viewBox: `0 0 ${width} ${height}` }, ...children];

// The key of the colours, above a chart; returns its elements and its height.
function legend(entries, canvas) {
  const parts = [];
  let [x, y] = [0, 12];
  for (const entry of entries) {
    const needed = 18 + canvas.measure(entry.label) + 18;
    if (x > 0 && x + needed > canvas.width) [x, y] = [0, y + 20];
    if (entry.isMarker) parts.push(["line", { x1: x + 6, x2: x + 6, y1: y - 11, y2: y + 3, class: "marker" }]);
    else if (entry.isLine) parts.push(["line", { x1: x - 1, x2: x + 13, y1: y - 4, y2: y - 4, class: "likely" }]);
    else parts.push(["rect", { x, y: y - 10, width: 12, height: 12, rx: 2, class: `colour-${entry.colour}` }]);
    parts.push(text(x + 18, y, entry.label, { class: "soft" }));
    x += needed;
  }
  return { parts, height: entries.length ? y + 14 : 0 };
}

// Horizontal bars. Each row: label, note, parts ({value, colour}), marker (or null), what is written at the end, and where its
// label leads, if anywhere.
// On a narrow canvas the label stands above its bar.
function bars(rows, key, canvas) {
  const isWide = canvas.width >= 560;
  const room = isWide ? Math.min(300, canvas.width * 0.36) : canvas.width;
  const head = legend(key, canvas);
  const most = Math.max(...rows.map((row) => Math.max(total(row.parts.map((part) => part.value)), row.marker ?? 0)), 0) || 1;
  const end = Math.max(...rows.map((row) => canvas.measure(row.value, true))) + 12;
  const left = isWide ? room : 0;
  const scale = Math.max(canvas.width - left - end, 40) / most;
  const parts = [...head.parts];
  let y = head.height + 4;
  for (const row of rows) {
    const lines = wrapped(row.label, room - 12, canvas.measure);
    const texts = [...lines.map((line) => [line, ""]), ...wrapped(row.note ?? "", room - 12, canvas.measure).map((line) => [line, "soft small"])];
    const height = texts.length * LINE;
    const middle = isWide ? y + Math.max(height, BAR + 6) / 2 : y + height + BAR / 2 + 5;
    const top = isWide ? middle - height / 2 : y;
    const written = texts.map(([line, kind], place) =>
      text(isWide ? room - 12 : 0, top + place * LINE + 13, line, { class: kind, "text-anchor": isWide ? "end" : "start" }));
    parts.push(...(row.href ? [["a", { href: row.href }, ...written]] : written));
    let x = left;
    for (const part of row.parts) {
      if (part.value > 0) {
        parts.push(["rect", { x, y: middle - BAR / 2, width: Math.max(part.value * scale, 1), height: BAR, class: `bar colour-${part.colour}` }]);
        x += part.value * scale;
      }
    }
    if (row.marker !== null && row.marker !== undefined) {
      const at = left + row.marker * scale;
      parts.push(["line", { x1: at, x2: at, y1: middle - BAR / 2 - 4, y2: middle + BAR / 2 + 4, class: "marker" }]);
      // The value is at the end of its bar, or behind the mark where there is no room between.
      if (at >= x - 2 && at < x + canvas.measure(row.value, true) + 16) x = at;
    }
    parts.push(text(x + 8, middle + 4.5, row.value, { class: "value" }));
    y = (isWide ? y + Math.max(height, BAR + 6) : middle + BAR / 2 + 4) + 10;
  }
  return drawing(canvas.width, Math.ceil(y), parts);
}

// The frame of a chart over time: lines at round numbers, their values, and labels below. `place` and `rise` give pixels.
function frame(most, labels, canvas, height) {
  const numbers = ticks(most);
  const left = Math.max(...numbers.map((number) => canvas.measure(whole.format(number)))) + 12;
  const [top, bottom, right] = [26, height - 24, canvas.width - 12];
  const rise = (value) => bottom - (value / numbers[numbers.length - 1]) * (bottom - top);
  const parts = numbers.flatMap((number) => [
    ["line", { x1: left, x2: right, y1: rise(number), y2: rise(number), class: number ? "grid" : "base" }],
    text(left - 8, rise(number) + 4, whole.format(number), { class: "soft small", "text-anchor": "end" }),
  ]);
  const place = (share) => left + share * (right - left);
  let free = -Infinity;
  for (const label of labels) {
    const half = canvas.measure(label.text) / 2;
    const x = Math.min(Math.max(place(label.share), half), canvas.width - half);
    if (x - half < free) continue;
    free = x + half + 14;
    parts.push(text(x, height - 6, label.text, { class: "soft small", "text-anchor": "middle" }));
  }
  return { parts, place, rise, bottom, left, right };
}

// A label at a point, kept inside the canvas.
function pointLabel(x, y, words, canvas) {
  const half = canvas.measure(words, true) / 2;
  return text(Math.min(Math.max(x, half), canvas.width - half), Math.max(y - 7, 12), words, { class: "value", "text-anchor": "middle" });
}

const DAY = 86_400_000;
const dayNumber = (day) => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY);
const nearEnds = (count) => (share) => (share * count + 0.5) / count;

// One column per day. points: [{day, value}], in order.
function columns(points, words, canvas, height = 220) {
  const first = dayNumber(points[0].day);
  const count = dayNumber(points[points.length - 1].day) - first + 1;
  const share = nearEnds(count);
  const at = (point) => share((dayNumber(point.day) - first) / count);
  const top = points.reduce((best, point) => (point.value > best.value ? point : best));
  const drawn = frame(top.value, points.map((point) => ({ share: at(point), text: dateInWords(point.day) })), canvas, height);
  const width = Math.max(Math.min(((drawn.right - drawn.left) / count) * 0.8, 60), 1);
  return drawing(canvas.width, height, [
    ...drawn.parts,
    ...points.map((point) => ["rect", {
      x: drawn.place(at(point)) - width / 2, y: drawn.rise(point.value), width, height: drawn.bottom - drawn.rise(point.value), class: "bar colour-1",
    }]),
    pointLabel(drawn.place(at(top)), drawn.rise(top.value), words(top.value), canvas),
  ]);
}

// Steps over time. points: [{moment, value}] in milliseconds, in order; with a range, low and high too.
function area(points, words, clock, canvas, height = 240) {
  const [first, last] = [points[0].moment, points[points.length - 1].moment + 60_000];
  const share = (moment) => (moment - first) / (last - first);
  const minutes = (last - first) / 60_000;
  const step = [5, 10, 15, 30, 60, 120, 240, 720, 1440].find((one) => minutes / one <= 8) ?? 10080;
  const labels = [];
  for (let moment = Math.ceil(first / (step * 60_000)) * step * 60_000; moment < last; moment += step * 60_000) {
    labels.push({ share: share(moment), text: clock.short(moment) });
  }
  const top = points.reduce((best, point) => (point.value > best.value ? point : best));
  const hasRange = (top.low ?? null) !== null;
  const most = Math.max(...points.map((point) => Math.max(point.value, point.high ?? 0)));
  const head = legend(hasRange ? rangeKey({ isLine: true }) : [], canvas);
  const drawn = frame(most, labels, canvas, height);
  const steps = (of) => points.map((point) => `L${drawn.place(share(point.moment)).toFixed(1)} ${drawn.rise(of(point)).toFixed(1)}`
    + `H${drawn.place(share(point.moment + 60_000)).toFixed(1)}`).join("");
  const filled = (of, look) => ["path", { d: `M${drawn.left} ${drawn.bottom}${steps(of)}V${drawn.bottom}Z`, class: look }];
  const parts = [
    ...drawn.parts,
    ...(hasRange
      ? [
        filled((point) => point.high ?? point.value, "area colour-light"),
        filled((point) => point.low ?? 0, "area solid colour-1"),
        ["path", { d: `M${drawn.left} ${drawn.bottom}${steps((point) => point.value)}V${drawn.bottom}`, class: "likely" }],
      ]
      : [filled((point) => point.value, "area colour-1")]),
    pointLabel(drawn.place(share(top.moment)), drawn.rise(top.value), words(top.value), canvas),
  ];
  return drawing(canvas.width, height + head.height, [...head.parts, ["g", { transform: `translate(0 ${head.height})` }, ...parts]]);
}

// A cell per row and hour, the darker the more. cells: [{row, hour, value}].
function heat(cells, rows, canvas) {
  const [left, size] = [44, 26];
  const width = (canvas.width - left) / 24;
  const top = cells.reduce((best, cell) => (cell.value > best.value ? cell : best));
  const shown = rows.filter((row) => cells.some((cell) => cell.row === row));
  const parts = shown.map((row, place) => text(0, place * size + 17, row, { class: "soft" }));
  for (const cell of cells) {
    const [x, y] = [left + cell.hour * width, shown.indexOf(cell.row) * size];
    parts.push(["rect", { x: x + 1, y: y + 1, width: Math.max(width - 2, 1), height: size - 2, rx: 2, class: "cell colour-1",
      "fill-opacity": (0.12 + 0.88 * (cell.value / top.value)).toFixed(2) }]);
  }
  const every = canvas.width < 560 ? 6 : 2;
  for (let hour = 0; hour < 24; hour += every) {
    parts.push(text(left + (hour + 0.5) * width, shown.length * size + 16, String(hour), { class: "soft small", "text-anchor": "middle" }));
  }
  return drawing(canvas.width, shown.length * size + 24, parts);
}

// A line per name over days, with its name at its end. lines: [{name, points: [{day, value}]}].
function lines(series, canvas, height = 320) {
  const days = series.flatMap((line) => line.points.map((point) => dayNumber(point.day)));
  const [first, last] = [Math.min(...days), Math.max(...days)];
  const share = (day) => (last === first ? 1 : (dayNumber(day) - first) / (last - first));
  const most = Math.max(...series.flatMap((line) => line.points.map((point) => point.value)));
  const longest = Math.max(...series.map((line) => canvas.measure(line.name))) + 28;
  const isWide = canvas.width >= 560 && longest <= canvas.width * 0.4;
  const names = isWide ? longest : 0;
  const inner = { ...canvas, width: canvas.width - names };
  const labels = [...new Set(series.flatMap((line) => line.points.map((point) => point.day)))].sort()
    .map((day) => ({ share: share(day), text: dateInWords(day) }));
  const drawn = frame(most, [labels[0], ...labels.slice(-1), ...labels.slice(1, -1)].filter(Boolean).sort((one, other) => one.share - other.share), inner, height);
  const look = (place) => `line line-${(place % 5) + 1}${place >= 5 ? " dashed" : ""}`;
  const parts = [...drawn.parts];
  series.forEach((line, place) => {
    const path = line.points.map((point, number) => {
      const [x, y] = [drawn.place(share(point.day)).toFixed(1), drawn.rise(point.value).toFixed(1)];
      return number ? `H${x}V${y}` : `M${x} ${y}`;
    }).join("");
    parts.push(["path", { d: `${path}H${drawn.right}`, class: look(place) }]);
  });
  if (!isWide) {
    let y = height + 8;
    series.forEach((line, place) => {
      parts.push(["path", { d: `M0 ${y - 4}H24`, class: look(place) }]);
      wrapped(line.name, canvas.width - 36, canvas.measure).forEach((words) => {
        parts.push(text(32, y, words));
        y += LINE + 3;
      });
    });
    return drawing(canvas.width, y, parts);
  }
  // Names that would lie on each other move apart.
  const ends = series.map((line, place) => ({ place, name: line.name, y: drawn.rise(line.points[line.points.length - 1].value) }))
    .sort((one, other) => one.y - other.y);
  let lowest = -Infinity;
  for (const end of ends) {
    end.y = Math.max(end.y, lowest + LINE - 1);
    lowest = end.y;
  }
  const overlap = Math.max(0, lowest - (height - 8));
  for (const end of ends) {
    parts.push(["path", { d: `M${drawn.right + 4} ${end.y - overlap}h12`, class: look(end.place) }]);
    parts.push(text(drawn.right + 22, end.y - overlap + 4, end.name));
  }
  return drawing(canvas.width, height, parts);
}

// The chart of a figure's rows.
function chartOf(figure, rows, about, canvas) {
  const { chart } = figure;
  const words = (row, name) => inWords(row[name], columnOf(figure, name), about);
  const inUnits = (value) => counted(value, ...chart.unit);
  const label = (row) => (chart.suffix ? `${words(row, chart.label)} ${oneOrMore(row[chart.label], ...chart.suffix)}` : words(row, chart.label));
  const planned = (row) => (chart.marker && (row[chart.marker.column] ?? null) !== null ? `${words(row, chart.marker.column)} ${chart.marker.note}` : "");
  const note = (row) => [chart.note && row[chart.note] !== null ? words(row, chart.note) : "", planned(row)].filter(Boolean).join(" · ");
  const named_ = columnOf(figure, chart.label);
  const href = (row) => (named_ ? profileAddress(named_, row) : null);
  // The text at the end of a bar: its value, or what `chart.text` makes of several columns. Both have their ranges.
  const ranged = (row, name) => withRange(row, columnOf(figure, name), about);
  const atEnd = (row) => (chart.text
    ? worded(chart.text, new Proxy({}, { get: (_, name) => ranged(row, name) }), row)
    : ranged(row, chart.value));
  switch (chart.type) {
    case "bars": {
      const there = chart.stack.filter((part) => rows.some((row) => row[part.column]));
      const key = chart.stack.length > 1 || chart.marker ? [...there, ...(chart.marker ? [{ ...chart.marker, isMarker: true }] : [])] : [];
      return bars(rows.map((row) => ({
        label: label(row),
        note: note(row),
        parts: chart.stack.map((part) => ({ value: row[part.column] ?? 0, colour: part.colour })),
        marker: chart.marker ? row[chart.marker.column] : null,
        value: atEnd(row),
        href: href(row),
      })), key, canvas);
    }
    case "range": {
      return bars(rows.map((row) => ({
        label: label(row),
        note: note(row),
        parts: [{ value: row[chart.low] ?? 0, colour: 1 }, { value: (row[chart.high] ?? 0) - (row[chart.low] ?? 0), colour: "light" }],
        marker: row[chart.middle],
        value: ranged(row, chart.middle),
        href: href(row),
      })), rangeKey({ isMarker: true }), canvas);
    }
    case "columns":
      return columns(rows.map((row) => ({ day: row[chart.x], value: row[chart.y] })), inUnits, canvas);
    case "area":
      return area(rows.map((row) => ({ moment: Date.parse(row[chart.x]), value: row[chart.y], low: row[chart.low], high: row[chart.high] })),
        inUnits, about.clock, canvas);
    case "heat":
      return heat(rows.map((row) => ({ row: row[chart.row], hour: row[chart.column], value: row[chart.value] })), chart.rows, canvas);
    default: {
      const names = [...new Set(rows.map((row) => row[chart.line]))];
      return lines(names.map((name) => ({
        name, points: rows.filter((row) => row[chart.line] === name).map((row) => ({ day: row[chart.x], value: row[chart.y] })),
      })), canvas);
    }
  }
}
