// --- The address: where the reader is and what is chosen, so that a link leads to the same view. ---
// #figure-hours&from=2026-05-12&concurrency=KEY: a place, the filters, and what is chosen in a figure by its id.
// #session=KEY: a profile (85_profiles.js).

const FILTERS = ["site", "from", "to", "page"];
const DATES = ["from", "to"];
const DAY_FORM = /^\d{4}-\d\d-\d\d$/;

function readAddress(hash) {
  const read = { place: "", chosen: {}, choices: {}, profile: null };
  for (const part of hash.replace(/^#/, "").split("&").filter(Boolean)) {
    const [name, ...rest] = part.split("=");
    const value = unescaped(rest.join("="));
    if (!rest.length) read.place = unescaped(name);
    else if (FILTERS.includes(name)) read.chosen[name] = DATES.includes(name) && !DAY_FORM.test(value) ? "" : value;
    else if (Object.hasOwn(profiles, name)) read.profile = { name, key: value };
    else read.choices[name] = value;
  }
  return read;
}

// A link that was cut off in the middle of a sign is read as it stands.
function unescaped(words) {
  try {
    return decodeURIComponent(words);
  } catch {
    return words;
  }
}

function writeAddress({ place, chosen, choices, profile }) {
  const pairs = [...FILTERS.map((name) => [name, chosen[name]]), ...Object.entries(choices)].filter(([, value]) => value);
  const first = profile ? `${profile.name}=${encodeURIComponent(profile.key)}` : place;
  return `#${[first, ...pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`)].filter(Boolean).join("&")}`;
}
