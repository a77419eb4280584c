// --- Profiles: a view of one session, person, company or contest, at an address such as #session=KEY. ---
// A profile is a function of the key that returns { title, made }: a heading and an element. To add one, write it into
// profiles.yml under its name, and give the column of figures.yml that leads to it `profile: session` and `key: session_key`.

const profiles = {};

// Where a cell or a label leads: to the profile that its column names, or null.
const profileAddress = (column, row) => (column.profile && profiles[column.profile] && row[column.key]
  ? `#${column.profile}=${encodeURIComponent(row[column.key])}`
  : null);
