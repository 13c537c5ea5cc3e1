// Tabs that are covered, and tabs that the browser suspends.

import type { Page } from '@playwright/test';
import { expect, hasToken, offline, renewed, test } from '../fixtures/index.ts';
import { Clock } from '../fixtures/clock.ts';
import type { Device } from '../fixtures/device.ts';
import type { Server } from '../fixtures/server.ts';

const minute = 60_000;

test.use({ expected: /status of 401 .*\/api\/refresh/ });

// The account page in a tab, and another tab that can be put in front of it.
async function open({ device, server }: { device: Device; server: Server }): Promise<{ page: Page; other: Page; clock: Clock }> {
  const { context } = device;
  const other = await context.newPage();
  await other.goto(`${server.url}/livez`);
  const page = await context.newPage();
  await page.goto(`${server.url}/account`);
  await hasToken(page);
  return { page, other, clock: new Clock(context, server) };
}

test.beforeEach(({ device, person }) => person.signIn(device.context));

test('a covered tab lets its token run out, and renews when it is seen again', async ({ device, server, person, network }) => {
  const { page, other, clock } = await open({ device, server });
  await other.bringToFront();
  await expect.poll(() => page.evaluate(() => document.visibilityState)).toBe('hidden');
  await clock.pass(60 * minute);
  await clock.wake([page]);
  await other.evaluate(() => navigator.locks.request('hallpass.refresh', () => {}));
  expect(network.count('/api/refresh')).toBe(1);
  await page.bringToFront();
  await renewed(page, 1);
  expect(network.count('/api/refresh')).toBe(2);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
});

test('a tab that was suspended for eight hours goes on with one refresh', async ({ device, server, person, network }) => {
  const { page, other, clock } = await open({ device, server });
  await other.bringToFront();
  await device.freeze(page);
  await clock.sleep(8 * 60 * minute);
  await device.thaw(page);
  await page.bringToFront();
  await renewed(page, 1);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  await expect(offline(page)).toHaveCount(0);
  expect(network.count('/api/refresh')).toBe(2);
});

test('a tab that is suspended in the midst of a refresh holds up no other', async ({ device, server, person, network }) => {
  const { page, other, clock } = await open({ device, server });
  const held = () => other.evaluate(async () => (await navigator.locks.query()).held!.map(({ name }) => name));
  const late = network.fault('delay the answer', { path: '/api/refresh' });
  await clock.sleep(16 * minute);
  await clock.wake([page]);
  await late.hasStruck();
  expect((await held()).sort()).toEqual(['hallpass.gate', 'hallpass.refresh']);
  await other.bringToFront();
  await device.freeze(page);
  await expect.poll(held).toEqual([]);
  // A new tab is served meanwhile.
  await other.goto(`${server.url}/account`);
  await hasToken(other);
  expect(network.count('/api/refresh')).toBe(3);
  late.lift();
  await device.thaw(page);
  await page.bringToFront();
  for (const tab of [page, other]) await expect(tab.getByText(`Signed in as ${person.name}`)).toBeVisible();
  await renewed(page, 1);
  expect(network.count('/api/refresh')).toBeLessThanOrEqual(4);
});

test('a suspended tab that comes back after a sign-out shows nothing', async ({ device, server, person, network }) => {
  const { page, other, clock } = await open({ device, server });
  await other.goto(`${server.url}/account`);
  await other.bringToFront();
  await device.freeze(page);
  await Promise.all([other.waitForResponse('**/api/logout'), other.getByRole('button', { name: 'Sign out' }).click()]);
  await clock.sleep(minute);
  await device.thaw(page);
  await page.bringToFront();
  await expect(page.getByText(person.name)).toHaveCount(0);
  await expect(page).toHaveURL(/\/(signed-out|login)/);
  expect(network.count('/api/refresh')).toBeLessThanOrEqual(3);
});
