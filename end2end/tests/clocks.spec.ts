// Clocks that are wrong, and clocks that jump.

import { expect, hasToken, renewed, settled, test } from '../fixtures/index.ts';

const hour = 3_600_000;

for (const [name, off] of [['an hour fast', hour], ['an hour slow', -hour], ['ten years slow', -10 * 365 * 24 * hour]] as const) {
  test(`a clock that is ${name} costs no request more`, async ({ page, person, clock, network }) => {
    await clock.set(off);
    await page.goto('/account');
    await hasToken(page);
    for (const wake of [1, 2, 3]) {
      await clock.wake();
      await settled(page);
      expect(network.count('/api/refresh'), `wake ${wake}`).toBe(1);
    }
    // It renews when it should, as the steady clock has it.
    await clock.pass(14.5 * 60_000);
    await clock.wake();
    await renewed(page, 1);
    await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
    expect(network.count('/api/refresh')).toBe(2);
  });
}

test('a clock that jumps while the page is open is answered with one refresh', async ({ page, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  for (const [jump, off] of [[1, hour], [2, -hour]] as const) {
    await clock.set(off);
    await clock.wake();
    await renewed(page, jump);
    await clock.wake();
    await settled(page);
    expect(network.count('/api/refresh')).toBe(1 + jump);
  }
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
});

test('a clock that does not stop jumping is answered with three refreshes a minute', async ({ page, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  for (let jump = 1; jump <= 10; jump++) {
    await clock.set(jump % 2 ? hour : -hour);
    await clock.wake();
    await settled(page);
  }
  await renewed(page, 3);
  expect(network.count('/api/refresh')).toBe(1 + 3);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  // A minute later it is trusted again.
  await clock.pass(61_000);
  await clock.set(0);
  await clock.wake();
  await renewed(page, 4);
});

test('tabs whose clock jumps ask once between them', async ({ context, page, person, clock, network }) => {
  const tab = await context.newPage();
  for (const opened of [page, tab]) {
    await opened.goto('/account');
    await hasToken(opened);
  }
  await clock.set(hour);
  await clock.wake();
  await renewed(page, 2);
  await renewed(tab, 1);
  expect(network.count('/api/refresh')).toBe(3);
  await expect(tab.getByText(`Signed in as ${person.name}`)).toBeVisible();
});
