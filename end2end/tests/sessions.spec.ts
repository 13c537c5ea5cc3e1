import type { Browser, Page } from '@playwright/test';
import { alive, expect, fillIn, fillInSignUp, home, keptCookie, password, signUp, test } from '../fixtures/index.ts';
import type { Server } from '../fixtures/server.ts';

// A call of a session that has ended is refused, and so is the refresh after it.
test.use({ expected: /status of 401 .*\/api\// });

// Signs somebody in as a program does: one more session, and no browser needed for it.
async function oneMore(server: Server, username: string) {
  const answer = await fetch(`${server.url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'a-program/1.0' },
    body: JSON.stringify({ username, password }),
  });
  expect(answer.status).toBe(200);
}

// Signs somebody in with another browser.
async function elsewhere(browser: Browser, server: Server, name: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();
  await page.goto('/login?next=/account');
  await alive(page);
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
  return page;
}

const toSessions = (page: Page) => page.getByRole('link', { name: 'Sessions' }).click();
const cards = (page: Page) => page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');

test('a session that is ended from another browser says so there, with the device', async ({ page, browser, server, watch }) => {
  const name = await signUp(page);
  const other = await elsewhere(browser, server, name);
  watch.over(other.context());
  await toSessions(page);
  await expect(cards(page)).toHaveCount(2);
  await expect(cards(page).filter({ hasText: 'This session' })).toHaveCount(1);
  await page.getByRole('button', { name: 'End session' }).click();
  await expect(page.getByRole('status').filter({ hasText: '1 session was ended.' })).toBeFocused();
  await expect(cards(page)).toHaveCount(1);

  await toSessions(other);
  await expect(other).toHaveURL('/signed-out?reason=revoked&next=/account/sessions');
  await expect(other.getByText('This session was ended from another session of your account.')).toBeVisible();
  await expect(other.getByText('Chrome on Windows')).toBeVisible();
  await other.context().close();
});

test('all others are ended at once, and this one stays', async ({ page, server }) => {
  const name = await signUp(page);
  for (let i = 0; i < 3; i++) await oneMore(server, name);
  await toSessions(page);
  await page.getByRole('button', { name: 'End all other sessions' }).click();
  await expect(page.getByText('3 sessions were ended.')).toBeFocused();
  await expect(page.getByText('You are signed in here and nowhere else.')).toBeVisible();
  await page.getByRole('link', { name: 'Account' }).click();
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
});

test('signing out everywhere asks once more, and can be thought better of', async ({ page, browser, server, watch }) => {
  const name = await signUp(page);
  const other = await elsewhere(browser, server, name);
  watch.over(other.context());
  await toSessions(page);
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page.getByRole('heading', { name: 'Sign out everywhere?' })).toBeFocused();
  await page.getByRole('link', { name: 'Cancel' }).click();
  await expect(page.getByRole('button', { name: 'End all other sessions' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'All at once' })).toBeFocused();
  expect(watch.count('/api/logout_everywhere')).toBe(0);

  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.getByRole('button', { name: 'Yes, sign out everywhere' }).click();
  await expect(page).toHaveURL(/\/signed-out\?reason=signed_out/);
  await expect.poll(() => keptCookie(page.context())).toBeUndefined();
  await toSessions(other);
  await expect(other).toHaveURL(/\/signed-out\?reason=revoked/);
  await other.context().close();
});

test('a long list is walked page by page', async ({ page, server }) => {
  const name = await signUp(page);
  for (let i = 0; i < 11; i++) await oneMore(server, name);
  await toSessions(page);
  await expect(cards(page)).toHaveCount(10);
  await page.getByRole('link', { name: 'Older sessions' }).click();
  await expect(cards(page)).toHaveCount(2);
  await expect(page.getByRole('list', { name: 'Sessions' })).toBeFocused();
  await page.reload();
  await expect(cards(page)).toHaveCount(2);
  await page.getByRole('link', { name: 'Latest sessions' }).click();
  await expect(cards(page)).toHaveCount(10);

  await page.getByRole('link', { name: 'Account' }).click();
  const lines = page.getByRole('region', { name: 'Recent activity' }).getByRole('listitem');
  await expect(lines).toHaveCount(10);
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(lines).toHaveCount(13);
  await expect(lines.nth(10)).toBeFocused();
  await expect(lines.last()).toContainText('Account made');
});

test.describe('scripts switched off', () => {
  test.use({ javaScriptEnabled: false });

  test('a person ends one session, and then all of them', async ({ page, server }) => {
    const name = await signUpPlainly(page);
    await oneMore(server, name);
    await toSessions(page);
    await page.getByRole('button', { name: 'End session' }).click();
    await expect(page.getByText('1 session was ended.')).toBeVisible();
    await expect(cards(page)).toHaveCount(1);
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('button', { name: 'Yes, sign out everywhere' }).click();
    await expect(page).toHaveURL('/signed-out?reason=signed_out');
    await page.goto('/account');
    await expect(page).toHaveURL('/login?next=/account');
  });
});

async function signUpPlainly(page: Page): Promise<string> {
  const name = `plain-${process.pid}-${Date.now()}`;
  await page.goto('/signup');
  await fillInSignUp(page, name, password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(home);
  return name;
}
