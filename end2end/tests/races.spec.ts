// What a person does while a refresh is on its way.

import type { Page } from '@playwright/test';
import { alive, expect, fillIn, generation, hasToken, isHome, openTabs, Person, settled, test } from '../fixtures/index.ts';
import type { Network } from '../fixtures/network.ts';

const minute = 60_000;

test.use({ expected: /net::ERR_\w+ .*\/api\/refresh/ });

// What the server was given of these, in order.
const order = (network: Network, paths = ['/api/refresh', '/api/login', '/api/logout']) =>
  network.reached.map(({ path }) => path).filter(path => paths.includes(path));

test('a page that is left while it renews finds the person signed in when it is opened again', async ({ page, context, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const before = await generation(context);
  const late = network.fault('delay the answer', { path: '/api/refresh' });
  await clock.sleep(16 * minute);
  await clock.wake();
  await late.hasStruck();
  await page.goto('about:blank');
  late.lift();
  await page.goto('/account');
  await hasToken(page);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(await generation(context)).toBe(before + 1);
  expect(network.count('/api/refresh')).toBe(3);
});

test('a page that is reloaded again and again while it renews stays signed in', async ({ page, context, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const before = await generation(context);
  await clock.sleep(16 * minute);
  const late = network.fault('delay the answer', { path: '/api/refresh', times: 3 });
  for (const reload of [1, 2, 3]) {
    await page.reload();
    await late.hasStruck(reload);
  }
  late.drop();
  await page.reload();
  await hasToken(page);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(await generation(context)).toBe(before + 1);
  expect(network.count('/api/refresh')).toBe(5);
});

for (const where of ['in this tab', 'in another tab'] as const) {
  test(`a sign-out ${where} during a refresh hides everything at once, and the late answer does not undo it`, async ({ context, server, person, clock, network }) => {
    const [tab, other] = (await openTabs(context, server, 2)) as [Page, Page];
    const page = where === 'in this tab' ? tab : other;
    const late = network.fault('delay the answer', { path: '/api/refresh' });
    await clock.sleep(16 * minute);
    await clock.wake([tab]);
    await late.hasStruck();
    const told = page.waitForResponse('**/api/logout');
    await page.getByRole('button', { name: 'Sign out' }).click();
    for (const seen of [tab, other]) await expect(seen.getByText(person.name)).toHaveCount(0, { timeout: 1_000 });
    await told;
    const answered = tab.waitForResponse('**/api/refresh');
    late.lift();
    await answered;
    await settled(tab);
    for (const seen of [tab, other]) {
      await expect(seen).toHaveURL('/signed-out?reason=signed_out');
      await expect(seen.getByText(person.name)).toHaveCount(0);
    }
    await tab.goto('/account');
    await expect(tab).toHaveURL(/\/(login|signed-out)/);
    await expect(tab.getByText(person.name)).toHaveCount(0);
    expect(order(network)).toEqual(['/api/refresh', '/api/refresh', '/api/refresh', '/api/logout']);
  });
}

test('a sign-out does not wait for a refresh, and the cookie that comes with its answer opens nothing', async ({ page, context, server, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const late = network.fault('delay the answer', { path: '/api/refresh' });
  await clock.sleep(16 * minute);
  await clock.wake();
  await late.hasStruck();
  await Promise.all([page.waitForResponse('**/api/logout'), page.getByRole('button', { name: 'Sign out' }).click()]);
  await expect(page.getByText(person.name)).toHaveCount(0, { timeout: 1_000 });
  const answered = page.waitForResponse('**/api/refresh');
  late.lift();
  await answered;
  await settled(page);
  const tried = await context.request.post(`${server.url}/api/refresh`, { headers: { origin: server.url } });
  expect([tried.status(), (await tried.json()).code]).toEqual([401, 'signed_out']);
  expect(order(network)).toEqual(['/api/refresh', '/api/refresh', '/api/logout', '/api/refresh']);
});

test('a login as somebody else in another tab waits for a refresh that is on its way, and is what stays', async ({ context, server, person, clock, network }) => {
  const [tab, other] = (await openTabs(context, server, 2)) as [Page, Page];
  const somebody = await Person.join(server.url);
  const late = network.fault('delay the answer', { path: '/api/refresh' });
  await clock.sleep(16 * minute);
  await clock.wake([tab]);
  await late.hasStruck();
  await Promise.all([other.waitForResponse('**/api/logout'), other.getByRole('button', { name: 'Sign out' }).click()]);
  await other.getByRole('link', { name: 'Sign in again' }).click();
  await alive(other);
  await fillIn(other, somebody.name, somebody.password);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(other.getByRole('button', { name: 'Signing in…' })).toBeVisible();
  expect(network.count('/api/login')).toBe(0);
  late.lift();
  await isHome(other);
  expect(order(network).slice(2)).toEqual(['/api/refresh', '/api/logout', '/api/login']);
  for (const seen of [tab, other]) {
    await seen.goto('/account');
    await hasToken(seen);
    await expect(seen.getByText(`Signed in as ${somebody.name}`)).toBeVisible();
    await expect(seen.getByText(person.name)).toHaveCount(0);
  }
});
