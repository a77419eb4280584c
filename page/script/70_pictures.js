// --- Pictures: a chart as a PNG, with its title above and its source below. ---

const KEPT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "text-anchor", "opacity"];

// The style sheet of the page does not reach a picture, so each element takes its looks along.
function withLooks(svg) {
  const copy = svg.cloneNode(true);
  const copies = copy.querySelectorAll("*");
  svg.querySelectorAll("*").forEach((one, place) => {
    const looks = getComputedStyle(one);
    copies[place].setAttribute("style", KEPT.map((name) => `${name}:${looks.getPropertyValue(name)}`).join(";"));
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return copy;
}

function savePicture(svg, title, source, name) {
  const [scale, edge] = [2, 24];
  const looks = getComputedStyle(document.body);
  const card = getComputedStyle(svg.closest("article, details"));
  const [width, height] = [Number(svg.getAttribute("width")), Number(svg.getAttribute("height"))];
  const canvas = element("canvas");
  const drawn = canvas.getContext("2d");
  const titleFont = "600 18px system-ui, sans-serif";
  drawn.font = titleFont;
  const head = wrapped(title, width, (words) => drawn.measureText(words).width);
  const top = edge + head.length * 24 + 8;
  canvas.width = (width + 2 * edge) * scale;
  canvas.height = (top + height + 24 + edge) * scale;
  drawn.scale(scale, scale);
  drawn.fillStyle = card.backgroundColor;
  drawn.fillRect(0, 0, canvas.width, canvas.height);
  drawn.fillStyle = looks.color;
  drawn.font = titleFont;
  head.forEach((line, place) => { drawn.fillText(line, edge, edge + 16 + place * 24); });
  drawn.font = "12px system-ui, sans-serif";
  drawn.fillText(source, edge, top + height + 24);
  const image = new Image();
  image.onload = () => {
    drawn.drawImage(image, edge, top);
    canvas.toBlob((blob) => save(name, blob), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(withLooks(svg)))}`;
}
