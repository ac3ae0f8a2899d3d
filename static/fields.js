// Header fields as people write them, one on a line.

/** The fields of a text: `[{ name, value }]`, in order. */
export function headerFields(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const colon = line.indexOf(":");
    if (colon < 1) throw new Error(`'${line}' is no header: write Name: value.`);
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
}

/** The lines of a text by the lower-case name before the colon, in order. */
function byName(text) {
  const names = new Map();
  for (const field of headerFields(text)) {
    const name = field.name.toLowerCase();
    names.set(name, [...names.get(name) ?? [], field]);
  }
  return names;
}

const said = (fields) => fields.map(({ name, value }) => `${name}: ${value}`).join("\n");

/** What differs between the fields as captured and as they stand in the form. */
export function headersEdit({ value, defaultValue }) {
  if (value === defaultValue) return undefined;
  const [before, now] = [byName(defaultValue), byName(value)];
  const changed = [...now].filter(([name, fields]) => said(fields) !== said(before.get(name) ?? []));
  return {
    set: changed.flatMap(([, fields]) => fields),
    remove: [...before.keys()].filter((name) => !now.has(name)),
  };
}
