// The server has renewed the session, and the browser has not heard of it.

import { alive, expect, generation, offline, renewed, test } from '../fixtures/index.ts';

const minute = 60_000;
const hour = 60 * minute;

test.use({ expected: /net::ERR_\w+ .*\/api\/refresh/ });

test('an answer that is lost twice is there at the third time of asking, after seconds', async ({ page, context, person, clock, network, watch }) => {
  await page.goto('/account');
  await alive(page);
  const before = await generation(context);
  const lost = network.fault('lose the answer', { path: '/api/refresh', times: 2 });
  await clock.sleep(16 * minute);
  await clock.wake();
  await lost.hasStruck(1);
  await expect(offline(page)).toBeVisible();
  await lost.hasStruck(2);
  await renewed(page, 1);
  await expect(offline(page)).toHaveCount(0);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(network.count('/api/refresh')).toBe(1 + 3);
  expect(watch.count('/api/refresh')).toBe(1 + 3);
  expect(await generation(context), 'it was one renewal').toBe(before + 1);
});

test('an answer that is lost is there eight hours later', async ({ page, context, person, clock, network }) => {
  await page.goto('/account');
  await alive(page);
  const before = await generation(context);
  const lost = network.fault('lose the answer', { path: '/api/refresh' });
  const away = network.fault('offline', { times: Infinity });
  await clock.sleep(16 * minute);
  await clock.wake();
  await lost.hasStruck();
  await expect(offline(page)).toBeVisible();
  await clock.sleep(8 * hour);
  away.lift();
  await clock.wake();
  await renewed(page, 1);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(network.count('/api/refresh')).toBe(1 + 2);
  expect(await generation(context), 'it was one renewal').toBe(before + 1);
});

test('an answer that is lost with the page is there for the next page', async ({ page, context, person, clock, network }) => {
  await page.goto('/account');
  await alive(page);
  const before = await generation(context);
  const lost = network.fault('lose the answer', { path: '/api/refresh' });
  await clock.sleep(16 * minute);
  await clock.wake();
  await lost.hasStruck();
  await page.close();
  await clock.sleep(8 * hour);
  const next = await context.newPage();
  await next.goto('/account');
  await alive(next);
  await expect(next.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(await generation(context)).toBe(before + 1);
  expect(network.count('/api/refresh')).toBe(1 + 2);
});
