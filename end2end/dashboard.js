// Asks a Prometheus everything that the dashboard's panels and its variable ask, until each finds something or it has taken too long. Meanwhile it
// asks the server for a page again and again, since what does not change has no rate. Usage: node dashboard.js PROMETHEUS SERVER. Writes a line for each: found or not, a tab, and whose expression it is.

import { readFileSync } from 'node:fs';

const PATIENCE = 20_000;
const EVERY = 250;
const [prometheus, server] = process.argv.slice(2);
const dashboard = JSON.parse(readFileSync('deploy/grafana.json', 'utf8'));

const questions = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }, index) => ({ of: `"${title}"${targets.length > 1 ? `, ${index + 1}` : ''}`, expr: expr.replaceAll('$job', '.*') })),
);
for (const { name, query } of dashboard.templating.list) {
  const label = /^label_values\((.+), (\w+)\)$/.exec(query);
  if (label) questions.push({ of: `the choice of ${name}`, expr: `count by (${label[2]}) (${label[1]})` });
}

async function pause() {
  await (await fetch(`${server}/login`)).text();
  await new Promise((resolve) => setTimeout(resolve, EVERY));
}

/** Whether it answers with at least one number; a mean of nothing is none. */
async function finds(expr) {
  const answer = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query: expr })}`);
  const { status, error, data } = await answer.json();
  if (status !== 'success') throw new Error(`${expr}: ${error}`);
  return data.result.some(({ value }) => Number.isFinite(Number(value[1])));
}

async function found(expr, until) {
  for (;;) {
    try {
      if (await finds(expr)) return true;
    } catch (problem) {
      // It may not be there yet; what it says of an expression, it will say again.
      if (Date.now() > until) console.error(problem.message);
    }
    if (Date.now() > until) return false;
    await pause();
  }
}

const until = Date.now() + PATIENCE;
for (const { of, expr } of questions) console.log(`${(await found(expr, until)) ? 'found' : 'nothing'}\tthe dashboard shows something for ${of}`);
