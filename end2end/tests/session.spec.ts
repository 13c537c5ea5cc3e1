// The life of a session, in one browser and in several.

import { alive, expect, fillIn, followFromElsewhere, hasToken, isHome, keptCookie, password, signUp, signUpForAccount, step, test } from '../fixtures/index.ts';

test.use({ expected: /net::ERR_\w+ .*(\/api\/(logout|refresh)|\.wasm)|Failed to fetch|status of 404 .*\/nowhere/ });

test('a reload and a new tab stay signed in, rendered by the server', async ({ page, context, watch }) => {
  const name = await signUpForAccount(page);
  const response = await page.reload();
  expect(await response!.text(), 'the right page at once').toContain(name);
  await hasToken(page);
  const tab = await context.newPage();
  const opened = await tab.goto('/account');
  expect(await opened!.text()).toContain(name);
  await expect(tab.getByText(`Signed in as ${name}`)).toBeVisible();
  await watch.nothingLeaks(tab);
});

test('a page that the server rendered is not built anew when its token arrives', async ({ page }) => {
  await signUpForAccount(page);
  let release = () => {};
  const held = new Promise<void>(resolve => (release = resolve));
  await page.route('**/api/refresh', async route => {
    await held;
    await route.continue();
  });
  await page.reload();
  const who = page.getByText('Signed in as');
  await who.evaluate(element => element.setAttribute('data-seen', ''));
  await expect(page.getByText('Being fetched')).toBeVisible();
  release();
  await expect(page.getByRole('progressbar')).toBeVisible();
  await expect(who).toHaveAttribute('data-seen', '');
});

test('a visitor who never signed in causes no refresh', async ({ page, watch }) => {
  for (const path of ['/login', '/signup', '/account', '/signed-out', '/nowhere']) {
    await page.goto(path);
    await page.waitForLoadState('networkidle');
  }
  expect(watch.count('/api/refresh')).toBe(0);
  expect(watch.count('/api/me')).toBe(0);
});

test('signing out hides everything, for the back button and for the token too', async ({ page, request, watch }) => {
  const name = await signUpForAccount(page);
  await page.goto('/nowhere');
  await page.goto('/account');
  await hasToken(page);
  const token = watch.newestToken();
  const me = () => request.get('/api/v1/me', { headers: { authorization: `Bearer ${token}` } });
  expect((await me()).status()).toBe(200);
  await step('signs out', watch, page, async () => {
    await Promise.all([page.waitForResponse('**/api/logout'), page.getByRole('button', { name: 'Sign out' }).click()]);
    await expect(page).toHaveURL('/signed-out?reason=signed_out');
    await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeFocused();
  });
  expect((await me()).status(), 'the old access token').toBe(401);
  expect(await keptCookie(page.context())).toBeUndefined();
  await step('goes back to the page before, and to the account before that', watch, page, async () => {
    await page.goBack();
    await expect(page).toHaveURL('/nowhere');
    await page.goBack();
    await expect(page.getByText(name)).toHaveCount(0);
    await expect(page).toHaveURL('/login?next=/account');
  });
  await step('loads the page anew', watch, page, async () => {
    await page.goto('/account');
    await expect(page).toHaveURL('/login?next=/account');
  });
});

test('signing out in one tab is seen in the others, and signing in as well', async ({ page, context }) => {
  const name = await signUpForAccount(page);
  const tab = await context.newPage();
  await tab.goto('/account');
  await hasToken(tab);
  const heard = page.waitForResponse(/\/api\/logout/);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(tab.getByText(name)).toHaveCount(0, { timeout: 1_000 });
  await expect(tab).toHaveURL('/signed-out?reason=signed_out');
  await heard;

  await tab.goto('/login');
  await alive(tab);
  await page.goto('/login');
  await alive(page);
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  for (const opened of [page, tab]) await isHome(opened);
  await tab.goto('/account');
  await expect(tab.getByText(`Signed in as ${name}`)).toBeVisible();
});

