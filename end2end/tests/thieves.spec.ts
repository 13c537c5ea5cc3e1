// Somebody has copied the cookie into a browser of their own.

import type { Browser, BrowserContext, Page } from '@playwright/test';
import { expect, hasToken, keptCookie, renewed, test, type Person } from '../fixtures/index.ts';
import type { Server } from '../fixtures/server.ts';

const minute = 60_000;

test.use({ expected: /status of 401 .*\/api\/refresh/ });

type Given = { browser: Browser; context: BrowserContext; server: Server; person: Person };

const account = async (page: Page, server: Server) => {
  await page.goto(`${server.url}/account`);
  await hasToken(page);
};

// The owner's page, their phone with a session of its own, and a thief with all that the owner's browser keeps.
async function copied({ browser, context, server, person }: Given) {
  const phone = await browser.newContext();
  await person.signIn(phone);
  const phonePage = await phone.newPage();
  await account(phonePage, server);
  const thief = await browser.newContext({ storageState: await context.storageState() });
  return { phonePage, thief };
}

// The pages say what happened, and the phone knows nothing of it.
async function isToldOf({ page, server, person, phonePage }: { page: Page; server: Server; person: Person; phonePage: Page }) {
  await expect(page).toHaveURL(/\/signed-out\?reason=reused/);
  await expect(page.getByText(/was copied: by somebody else, or by a backup/)).toBeVisible();
  await expect(page.getByText(person.name)).toHaveCount(0);
  await account(phonePage, server);
  await expect(phonePage.getByText(`Signed in as ${person.name}`)).toBeVisible();
}

test('a thief who goes on using the session is noticed when the owner is back, both are told, and the phone stays signed in', async ({ browser, context, page, server, person, clock, network }) => {
  await account(page, server);
  const { phonePage, thief } = await copied({ browser, context, server, person });
  const theirs = await thief.newPage();
  // The owner is away. The thief's browser renews, twice.
  for (const _ of [1, 2]) {
    await clock.pass(2 * minute + 1_000);
    await account(theirs, server);
  }
  await clock.pass(15 * minute);
  const before = network.count('/api/refresh');
  await clock.wake([page]);
  await isToldOf({ page, server, person, phonePage });
  // One refresh of the owner's, and one of the phone that was opened again.
  expect(network.count('/api/refresh') - before).toBe(2);
  await theirs.reload();
  await isToldOf({ page: theirs, server, person, phonePage });
  await thief.close();
});

test('an owner who comes back first is not troubled, and the thief who comes then ends the session', async ({ browser, context, page, server, person, clock, network }) => {
  await account(page, server);
  const { phonePage, thief } = await copied({ browser, context, server, person });
  for (const renewal of [1, 2]) {
    await clock.sleep(16 * minute);
    await clock.wake([page]);
    await renewed(page, renewal);
  }
  expect(network.count('/api/refresh')).toBe(2 + 2);
  const theirs = await thief.newPage();
  await theirs.goto(`${server.url}/account`);
  await isToldOf({ page: theirs, server, person, phonePage });
  await clock.sleep(minute);
  await clock.wake([page]);
  await isToldOf({ page, server, person, phonePage });
  await thief.close();
});

test('a thief who knows the rule and never acknowledges is noticed by the testimony of the owner', async ({ browser, context, page, server, person, clock, network }) => {
  await account(page, server);
  // From its first renewal on a page knows that nothing of it is under way.
  await clock.pass(16 * minute);
  await clock.wake();
  await renewed(page, 1);
  const { phonePage, thief } = await copied({ browser, context, server, person });
  const cookie = await keptCookie(thief);
  // With the owner's storage as well, and so the browser's name.
  const { origins } = await thief.storageState();
  const instance = JSON.parse(origins[0]!.localStorage.find(({ name }) => name === 'hallpass.instance')!.value);
  // One refresh between two of the owner's, and not one use of what it gave: to the server like an answer that was lost.
  await clock.pass(5 * minute);
  const stolen = await fetch(`${server.url}/api/refresh`, { method: 'POST', headers: { origin: server.url, cookie: `${cookie!.name}=${cookie!.value}` }, body: new URLSearchParams({ instance }) });
  expect(stolen.status).toBe(200);
  await clock.pass(10 * minute);
  const before = network.count('/api/refresh');
  await clock.wake([page]);
  await isToldOf({ page, server, person, phonePage });
  expect(network.count('/api/refresh') - before).toBe(2);
  await thief.close();
});

test('a thief with the cookie alone, who comes once and keeps quiet, is noticed when the owner is back', async ({ browser, context, page, server, person, clock, network }) => {
  await account(page, server);
  const { phonePage, thief } = await copied({ browser, context, server, person });
  const cookie = await keptCookie(thief);
  await thief.close();
  const bare = await browser.newContext();
  await bare.addCookies([cookie!]);
  await clock.pass(5 * minute);
  const theirs = await bare.newPage();
  await account(theirs, server);
  await theirs.close();
  await clock.pass(10 * minute);
  // A page that was just opened cannot testify. It names itself.
  const before = network.count('/api/refresh');
  await page.reload();
  await isToldOf({ page, server, person, phonePage });
  expect(network.count('/api/refresh') - before).toBe(2);
  await bare.close();
});
