// Lighthouse on the sign-in page and on the account page of a server that runs, as somebody with a cheap phone on slow 4G and as
// somebody at a desk, beside the same pages without what this project brings. Usage: node measure.js ORIGIN BARE_ORIGIN, with the refresh cookie of
// the second visitor in COOKIE.

import { launch } from 'chrome-launcher';
import lighthouse, { desktopConfig } from 'lighthouse';

const RUNS = 3;
const WANTED = { performance: 100, accessibility: 100, 'best-practices': 100 };
const [origin, bare] = process.argv.slice(2);
const signedIn = { Cookie: process.env.COOKIE };
const pages = [
  { path: '/login', app: 'Hallpass', origin, headers: {}, graded: true },
  { path: '/login', app: 'bare', origin: bare, headers: {}, graded: false },
  { path: '/account', app: 'Hallpass', origin, headers: signedIn, graded: true },
  { path: '/account', app: 'bare', origin: bare, headers: {}, graded: false },
];
const visitors = { 'slow 4G, CPU at a quarter': undefined, desk: desktopConfig };

const chrome = await launch({ chromePath: process.env.CHROME_PATH, chromeFlags: ['--headless=new', '--no-sandbox'], logLevel: 'silent' });
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
let met = true;
console.log('| page | app | visitor | performance | accessibility | best practices | first paint, ms | largest paint, ms | blocked, ms | shift | kB |');
console.log('|---|---|---|---|---|---|---|---|---|---|---|');
try {
  for (const { path, app, origin, headers, graded } of pages) {
    for (const [visitor, config] of Object.entries(visitors)) {
      const runs = [];
      for (let run = 0; run < RUNS; run++) {
        const flags = { port: chrome.port, onlyCategories: Object.keys(WANTED), extraHeaders: headers, logLevel: 'silent' };
        runs.push((await lighthouse(origin + path, flags, config)).lhr);
      }
      const where = new URL(runs[0].finalDisplayedUrl).pathname;
      if (where !== path) throw new Error(`${path} led to ${where}`);
      const score = (category) => median(runs.map((run) => Math.round(run.categories[category].score * 100)));
      const figure = (audit) => median(runs.map((run) => run.audits[audit].numericValue));
      const scores = Object.keys(WANTED).map(score);
      const shift = figure('cumulative-layout-shift');
      const times = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time'].map((audit) => figure(audit).toFixed(0));
      console.log(`| ${[path, app, visitor, ...scores, ...times, shift.toFixed(3), (figure('total-byte-weight') / 1000).toFixed(0)].join(' | ')} |`);
      if (!graded) continue;
      Object.entries(WANTED).forEach(([category, wanted], index) => {
        if (scores[index] >= wanted) return;
        met = false;
        const failed = runs[0].categories[category].auditRefs.map(({ id }) => runs[0].audits[id]).filter(({ score }) => score !== null && score < 1);
        for (const { id, title, displayValue = '' } of failed) console.log(`  ${path}, ${visitor}: ${id}: ${title} ${displayValue}`);
      });
      if (shift > 0) met = false;
    }
  }
} finally {
  chrome.kill();
}
console.log(met ? 'met' : 'NOT MET: 100 everywhere and no layout shift');
process.exitCode = met ? 0 : 1;
