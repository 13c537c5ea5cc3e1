// Another site, which a person visits while they are signed in here, or on their way to it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from '@playwright/test';
import { alive, expect, hasToken, keptCookie, password, Person, someone, test } from '../fixtures/index.ts';
import { forge, leaveBy, simpleOnes, type Forgery } from '../fixtures/forgery.ts';
import type { Network } from '../fixtures/network.ts';
import type { Server } from '../fixtures/server.ts';

// What browsers say on the console of what they or the server refused. Of a policy of ours that was violated they say something else.
test.use({ expected: /status of (401|403|404|405|415) |blocked by CORS policy|net::ERR_(FAILED|BLOCKED_BY_RESPONSE)|frame-ancestors 'none'|X-Frame-Options/ });

// Whatever the router has that is not for reading; a test beside the router keeps the list true.
const routes: [string, string][] = Object.entries<string[]>(JSON.parse(readFileSync(join(import.meta.dirname, '../../target/routes.json'), 'utf8')))
  .flatMap(([path, methods]) => methods.map(method => [method, path] as [string, string]))
  .filter(([method]) => !['GET', 'HEAD'].includes(method));

// Everything that any of them reads. What is secret is right, as if it had been guessed.
const fields = (owner: Person, attacker: Person, session: string) => ({
  username: attacker.name,
  password,
  current_password: owner.password,
  new_password: 'a pan of orange birds',
  end: 'everywhere',
  id: session,
  session,
  in_step: 'true',
  instance: 'mallory',
  refresh_token: 'x',
});

// From each of the two pages, and to each route, in all ways that there are.
async function attack(page: Page, from: string[], to: [string, string][], given: Record<string, string>, server: Server, network: Network) {
  for (const site of from) {
    for (const [method, path] of to) {
      const forgery: Forgery = { target: server.url + path.replace('{id}', given.session!), method, fields: given };
      const here = `${method} ${path} from ${site}`;
      const sent = () => network.arrived.filter(seen => seen.method === method && server.url + seen.path === forgery.target).length;
      await page.goto(site);
      const before = sent();
      expect(await page.evaluate(forge, forgery), here).toEqual([]);
      if (method !== 'POST') continue;
      const arrives = page.waitForResponse(answer => answer.frame() === page.mainFrame() && answer.request().isNavigationRequest());
      const [answer] = await Promise.all([arrives, page.waitForURL(forgery.target), page.evaluate(leaveBy, forgery)]);
      expect(answer.status(), here).toBe(403);
      await expect.poll(sent, here).toBe(before + simpleOnes + 1);
    }
  }
}

// What is left behind of such a request, and nothing else: that it was turned away.
const untold = async (server: Server) => (await server.rows()).filter(row => !/^INSERT INTO "events" .*,'malicious_csrf',NULL,NULL,/.test(row));

const jar = async (context: BrowserContext) => (await context.cookies()).map(({ name, value }) => `${name}=${value}`).sort();

test('no page of another origin changes anything for somebody who is signed in, whatever it sends where', async ({ page, person, browser, context, server, network, neighbour }) => {
  test.setTimeout(180_000);
  expect(routes.length).toBeGreaterThan(20);
  const mallory = await Person.join(server.url);
  await page.goto('/account');
  await hasToken(page);
  const session = Buffer.from((await keptCookie(context))!.value, 'base64url').subarray(1, 17).toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const [rows, cookies] = [await untold(server), await jar(context)];
  expect(rows.join()).toContain(person.name);

  await attack(page, [neighbour.otherSite, neighbour.sameSite], routes, fields(person, mallory, session), server, network);
  expect(await untold(server)).toEqual(rows);
  expect(await jar(context)).toEqual(cookies);
  await expect.poll(async () => (await server.rows()).join()).toContain("'malicious_csrf'");
  expect(server.log.filter(line => line.includes('malicious_csrf')).length).toBeGreaterThan(50);

  await page.goto('/account');
  await hasToken(page);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  // With the password that they had.
  const elsewhere = await browser.newContext();
  await person.signIn(elsewhere);
  await elsewhere.close();
});

test('no page of another origin signs anybody in', async ({ page, context, server, network, neighbour }) => {
  const mallory = await Person.join(server.url);
  const rows = await untold(server);
  const doors = routes.filter(([, path]) => /login|signup/.test(path));
  expect(doors.map(([, path]) => path)).toEqual(['/api/login', '/api/signup', '/api/v1/login', '/login', '/signup']);
  const typed = { ...fields(mallory, mallory, 'x'), username: mallory.name };
  await attack(page, [neighbour.otherSite, neighbour.sameSite], doors, typed, server, network);
  await attack(page, [neighbour.otherSite], doors.filter(([, path]) => path.includes('signup')), { ...typed, username: someone() }, server, network);
  expect(await untold(server)).toEqual(rows);
  expect(await jar(context)).toEqual([]);
  await page.goto('/account');
  await expect(page).toHaveURL('/login?next=/account');
});

// Without this, all of the above could be shown by pages that send nothing.
test('the same requests from a page of ours do what they say', async ({ page, context, server }) => {
  const ada = await Person.join(server.url);
  const typed = fields(ada, ada, '');
  await page.goto('/login');
  await alive(page);
  const login = { target: `${server.url}/api/login`, method: 'POST', fields: { username: ada.name, password } };
  const status = await page.evaluate(async ({ target, fields }) => (await fetch(target, { method: 'POST', mode: 'no-cors', body: new URLSearchParams(fields), credentials: 'include' })).status, login);
  expect(status).toBe(200);
  expect(await keptCookie(context)).toBeTruthy();
  await Promise.all([page.waitForURL(/\/signed-out\?reason=signed_out/), page.evaluate(leaveBy, { target: `${server.url}/account/sessions`, method: 'POST', fields: typed })]);
  expect(await keptCookie(context)).toBeUndefined();
});

test('no page of ours is shown in a frame, of another site, of a neighbour or of our own', async ({ page, person, server, neighbour }) => {
  const ours = `${server.url}/a-page-of-ours`;
  const paths = ['/login', '/account', '/account/password', '/nowhere', '/livez', '/api/v1/me'];
  const frames = (site: string) => [`${site}?usual`, ...paths.map(path => server.url + path)].map(url => `<iframe src="${url}"></iframe><object data="${url}"></object><embed src="${url}">`).join('');
  await page.goto('/account');
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  // A page of our own origin that, unlike ours, frames others.
  await page.route(`${ours}*`, route => route.fulfill({ contentType: 'text/html', body: route.request().url() === ours ? frames(ours) : 'A page of somebody else.' }));
  for (const site of [neighbour.otherSite, neighbour.sameSite, ours]) {
    neighbour.says({ body: frames(site) });
    await page.goto(site);
    const texts = await Promise.all(page.frames().slice(1).map(frame => frame.locator('body').innerText()));
    expect(texts.length, site).toBeGreaterThan(paths.length);
    // Frames do show what may be framed, and of the rest the browser says that it may not.
    const refused = texts.filter(text => text !== 'A page of somebody else.');
    expect(texts.length - refused.length, site).toBe(3);
    for (const text of refused) expect(text, site).toBe('localhost refused to connect.');
  }
});
