// Carries out docs/adopt.md in a copy of the project: node apply.mjs DOCUMENT FOLDER. A line that says where something goes, and after it a block of what goes there.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [document, folder] = process.argv.slice(2);

// What a line before a block says, and what the file is then, of what it was.
const ways = [
  [/^New file `([^`]+)`:$/, (was, text) => (was === undefined ? text : fail('is there already'))],
  [/^At the end of `([^`]+)`:$/, (was, text) => was + text],
  [/^In `([^`]+)`, after `(.+)`:$/, (was, text, line) => at(was, line, found => `${found}\n${text}`)],
  [/^In `([^`]+)`, instead of `(.+)`:$/, (was, text, line) => at(was, line, () => text)],
];

// Changes the one line that is this, but for the space before it.
function at(was, line, change) {
  const lines = was.split('\n');
  const found = lines.filter(other => other.trim() === line);
  if (found.length !== 1) fail(`has the line ${found.length} times: ${line}`);
  return lines.map(other => (other === found[0] ? change(other).replace(/\n$/, '') : other)).join('\n');
}

let file;
function fail(why) {
  console.error(`${file ?? document} ${why}`);
  process.exit(1);
}

let steps = 0;
for (const [, said, text] of readFileSync(document, 'utf8').matchAll(/^(.+)\n\n```(?:rust|css|ts|sql)\n([^]*?)^```$/gm)) {
  const way = ways.find(([pattern]) => pattern.test(said));
  if (!way) fail(`does not say where this goes: ${said}`);
  const [pattern, put] = way;
  const [, name, line] = pattern.exec(said);
  file = name;
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, put(existsSync(path) ? readFileSync(path, 'utf8') : undefined, text, line));
  steps += 1;
}
console.log(`${steps} steps`);
if (steps < 10) fail('has too few steps: the search for them is broken');
