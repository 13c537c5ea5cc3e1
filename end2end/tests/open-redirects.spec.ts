// `next` says where a sign-in leads: to a place of this site, whatever a link has put there. The corpus is the one of src/tests/open_redirects.rs; here the browser
// itself resolves what comes of it, and the watch over every page sees whether anything else was asked for.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { alive, expect, fillIn, hasToken, password, signOut, test } from '../fixtures/index.ts';
import type { Server } from '../fixtures/server.ts';

const corpus: string[] = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/next.json'), 'utf8'));

// Some of it leads to pages that are not there.
test.use({ expected: /status of (404|405) / });

const address = (page: string, next: string) => `${page}?next=${encodeURIComponent(next)}`;

// Where the browser takes those addresses to lead that the server has answered with, seen from a page.
const resolved = (page: Page, locations: string[]) =>
  page.evaluate(locations => locations.map(location => new URL(location, document.baseURI)).map(({ origin, pathname }) => [origin, pathname] as const), locations);

async function areHere(page: Page, server: Server, locations: string[]) {
  expect(locations.length).toBeGreaterThanOrEqual(60);
  for (const [number, [origin, pathname]] of (await resolved(page, locations)).entries()) {
    expect(origin, JSON.stringify(corpus[number])).toBe(server.url);
    expect(pathname, JSON.stringify(corpus[number])).not.toMatch(/^\/api\//);
  }
}

test('the plain form leads to this site, whatever next says', async ({ page, person, server }) => {
  // No page of the app, which would notice that its session ends each time.
  await page.goto('/livez');
  const led: string[] = [];
  for (const next of corpus) {
    const answer = await page.request.post(address('/login', next), { form: { username: person.name, password }, headers: { origin: server.url }, maxRedirects: 0 });
    expect(answer.status()).toBe(303);
    led.push(answer.headers().location!);
  }
  await areHere(page, server, led);
});

test('whoever is signed in is led on within this site, whatever next says', async ({ page, person, server }) => {
  expect(person.name).toBeTruthy();
  await page.goto('/account');
  const led: string[] = [];
  for (const next of corpus) {
    const answer = await page.request.get(address('/login', next), { headers: { accept: 'text/html' }, maxRedirects: 0 });
    expect(answer.status()).toBe(302);
    led.push(answer.headers().location!);
  }
  await areHere(page, server, led);
  // And the browser itself goes there.
  for (const next of ['//evil.test', '/\\evil.test', '/%2f/evil.test', '/\t/evil.test', '/..//evil.test']) {
    expect(corpus).toContain(next);
    await page.goto(address('/login', next));
    expect(new URL(page.url()).origin).toBe(server.url);
  }
});

test('the app, which leads on whoever has signed in, leads to this site, whatever next says', async ({ page, person, server }) => {
  test.setTimeout(120_000);
  await page.goto('/account');
  await hasToken(page);
  await page.evaluate(() => ((window as { stayed?: boolean }).stayed = true));
  for (const next of corpus) {
    // By a link, so that the app goes there, and with it this page stays.
    await page.evaluate(href => {
      const link = Object.assign(document.createElement('a'), { href });
      document.body.append(link);
      link.click();
      link.remove();
    }, address('/login', next));
    await page.waitForURL(url => url.pathname !== '/login' || url.searchParams.get('next') !== next);
    expect(new URL(page.url()).origin, next).toBe(server.url);
  }
  expect(await page.evaluate(() => (window as { stayed?: boolean }).stayed)).toBe(true);
  await page.goto('/account');
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
});

test('signing in with scripts leads to this site', async ({ page, person, context, server }) => {
  for (const next of ['//evil.test', '/\\evil.test', 'https:evil.test', 'javascript:alert(1)', '/\t/evil.test', '/account#https://evil.test']) {
    expect(corpus).toContain(next);
    // The page before would ask for its token without the cookie.
    await page.goto('about:blank');
    await context.clearCookies();
    await page.goto(address('/login', next));
    await alive(page);
    await fillIn(page, person.name, password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(url => url.origin !== server.url || url.pathname !== '/login');
    expect(new URL(page.url()).origin, next).toBe(server.url);
    await expect(signOut(page)).toBeVisible();
    await page.goto('/account');
    await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  }
});
