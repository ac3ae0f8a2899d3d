// JSON and forms as JavaScript writes them.
import { readFileSync } from 'node:fs';
import querystring from 'node:querystring';

const inputs = JSON.parse(readFileSync(0, 'utf8'));
const json = (write) => inputs.json.map((text) => write(JSON.parse(text)));
const forms = (write) => inputs.forms.map(write);
process.stdout.write(JSON.stringify({
  javascript: json((value) => JSON.stringify(value)),
  'javascript-indent-2': json((value) => JSON.stringify(value, null, 2)),
  'javascript-indent-tab': json((value) => JSON.stringify(value, null, '\t')),
  'form-whatwg': forms((pairs) => new URLSearchParams(pairs).toString()),
  'form-querystring': forms((pairs) => querystring.stringify(Object.fromEntries(pairs))),
  'form-encode-uri-component': forms((pairs) =>
    pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')),
}));
