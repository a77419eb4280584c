// --- Elements. Whatever comes from the rows reaches the page as text and never as markup. ---

function element(tag, attributes = {}, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

function dressed(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function svgOf([tag, attributes, ...children]) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  return dressed(made, attributes, children.map((child) => (Array.isArray(child) ? svgOf(child) : child)));
}

const paragraph = (words, kind) => (words ? element("p", { class: kind }, words) : "");
const option = (value, label, now) => element("option", { value, selected: value === now }, label);

// A control below its label.
let fieldCount = 0;
function field(label, control, kind = "") {
  control.id = `control-${fieldCount++}`;
  return element("div", { class: `field ${kind}`.trim() }, element("label", { for: control.id }, label), control);
}

// How wide a text of a chart is; what is written at a bar's end is bold.
const pen = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
function textWidth(words, isBold = false) {
  pen.font = `${isBold ? "600 " : ""}13px system-ui, sans-serif`;
  return pen.measureText(words).width;
}

function save(name, blob) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
