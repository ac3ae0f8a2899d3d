// Prints a report's scores and what costs points: scores.mjs REPORT FORM PAGE LEAST. Ends with 1 under the least score,
// or when the layout moves by 0.02 or more.

import { readFileSync } from "node:fs";

const MOST_SHIFT = 0.02;
const [file, form, page, least] = process.argv.slice(2);
const { categories, audits } = JSON.parse(readFileSync(file, "utf8"));
const scores = Object.values(categories).map(({ id, score }) => [id, Math.round((score ?? 0) * 100)]);
const shift = audits["cumulative-layout-shift"]?.numericValue ?? 0;
const low = scores.filter(([, score]) => score < Number(least));
const words = scores.map(([id, score]) => `${id} ${score}`).join(", ");
process.stdout.write(`${form.padEnd(8)}${page.padEnd(48)}${words}, shift ${shift.toFixed(3)}\n`);
for (const [id] of low) {
  for (const { id: audit, weight } of categories[id].auditRefs) {
    const { score, title, displayValue = "" } = audits[audit];
    if (weight > 0 && score !== null && score < 1) process.stdout.write(`  ${id}: ${title} ${displayValue}\n`);
  }
}
process.exitCode = low.length > 0 || shift >= MOST_SHIFT ? 1 : 0;
