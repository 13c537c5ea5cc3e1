import { alive, expect, fillIn, followFromElsewhere, password, signUp, step, test } from '../fixtures/index.ts';

test('a reload and a new tab stay signed in, rendered by the server', async ({ page, context, watch }) => {
  const name = await signUp(page);
  const response = await page.reload();
  expect(await response!.text(), 'the right page at once').toContain(name);
  await alive(page);
  const tab = await context.newPage();
  const opened = await tab.goto('/account');
  expect(await opened!.text()).toContain(name);
  await expect(tab.getByText(`Signed in as ${name}`)).toBeVisible();
  await watch.nothingLeaks(tab);
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
  const name = await signUp(page);
  await page.goto('/nowhere');
  await page.goto('/account');
  await alive(page);
  const token = watch.newestToken();
  const me = () => request.get('/api/v1/me', { headers: { authorization: `Bearer ${token}` } });
  expect((await me()).status()).toBe(200);
  await step('signs out', watch, page, async () => {
    await Promise.all([page.waitForResponse('**/api/logout'), page.getByRole('button', { name: 'Sign out' }).click()]);
    await expect(page).toHaveURL('/signed-out?reason=signed_out');
    await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeFocused();
  });
  expect((await me()).status(), 'the old access token').toBe(401);
  expect(await page.context().cookies()).toEqual([]);
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
  const name = await signUp(page);
  const tab = await context.newPage();
  await tab.goto('/account');
  await alive(tab);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(tab.getByText(name)).toHaveCount(0, { timeout: 1_000 });
  await expect(tab).toHaveURL('/signed-out?reason=signed_out');

  await tab.goto('/login');
  await alive(tab);
  await page.goto('/login');
  await alive(page);
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL('/account');
  await expect(tab).toHaveURL('/account');
  await expect(tab.getByText(`Signed in as ${name}`)).toBeVisible();
});

test('two browsers of one person are two sessions', async ({ page, browser, baseURL, watch }) => {
  const name = await signUp(page);
  const phone = await browser.newContext({ baseURL });
  watch.over(phone);
  const there = await phone.newPage();
  await there.goto('/login');
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

test('signing in elsewhere in the same browser ends the session before, and says so', async ({ page, request, watch }) => {
  const name = await signUp(page);
  const before = (await page.context().cookies())[0]!;
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.context().addCookies([before]);
  await page.goto('/account');
  await expect(page).toHaveURL('/signed-out?reason=signed_out');
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await alive(page);
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL('/account');
  expect((await page.context().cookies())[0]!.value).not.toBe(before.value);
  expect((await request.get('/api/v1/me', { headers: { authorization: `Bearer ${watch.newestToken()}` } })).status()).toBe(200);
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

test('storage that is forbidden costs nothing but the memory', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
    Object.defineProperty(window, 'BroadcastChannel', { value: undefined });
  });
  await page.goto('/signup');
  await alive(page);
});
