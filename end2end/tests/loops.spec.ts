// Whatever the server answers, nothing goes round in circles.

import { alive, expect, hasToken, offline, test } from '../fixtures/index.ts';

test.use({ expected: /status of (401|404) .*\/api\/|net::ERR_/ });

const problem = (code: string) => ({ status: 401, contentType: 'application/problem+json', body: JSON.stringify({ title: 'Unauthorized', status: 401, code, detail: 'No.' }) });

test('a refresh that is refused for a reason nobody knows is no sign-out, and is tried ever more seldom', async ({ page, person, network }) => {
  await page.route('**/api/refresh', route => route.fulfill(problem('of_another_version')));
  await page.goto('/account');
  await expect(offline(page)).toBeVisible();
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  await page.waitForRequest('**/api/refresh');
  expect(network.count('/api/refresh')).toBe(0);
});

test('a server that renders the page and refuses the refresh leads to the form, once', async ({ page, person, network, watch }) => {
  await page.route('**/api/refresh', route => route.fulfill(problem('invalid')));
  await page.goto('/account');
  await expect(page).toHaveURL(/\/login/);
  await alive(page);
  await expect(page.getByText(person.name)).toHaveCount(0);
  expect(watch.count('/api/refresh')).toBe(1);
  expect(network.count('/account')).toBe(1);
});

test('tabs that the server refuses do not set each other off', async ({ page, context, person, watch }) => {
  const tab = await context.newPage();
  for (const opened of [page, tab]) {
    await opened.goto('/account');
    await hasToken(opened);
  }
  await context.route('**/api/refresh', route => route.fulfill(problem('expired')));
  for (const opened of [page, tab]) await opened.evaluate(() => window.dispatchEvent(new Event('online')));
  await page.reload();
  for (const opened of [page, tab]) await expect(opened).toHaveURL(/reason=expired/);
  await expect(page.getByText(person.name)).toHaveCount(0);
  expect(watch.count('/api/refresh')).toBeLessThanOrEqual(4);
});
