// --- Naming: a table where a person chooses what unknown words mean. ---

// The rows of the site's aliases that a person chose, by the row of the dataset.
const named = new Map();

// The suggested line ends with its label state, a blank activity type and the rest.
const aliasOf = (row, type) => row.suggested_alias.replace(/,any,,(?=[^"]*$)/, `,any,${type},`);

function naming(figure, rows, types, about, kept) {
  const meanings = new Map(types.map((row) => [row.activity_type, row.meaning]));
  const lines = element("textarea", { readonly: true, rows: "4", wrap: "off" });
  const said = element("p", { class: "note", role: "status" });
  const copy = element("button", {
    type: "button",
    onclick: () => {
      lines.focus();
      lines.select();
      const done = lines.value && document.execCommand("copy");
      said.textContent = done ? `Copied: ${counted(named.size, "row", "rows")}.` : lines.value ? "Copy the selected rows with Ctrl+C." : "Choose what a row means first.";
    },
  }, "Copy the chosen rows");
  const show = () => { lines.value = [...named].map(([row, type]) => aliasOf(row, type)).join("\n"); };
  const candidatesOf = (row) => [1, 2, 3].map((number) => ({ type: row[`candidate_${number}_activity_type`], reason: row[`candidate_${number}_reason`] }))
    .filter((one) => one.type);
  const cell = (row) => {
    if (!row.suggested_alias) return NOTHING;
    const candidates = candidatesOf(row);
    const choice = (type, reason) => option(type, [type, meanings.get(type), reason && `(${reason})`].filter(Boolean).join(" · "), named.get(row));
    return element("select", {
      "aria-label": `What ${row.category || "blank"} / ${row.action || "blank"} means`,
      onchange: (event) => {
        if (event.target.value) named.set(row, event.target.value);
        else named.delete(row);
        show();
      },
    }, option("", "not chosen yet", named.get(row) ?? ""),
    element("optgroup", { label: "Perhaps" }, ...candidates.map((one) => choice(one.type, one.reason))),
    element("optgroup", { label: "All" }, ...[...meanings.keys()].filter((type) => !candidates.some((one) => one.type === type)).map((type) => choice(type))));
  };
  show();
  const listed = table(figure.columns, rows, figure.title, about, { last: { label: "It means", cell }, kept });
  return { ...listed, made: element("div", {}, listed.made, element("div", { class: "tools" }, field("Chosen rows", lines), copy), said) };
}
