// Header fields as people write them, one on a line.

/** The fields of a text: `[{ name, value }]`, in order. */
export function headerFields(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const colon = line.indexOf(":");
    if (colon < 1) throw new Error(`'${line}' is no header: write Name: value.`);
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
}
