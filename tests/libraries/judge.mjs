// What the judges in JavaScript have in common; see judge.py.
import readline from 'node:readline';

const cases = [];

// A scheme, the package that judges it, what differs from the plain request (see `plain` in check.py), and the judge.
export const add = (scheme, module, how, judge) => cases.push({ case: { scheme, package: module, ...how }, judge });

const request = (line) => {
  const body = Buffer.from(line.body, 'base64');
  const headers = Object.fromEntries(line.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return { ...line, body, text: body.toString(), headers, query: Object.fromEntries(new URL(line.url).searchParams) };
};

// Each judge gives something true for a request that is right; false, or an error, for one that is not.
export const serve = async () => {
  // What libraries log is no answer.
  console.log = console.info = console.warn = console.debug = console.error;
  const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  say(cases.map(({ case: one }) => one));
  for await (const text of readline.createInterface({ input: process.stdin })) {
    const line = JSON.parse(text);
    try {
      say({ accepted: Boolean(await cases[line.case].judge(request(line))) });
    } catch (error) {
      say({ accepted: false, error: `${error?.name}: ${error?.message}`.slice(0, 200) });
    }
  }
  process.exit();
};
