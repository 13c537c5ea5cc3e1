// What the fixtures promise to those who build their own tests on them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, hasToken, keptCookie, Person, test, type Watch } from '../fixtures/index.ts';

test('a person is signed in without a form, in a session that works', async ({ page, person, context, network }) => {
  await page.goto('/account');
  await hasToken(page);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  const cookie = await keptCookie(context);
  expect(cookie).toMatchObject({ name: '__Host-refresh', path: '/', secure: true, httpOnly: true, sameSite: 'Strict' });
  expect(network.count('/api/refresh')).toBe(1);
  expect(network.count('/api/login')).toBe(0);
});

test('the account of a worker has a session for each browser', async ({ page, workerPerson, context, browser, baseURL }) => {
  const other = await browser.newContext({ baseURL });
  for (const browser of [context, other]) await workerPerson.signIn(browser);
  const there = await other.newPage();
  for (const tab of [page, there]) await tab.goto('/account');
  for (const tab of [page, there]) await expect(tab.getByText(`Signed in as ${workerPerson.name}`)).toBeVisible();
  const values = await Promise.all([context, other].map(async browser => (await keptCookie(browser))!.value));
  expect(values[0]).not.toBe(values[1]);
  await other.close();
});

// Has a page run a script that its policy does not allow.
async function breakPolicy(page: Page) {
  await page.evaluate(() => document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' })));
  expect(await page.evaluate(() => 'ran' in window)).toBe(false);
}

// What the watch has found, which is about that and nothing else.
async function isSeen(watch: Watch) {
  await expect.poll(() => watch.problems.length).toBeGreaterThan(0);
  for (const problem of watch.problems.splice(0)) expect(problem).toContain('Content Security Policy');
}

test('a page that breaks its policy is seen, in whatever context it is', async ({ page, context, browser, baseURL, device, watch }) => {
  const another = await browser.newContext();
  const tabs = [page, await context.newPage(), await another.newPage(), await browser.newPage(), await device.context.newPage()];
  const breaks = async (tab: Page) => {
    // The first document that it has.
    await tab.goto(`${baseURL}/login`);
    await breakPolicy(tab);
    await isSeen(watch);
  };
  for (const tab of tabs) await breaks(tab);
  await device.kill();
  await device.restart();
  await breaks(await device.context.newPage());
});

test.describe('where anything is expected', () => {
  test.use({ expected: /./ });

  test('a policy that is broken is a problem all the same', async ({ page, watch }) => {
    await page.goto('/login');
    await Promise.all([page.waitForEvent('console'), page.evaluate(() => console.error('as expected'))]);
    expect(watch.problems).toEqual([]);
    await breakPolicy(page);
    await isSeen(watch);
  });
});

test('the clock of a browser is set, sleeps and passes, in open pages and in new ones', async ({ page, clock, context, server }) => {
  const read = (tab = page) => tab.evaluate(() => [Date.now(), performance.now(), new Date().getTime(), new Date(0).getTime()] as const);
  const serverTime = async () => {
    await Person.join(server.url);
    return Date.parse(JSON.parse(server.log.at(-1)!).timestamp);
  };
  await page.goto('/login');
  const [wall, steady] = await read();
  const there = await serverTime();
  const near = (value: number, expected: number) => expect(Math.abs(value - expected)).toBeLessThan(10_000);
  await clock.set(-3_600_000);
  near((await read())[0], wall - 3_600_000);
  near((await read())[1], steady);
  await clock.sleep(7_200_000);
  near((await read())[0], wall + 3_600_000);
  near((await read())[1], steady);
  await clock.pass(60_000);
  near((await read())[1], steady + 60_000);
  const tab = await context.newPage();
  await tab.goto('/login');
  const [later, , constructed, epoch] = await read(tab);
  near(later, wall + 3_660_000);
  near(constructed, later);
  expect(epoch).toBe(0);
  // The server's clock went along with what passed, and not with what was set.
  near(await serverTime(), there + 7_260_000);
});

test('each fault does what it says', async ({ server, network }) => {
  const ask = () => fetch(`${server.url}/livez`).then(async answer => `${answer.status} ${await answer.text()}`, () => 'nothing');
  const seen = () => [network.arrived.length, network.reached.length];
  for (const [name, answer, reached] of [
    ['lose the request', 'nothing', 0],
    ['lose the answer', 'nothing', 1],
    ['duplicate', '200 alive\n', 2],
    ['duplicate at once', '200 alive\n', 2],
    ['slow', '200 alive\n', 1],
    ['forget no-store', '200 alive\n', 1],
    ['answer 429', /^429 .*Slow down/, 0],
    ['answer 502', /^502 .*Bad gateway/, 0],
    ['captive portal', /^200 .*café/, 0],
    ['offline', 'nothing', 0],
  ] as const) {
    network.forget();
    const fault = network.fault(name, { path: '/livez' });
    expect(await ask(), name).toEqual(typeof answer === 'string' ? answer : expect.stringMatching(answer));
    expect(seen(), name).toEqual([1, reached]);
    expect(fault.struck).toBe(1);
    expect(await ask(), 'once').toBe('200 alive\n');
  }
});

test('what is held back goes on its way when it is released', async ({ server, network }) => {
  for (const name of ['delay the request', 'delay the answer'] as const) {
    network.forget();
    const fault = network.fault(name, { path: /^\/live/ });
    let answered = false;
    const asked = fetch(`${server.url}/livez`).then(() => (answered = true));
    await fault.hasStruck();
    expect(network.count('/livez')).toBe(name === 'delay the answer' ? 1 : 0);
    expect(answered).toBe(false);
    fault.lift();
    await asked;
    expect(network.count('/livez')).toBe(1);
  }
});

test('a server that is killed comes back with what it knew', async ({ server, network, person, page }) => {
  await server.kill();
  expect(await fetch(`${server.url}/livez`).then(() => 'an answer', () => 'nothing')).toBe('nothing');
  await server.restart();
  await page.goto('/account');
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(network.count('/account')).toBe(1);
});

test.describe('one login for two browsers', () => {
  test.use({ expected: /status of 401 .*\/api\/refresh/ });

  // README.md says why. This is what Playwright's `storageState` does in parallel workers: one cookie, given to two browsers.
  test('a session that two browsers share ends when the second one comes back with what the first has used up', async ({ person, page, context, browser, baseURL, clock, network }) => {
    await page.goto('/account');
    await hasToken(page);
    const other = await browser.newContext({ baseURL, storageState: await context.storageState() });
    for (const renewal of [2, 3]) {
      await clock.pass(121_000);
      await Promise.all([page.waitForResponse('**/api/refresh'), page.reload()]);
      expect(network.count('/api/refresh')).toBe(renewal);
    }
    await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
    const there = await other.newPage();
    await there.goto('/account');
    await expect(there).toHaveURL(/reason=reused/);
    await page.reload();
    await expect(page).toHaveURL(/reason=reused/);
    expect(network.count('/api/refresh')).toBe(4);
    await other.close();
  });
});

test('the example in the README is one that runs', async () => {
  const read = (path: string) => readFile(join(import.meta.dirname, path), 'utf8');
  const [, example] = /```ts\n(.*?)```/s.exec(await read('../README.md'))!;
  const spec = await read('example.spec.ts');
  for (const line of example!.split('\n')) expect(spec.split('\n')).toContain(line);
});
