// No network, or one that answers in the server's place.

import { expect, generation, hasToken, offline, renewed, test } from '../fixtures/index.ts';

const minute = 60_000;
const hour = 60 * minute;

test.use({ expected: /net::ERR_\w+ .*\/api\/refresh|status of (429|502) .*\/api\/refresh/ });

test('an hour offline is told, loses nothing, and ends with one refresh', async ({ page, context, person, clock, network, watch }) => {
  await page.goto('/account');
  await hasToken(page);
  await page.evaluate(() => document.querySelector('main')!.append(document.createElement('textarea')));
  await page.getByRole('textbox').fill('half a sentence');
  await context.setOffline(true);
  await clock.pass(hour);
  await clock.wake();
  await expect(offline(page)).toBeVisible();
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeEnabled();
  const tries = watch.count('/api/refresh');
  expect(network.count('/api/refresh')).toBe(1);
  await context.setOffline(false);
  await renewed(page, 1);
  await expect(offline(page)).toHaveCount(0);
  await expect(page.getByRole('textbox')).toHaveValue('half a sentence');
  expect(network.count('/api/refresh')).toBe(2);
  expect(watch.count('/api/refresh')).toBe(tries + 1);
});

test('offline, it is tried ever more seldom', async ({ page, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const gone = network.fault('offline', { path: '/api/refresh', times: Infinity });
  await clock.sleep(16 * minute);
  await clock.wake();
  await gone.hasStruck(4);
  const tries = network.arrived.filter(({ path }) => path === '/api/refresh').slice(1).map(({ at }) => at);
  const waits = tries.slice(1).map((at, index) => at - tries[index]!);
  expect(waits).toHaveLength(3);
  waits.forEach((wait, index) => expect(wait).toBeGreaterThanOrEqual(1_000 * 2 ** index - 50));
  network.mend();
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
});

test('a server that says when to come back is not asked before', async ({ page, context, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const before = await generation(context);
  network.fault('answer 429', { path: '/api/refresh', retryAfter: 4 });
  await clock.sleep(16 * minute);
  await clock.wake();
  await expect(offline(page)).toBeVisible();
  await renewed(page, 1);
  const [refused, answered] = network.arrived.filter(({ path }) => path === '/api/refresh').slice(1);
  expect(answered!.at - refused!.at).toBeGreaterThanOrEqual(4_000);
  expect(network.arrived.filter(({ path }) => path === '/api/refresh')).toHaveLength(3);
  expect(await generation(context)).toBe(before + 1);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
});

for (const name of ['answer 502', 'captive portal', 'lose the request'] as const) {
  test(`${name}: still signed in, and renewed a second later`, async ({ page, person, clock, network, watch }) => {
    await page.goto('/account');
    await hasToken(page);
    network.fault(name, { path: '/api/refresh' });
    await clock.sleep(16 * minute);
    await clock.wake();
    await expect(offline(page)).toBeVisible();
    await renewed(page, 1);
    await expect(offline(page)).toHaveCount(0);
    await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
    expect(network.count('/api/refresh')).toBe(2);
    expect(watch.count('/api/refresh')).toBe(3);
  });
}

for (const [name, reached] of [['slow', 1], ['duplicate', 2], ['duplicate at once', 2]] as const) {
  test(`${name}: the one answer is good, and nothing is noticed`, async ({ page, context, person, clock, network, watch }) => {
    await page.goto('/account');
    await hasToken(page);
    const before = await generation(context);
    network.fault(name, { path: '/api/refresh' });
    await clock.sleep(16 * minute);
    await clock.wake();
    await renewed(page, 1);
    await expect(offline(page)).toHaveCount(0);
    expect(network.count('/api/refresh')).toBe(1 + reached);
    expect(watch.count('/api/refresh')).toBe(2);
    expect(await generation(context), 'both got the same successor').toBe(before + 1);
    // And the next renewal finds everything in order.
    await clock.sleep(16 * minute);
    await clock.wake();
    await renewed(page, 2);
    await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
    expect(await generation(context)).toBe(before + 2);
  });
}

test('an answer that does not come is given up after 15 s, asked for again, and changes nothing when it does come', async ({ page, context, person, clock, network }) => {
  test.slow();
  await page.goto('/account');
  await hasToken(page);
  const before = await generation(context);
  const late = network.fault('delay the answer', { path: '/api/refresh' });
  await clock.sleep(16 * minute);
  await clock.wake();
  await late.hasStruck();
  await expect(offline(page)).toBeVisible({ timeout: 20_000 });
  await renewed(page, 1);
  late.lift();
  await page.reload();
  await hasToken(page);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(await generation(context)).toBe(before + 1);
  const [, given, again] = network.arrived.filter(({ path }) => path === '/api/refresh');
  expect(again!.at - given!.at).toBeGreaterThanOrEqual(15_000);
  expect(network.count('/api/refresh')).toBe(4);
});
