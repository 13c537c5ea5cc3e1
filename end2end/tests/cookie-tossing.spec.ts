// Somebody who may set cookies for this host, as a page on another port of it may, or one of a sibling host.

import type { BrowserContext, Page } from '@playwright/test';
import { alive, expect, fillIn, hasToken, keptCookie, password, Person, test } from '../fixtures/index.ts';
import type { Neighbour } from '../fixtures/neighbour.ts';
import type { Server } from '../fixtures/server.ts';

test.use({ expected: /status of 431 / });

// A refresh token of their own, which is good.
async function theirs(server: Server): Promise<string> {
  const mallory = await Person.join(server.url);
  const answer = await fetch(`${server.url}/api/login`, { method: 'POST', headers: { origin: server.url }, body: new URLSearchParams({ username: mallory.name, password }) });
  return /__Host-refresh=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')![1]!;
}

// Names that a careless reader takes for ours, and ours in ways in which browsers do not let it be set.
const likeOurs = (token: string) => [
  ...['%5F%5FHost-refresh', '__Host%2Drefresh', '__host-refresh', '__HOST-REFRESH', '"__Host-refresh"', '\u00a0__Host-refresh', '\u2000__Host-refresh', '__Host-refresh[]', '$__Host-refresh', 'refresh', '__Secure-refresh', '__Host-Http-refresh']
    .flatMap(name => [`${name}=${token}; Path=/`, `${name}=${token}; Path=/; Secure; HttpOnly; SameSite=None`, `${name}=${token}; Path=/api; Secure`]),
  ...['=', '', '==', '=%5F%5FHost-refresh=', '=__Host-refresh=', '=__host-refresh='].map(before => `${before}${token}; Path=/; Secure`),
  `__Host-refresh=${token}; Path=/`,
  `__Host-refresh=${token}; Path=/api; Secure`,
  `__Host-refresh=${token}; Path=/account; Secure`,
  `__Host-refresh=${token}; Path=/; Domain=localhost; Secure`,
  ` __Host-refresh =${token}; Path=/`,
  `__Host-refresh\t=${token}; Path=/api; Secure`,
  `x=1; __Host-refresh=${token}; Path=/; Secure`,
];

// Goes to the neighbour's page, which sets the cookies.
async function toss(page: Page, neighbour: Neighbour, cookies: string[]) {
  neighbour.says({ cookies: cookies.map(cookie => Buffer.from(cookie, 'utf8').toString('latin1')) });
  await page.goto(neighbour.sameSite);
}

// The last thing of each test: scripts may see cookies of others, which the watch over every page would take for ours.
const leave = (page: Page) => page.goto('about:blank');

const kept = async (context: BrowserContext) => (await context.cookies()).map(({ name, value }) => `${name}=${value}`);

test('a cookie that looks like ours signs nobody in, and is taken up by no sign-in', async ({ page, context, server, neighbour, person }) => {
  const ada = person.name;
  await context.clearCookies();
  const token = await theirs(server);
  await toss(page, neighbour, likeOurs(token));
  const tossed = await kept(context);
  expect(tossed.length, tossed.join('\n')).toBeGreaterThan(20);
  expect(await keptCookie(context)).toBeUndefined();

  await page.goto('/account');
  await expect(page).toHaveURL('/login?next=/account');
  await alive(page);
  await fillIn(page, ada, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(`Signed in as ${ada}`)).toBeVisible();
  expect((await keptCookie(context))!.value).not.toBe(token);
  await leave(page);
});

test('a cookie that looks like ours signs nobody out, and stands in for nobody', async ({ page, context, server, neighbour, person, clock }) => {
  await page.goto('/account');
  await hasToken(page);
  const before = (await keptCookie(context))!.value;
  await toss(page, neighbour, likeOurs(await theirs(server)));
  expect((await kept(context)).length).toBeGreaterThan(20);
  expect((await keptCookie(context))!.value).toBe(before);

  await page.goto('/account');
  await hasToken(page);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  // Late enough that it is renewed, and is another one from then on.
  await clock.pass(5 * 60_000);
  await Promise.all([page.waitForResponse(answer => answer.url().endsWith('/api/refresh') && answer.ok()), page.reload()]);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect((await keptCookie(context))!.value).not.toBe(before);
  // Until the server has heard of it, every page leads back to where it is said.
  await Promise.all([page.waitForResponse('**/api/logout'), page.getByRole('button', { name: 'Sign out' }).click()]);
  await expect(page).toHaveURL('/signed-out?reason=signed_out');
  await page.goto('/account');
  await expect(page).toHaveURL('/login?next=/account');
  await leave(page);
});

test('whoever was given too many cookies is let out by one button, and signs in again', async ({ page, context, neighbour, person }) => {
  await page.goto('/account');
  await hasToken(page);
  // Here and there, as whoever wants to lock somebody out would.
  const large = (name: string, path: string) => `${name}=${'x'.repeat(3000)}; Path=${path}; Secure; HttpOnly; Max-Age=34560000`;
  await toss(page, neighbour, [...Array(8).keys()].flatMap(i => [large(`everywhere${i}`, '/'), large(`inside${i}`, '/account'), large(`doors${i}`, '/login')]));

  for (const path of ['/account', '/login', '/']) {
    const answer = await page.goto(path);
    expect(answer!.status()).toBe(431);
    await expect(page.getByText('most likely too many cookies')).toBeVisible();
  }
  await page.getByRole('button', { name: "Clear this site's cookies" }).click();
  await expect(page).toHaveURL('/signed-out?reason=signed_out');
  expect(await kept(context)).toEqual([]);

  await page.goto('/login?next=/account');
  await alive(page);
  await fillIn(page, person.name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
});

// Browsers keep some 180 cookies of a host and its neighbours, and forget the oldest: those that are not secure before those that are, so these are.
test('whoever was given more cookies than a browser keeps is signed out at worst, and no session is another one', async ({ page, context, server, neighbour, person }) => {
  await page.goto('/account');
  await hasToken(page);
  const rows = await server.rows();
  await toss(page, neighbour, [...Array(400).keys()].map(i => `tossed${i}=${i}; Path=/; Secure; HttpOnly; Max-Age=34560000`));
  expect(await keptCookie(context)).toBeUndefined();
  expect(await server.rows()).toEqual(rows);
  await page.goto('/account');
  await expect(page).toHaveURL('/login?next=/account');
  await alive(page);
  await fillIn(page, person.name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  await leave(page);
});
