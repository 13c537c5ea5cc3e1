// Several tabs, and browsers that lack what tabs need to agree.

import type { BrowserContext, Page } from '@playwright/test';
import { alive, expect, fillIn, generation, hasToken, keptCookie, openTabs, renewed, test } from '../fixtures/index.ts';
import type { Server } from '../fixtures/server.ts';

const minute = 60_000;

test.use({ expected: /(status of 401|net::ERR_\w+) .*\/api\/refresh/ });

const two = async (context: BrowserContext, server: Server) => (await openTabs(context, server, 2)) as [Page, Page];

test('a duplicated tab is one more tab, with all that a tab has', async ({ page, context, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const [copy] = await Promise.all([context.waitForEvent('page'), page.evaluate(() => {
    sessionStorage.setItem('copied', 'yes');
    window.open(location.href);
  })]);
  await hasToken(copy);
  expect(await copy.evaluate(() => sessionStorage.getItem('copied'))).toBe('yes');
  expect(network.count('/api/refresh')).toBe(2);
  await clock.sleep(16 * minute);
  await clock.wake();
  await renewed(page, 2);
  await renewed(copy, 1);
  expect(network.count('/api/refresh')).toBe(3);
  await copy.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText(person.name)).toHaveCount(0, { timeout: 1_000 });
});

test.describe('without a BroadcastChannel', () => {
  test.beforeEach(({ context }) => context.addInitScript(() => Object.defineProperty(window, 'BroadcastChannel', { value: undefined })));

  test('each tab renews for itself, and all agree', async ({ context, server, person, clock, network }) => {
    const [tab, other] = await two(context, server);
    const before = await generation(context);
    await clock.sleep(16 * minute);
    await clock.wake();
    await renewed(tab, 1);
    await renewed(other, 1);
    expect(network.count('/api/refresh')).toBe(2 + 2);
    expect(await generation(context)).toBe(before + 1);
    await expect(other.getByText(`Signed in as ${person.name}`)).toBeVisible();
  });

  test('signing out and in again is still seen in the other tab within a second', async ({ context, server, person, network }) => {
    const [tab, other] = await two(context, server);
    await tab.getByRole('button', { name: 'Sign out' }).click();
    await expect(other.getByText(person.name)).toHaveCount(0, { timeout: 1_000 });
    await expect(other).toHaveURL('/signed-out?reason=signed_out');
    expect(network.count('/api/refresh')).toBe(2);
    await other.goto('/login?next=/account');
    await alive(other);
    await tab.goto('/login?next=/account');
    await alive(tab);
    await fillIn(tab, person.name, person.password);
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await expect(tab.getByText(`Signed in as ${person.name}`)).toBeVisible();
    await expect(other.getByText(`Signed in as ${person.name}`)).toBeVisible();
  });
});

test.describe('without Web Locks', () => {
  test.beforeEach(({ context }) => context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined })));

  test('tabs that wake at once may all ask, and are given the same', async ({ context, server, person, clock, network }) => {
    const tabs = await openTabs(context, server, 5);
    const cookie = await keptCookie(context);
    const before = await generation(context);
    const lost = network.fault('lose the answer', { path: '/api/refresh' });
    await clock.sleep(16 * minute);
    await clock.wake();
    await lost.hasStruck();
    for (const tab of tabs) await expect(tab.getByText(/^Good for 1[45] minutes more$/)).toBeVisible();
    await expect.poll(() => generation(context)).toBe(before + 1);
    expect((await keptCookie(context))!.value).not.toBe(cookie!.value);
    expect(network.count('/api/refresh')).toBeLessThanOrEqual(5 + 6);
    await expect(tabs[0]!.getByText(`Signed in as ${person.name}`)).toBeVisible();
  });
});

test('a lock that another tab never lets go of is waited for three seconds, and then ignored', async ({ page, context, server, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const stuck = await context.newPage();
  await stuck.goto(`${server.url}/livez`);
  await stuck.evaluate(() => new Promise<void>(held => void navigator.locks.request('hallpass.refresh', () => (held(), new Promise(() => {})))));
  await clock.sleep(16 * minute);
  const woken = Date.now();
  await clock.wake([page]);
  await renewed(page, 1);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(network.arrived.at(-1)!.at - woken).toBeGreaterThanOrEqual(2_900);
  expect(network.count('/api/refresh')).toBe(2);
});

test.describe('with storage forbidden, and no other way to talk', () => {
  test.beforeEach(({ context }) => context.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
    Object.defineProperty(window, 'BroadcastChannel', { value: undefined });
    Object.defineProperty(navigator, 'locks', { value: undefined });
  }));

  test('a tab stays signed in through a lost answer', async ({ page, context, person, clock, network }) => {
    await page.goto('/account');
    await hasToken(page);
    const before = await generation(context);
    const lost = network.fault('lose the answer', { path: '/api/refresh' });
    await clock.sleep(16 * minute);
    await clock.wake();
    await lost.hasStruck();
    await clock.sleep(2 * minute + 1_000);
    await renewed(page, 1);
    await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
    expect(await generation(context)).toBe(before + 1);
    expect(network.count('/api/refresh')).toBe(3);
  });

  test('a tab learns of a sign-out in another one when it next comes to the front', async ({ context, server, person, clock, network }) => {
    const [tab, other] = await two(context, server);
    await Promise.all([tab.waitForResponse('**/api/logout'), tab.getByRole('button', { name: 'Sign out' }).click()]);
    await clock.sleep(minute);
    await clock.wake([other]);
    await expect(other.getByText(person.name)).toHaveCount(0);
    await expect(other).toHaveURL(/\/(signed-out|login)/);
    expect(network.count('/api/refresh')).toBe(3);
  });
});
