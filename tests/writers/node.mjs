// JSON and forms as JavaScript writes them.
import { readFileSync } from 'node:fs';
import querystring from 'node:querystring';
import { inspect } from 'node:util';

const inputs = JSON.parse(readFileSync(0, 'utf8'));
const json = (write) => inputs.json.map((text) => write(JSON.parse(text)));
const forms = (write) => inputs.forms.map(write);
process.stdout.write(JSON.stringify({
  javascript: json((value) => JSON.stringify(value)),
  'javascript-indent-1': json((value) => JSON.stringify(value, null, 1)),
  'javascript-indent-3': json((value) => JSON.stringify(value, null, 3)),
  'serialize-javascript': json((value) =>
    // As the package of this name does it.
    JSON.stringify(value).replace(/[<>/\u2028\u2029]/g, (character) =>
      ({ '<': '\\u003C', '>': '\\u003E', '/': '\\u002F', '\u2028': '\\u2028', '\u2029': '\\u2029' })[character])),
  'node-inspect': json((value) => inspect(value)),
  'node-inspect-deep': json((value) => inspect(value, { depth: null })),
  'form-encode-uri': forms((pairs) => pairs.map((pair) => pair.map(encodeURI).join('=')).join('&')),
  'form-escape': forms((pairs) => pairs.map((pair) => pair.map(escape).join('=')).join('&')),
  'javascript-indent-2': json((value) => JSON.stringify(value, null, 2)),
  'javascript-indent-tab': json((value) => JSON.stringify(value, null, '\t')),
  'form-whatwg': forms((pairs) => new URLSearchParams(pairs).toString()),
  'form-querystring': forms((pairs) => querystring.stringify(Object.fromEntries(pairs))),
  'form-encode-uri-component': forms((pairs) =>
    pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')),
}));