test('two browsers of one person are two sessions', async ({ page, browser, baseURL }) => {
  const name = await signUpForAccount(page);
  const phone = await browser.newContext({ baseURL });
  const there = await phone.newPage();
  await there.goto('/login?next=/account');
  await alive(there);
  await fillIn(there, name, password);
  await there.getByRole('button', { name: 'Sign in' }).click();
  await expect(there.getByText(`Signed in as ${name}`)).toBeVisible();
  await there.getByRole('button', { name: 'Sign out' }).click();
  await expect(there).toHaveURL(/signed-out/);
  await page.reload();
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
  await phone.close();
});

test('signing in again in the same browser ends the session before, and says so', async ({ page, context, request }) => {
  const name = await signUp(page);
  const before = (await keptCookie(context))!;
  // As a page without scripts does it, with the cookie of the session that it replaces.
  const form = { username: name, password };
  const headers = { 'sec-fetch-site': 'same-origin', cookie: `${before.name}=${before.value}` };
  expect((await request.post('/login', { form, headers, maxRedirects: 0 })).status()).toBe(303);
  await page.goto('/account');
  await expect(page).toHaveURL('/signed-out?reason=replaced&next=/account');
  await expect(page.getByText('You signed in again in this browser')).toBeVisible();
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await alive(page);
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL('/account');
});

test('a login waits for a logout that is still on its way', async ({ page }) => {
  const name = await signUp(page);
  let release = () => {};
  const held = new Promise<void>(resolve => (release = resolve));
  await page.route('**/api/logout', async route => {
    const answer = await route.fetch();
    await held;
    await route.fulfill({ response: answer });
  });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await alive(page);
  const order: string[] = [];
  page.on('response', response => order.push(new URL(response.url()).pathname));
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Signing in…' })).toBeVisible();
  release();
  await isHome(page);
  expect(order.filter(path => ['/api/logout', '/api/login'].includes(path))).toEqual(['/api/logout', '/api/login']);
  await page.goto('/account');
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
});

test('a sign-out that the server has not heard of is kept through a reload', async ({ page, context }) => {
  const name = await signUp(page);
  await page.route('**/api/logout', route => route.abort(), { times: 1 });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('alert')).toContainText('The server does not know yet');
  await Promise.all([page.waitForResponse('**/api/logout'), page.goto('/account')]);
  await expect(page).toHaveURL(/signed-out|login/);
  await expect(page.getByText(name)).toHaveCount(0);
  await expect.poll(() => keptCookie(context)).toBeUndefined();
});

test('a link from another site finds the person signed in', async ({ page, server }) => {
  const name = await signUp(page);
  await followFromElsewhere(page, server, '/account');
  await expect(page).toHaveURL('/account');
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
});

test('a visitor who follows such a link is asked to sign in, without a refresh', async ({ page, server, watch }) => {
  await followFromElsewhere(page, server, '/account');
  await expect(page).toHaveURL('/login?next=/account');
  await alive(page);
  expect(watch.count('/api/refresh')).toBe(0);
});

test('a sign-out that the server has not heard of does not end a later login', async ({ page, context }) => {
  const name = await signUp(page);
  await page.route('**/api/logout', route => route.abort(), { times: 1 });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('alert')).toContainText('The server does not know yet');
  await context.clearCookies();
  // Signed in again before the app has arrived: a plain form.
  await page.route('**/*.wasm', route => route.abort(), { times: 1 });
  await page.goto('/login?next=/account');
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL('/account');
  await hasToken(page);
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
});

test('storage that is forbidden costs nothing but the memory', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
    Object.defineProperty(window, 'BroadcastChannel', { value: undefined });
  });
  const name = await signUpForAccount(page);
  await page.reload();
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
  await hasToken(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/signed-out?reason=signed_out');
});

test('a page that never heard which session it is signs out of it all the same', async ({ page, server, network }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
  });
  await signUp(page);
  const late = network.fault('delay the request', { path: '/api/refresh', times: Infinity });
  await followFromElsewhere(page, server, '/account');
  await late.hasStruck();
  const heard = page.waitForResponse(/\/api\/logout/);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/signed-out?reason=signed_out');
  await heard;
  expect(network.count('/api/logout')).toBe(1);
  network.mend('drop');
  await page.goto('/account');
  await expect(page).toHaveURL(/\/login/);
});
