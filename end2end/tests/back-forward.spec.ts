// Back and forward, out of the browser's page cache: a page comes back just as it was left, and must not show what is over.

import type { BrowserContext, Page } from '@playwright/test';
import { alive, expect, fillIn, hasToken, isHome, openTabs, Person, test } from '../fixtures/index.ts';
import type { Device } from '../fixtures/device.ts';
import type { Server } from '../fixtures/server.ts';

test.use({ expected: /(status of 401|net::ERR_\w+) .*\/api\/refresh/ });

type Seen = { restored: boolean; frames: string[] };

// What a person could read on the page at every frame, from the first one after it came back.
async function record(context: BrowserContext) {
  await context.addInitScript(() => {
    const seen: Seen = { restored: false, frames: [] };
    (window as unknown as { seen: Seen }).seen = seen;
    const look = () => {
      if (document.visibilityState === 'visible' && document.body) seen.frames.push(document.body.innerText);
      requestAnimationFrame(look);
    };
    look();
    addEventListener('pageshow', event => {
      if (!event.persisted) return;
      seen.restored = true;
      seen.frames = [document.body.innerText];
    });
  });
}

const seen = (page: Page) => page.evaluate(() => (window as unknown as { seen: Seen }).seen);

// Goes to a page of ours by way of the account page.
async function leave({ device, server }: { device: Device; server: Server }): Promise<Page> {
  await record(device.context);
  const page = await device.context.newPage();
  await page.goto(`${server.url}/account`);
  await hasToken(page);
  await page.goto(`${server.url}/livez`);
  return page;
}

const back = (page: Page) => page.goBack({ waitUntil: 'commit' });

test.describe('out of the page cache', () => {
  // Chromium keeps no page that was not to be stored and has fetched what was not to be stored. Others do.
  test.beforeEach(async ({ device, person, network }) => {
    network.fault('forget no-store', { times: Infinity });
    await person.signIn(device.context);
  });

  test('a page comes back as it was, without a request', async ({ device, server, person, network }) => {
    const page = await leave({ device, server });
    await back(page);
    await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
    expect((await seen(page)).restored, 'the browser kept the page').toBe(true);
    expect(network.count('/account')).toBe(1);
    expect(network.count('/api/refresh')).toBe(1);
    await page.goForward({ waitUntil: 'commit' });
    await back(page);
    await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
    expect(network.count('/api/refresh')).toBe(1);
  });

  test('back after a sign-out in another tab shows nothing, not for one frame', async ({ device, server, person, network }) => {
    const page = await leave({ device, server });
    const [other] = (await openTabs(device.context, server, 1)) as [Page];
    await Promise.all([other.waitForResponse('**/api/logout'), other.getByRole('button', { name: 'Sign out' }).click()]);
    await page.bringToFront();
    await back(page);
    await expect(page).toHaveURL(/\/(signed-out|login)/);
    await expect(page.getByRole('main')).toBeVisible();
    const { restored, frames } = await seen(page);
    expect(restored, 'the browser kept the page').toBe(true);
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(frame).not.toContain(person.name);
    expect(network.count('/api/refresh')).toBeLessThanOrEqual(3);
    await page.goForward({ waitUntil: 'commit' });
    await back(page);
    await expect(page).toHaveURL(/\/(signed-out|login)/);
    for (const frame of (await seen(page)).frames) expect(frame).not.toContain(person.name);
  });

  test('back after somebody else signed in shows their page, and nothing of the one before', async ({ device, server, person, network }) => {
    const page = await leave({ device, server });
    const somebody = await Person.join(server.url);
    const [other] = (await openTabs(device.context, server, 1)) as [Page];
    await Promise.all([other.waitForResponse('**/api/logout'), other.getByRole('button', { name: 'Sign out' }).click()]);
    await other.getByRole('link', { name: 'Sign in again' }).click();
    await alive(other);
    await fillIn(other, somebody.name, somebody.password);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await isHome(other);
    await page.bringToFront();
    await back(page);
    await expect(page.getByText(`Signed in as ${somebody.name}`)).toBeVisible();
    for (const frame of (await seen(page)).frames) expect(frame).not.toContain(person.name);
    // One each when the pages were opened, and one of the page that came back to somebody else's session.
    expect(network.count('/api/refresh')).toBeLessThanOrEqual(4);
  });
});

// As any browser may do it, in whatever order.
test.describe('put away and brought back', () => {
  const put = (page: Page, type: 'pagehide' | 'pageshow') =>
    page.evaluate(type => window.dispatchEvent(new PageTransitionEvent(type, { persisted: true })), type);

  test('nothing is shown, not for one frame', async ({ context, server, person, network }) => {
    await record(context);
    const [page, other] = (await openTabs(context, server, 2)) as [Page, Page];
    await put(page, 'pagehide');
    await expect(page.getByText(person.name)).toBeHidden();
    await Promise.all([other.waitForResponse('**/api/logout'), other.getByRole('button', { name: 'Sign out' }).click()]);
    await put(page, 'pageshow');
    await expect(page).toHaveURL(/\/(signed-out|login)/);
    await expect(page.getByRole('main')).toBeVisible();
    const { restored, frames } = await seen(page);
    expect(restored).toBe(true);
    for (const frame of frames) expect(frame).not.toContain(person.name);
    expect(network.count('/api/refresh')).toBe(3);
  });

  test('without a network nothing is shown either, until the server has said whose it is', async ({ context, server, person, network }) => {
    await record(context);
    const [page, other] = (await openTabs(context, server, 2)) as [Page, Page];
    await put(page, 'pagehide');
    await Promise.all([other.waitForResponse('**/api/logout'), other.getByRole('button', { name: 'Sign out' }).click()]);
    const gone = network.fault('offline', { path: '/api/refresh', times: Infinity });
    await put(page, 'pageshow');
    await gone.hasStruck();
    await expect(page.getByText(person.name)).toBeHidden();
    gone.lift();
    await expect(page).toHaveURL(/\/(signed-out|login)/);
    for (const frame of (await seen(page)).frames) expect(frame).not.toContain(person.name);
    expect(network.count('/api/refresh'), 'heard once after the network was back').toBe(3);
  });

  test('what is still the same person is shown at once, without a request', async ({ context, server, person, network }) => {
    const [page] = (await openTabs(context, server, 1)) as [Page];
    await put(page, 'pagehide');
    await expect(page.getByText(person.name)).toBeHidden();
    await put(page, 'pageshow');
    await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
    expect(network.count('/api/refresh')).toBe(1);
  });
});
