import type { Page } from '@playwright/test';
import { alive, expect, fillIn, hasToken, isHome, offline, password, signUp, signUpForAccount, someone, summary, test } from '../fixtures/index.ts';
import type { Network } from '../fixtures/network.ts';

test.use({ expected: /Failed to load resource|net::ERR|Failed to fetch/ });

// The person signs out, and the server does not hear of it.
async function signOutUnheard(page: Page, network: Network) {
  network.fault('lose the request', { path: '/api/logout' });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('alert')).toContainText('The server does not know yet');
}

// The page stands as the server rendered it until what this returns is called.
async function holdTheApp(page: Page): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>(resolve => (release = resolve));
  await page.route('**/*.wasm', async route => {
    await held;
    await route.continue();
  });
  return release;
}

test('offline, a form says so and keeps what was typed', async ({ page, context }) => {
  await page.goto('/login');
  await alive(page);
  await fillIn(page, someone(), password);
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(summary(page)).toContainText('The server could not be reached.');
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue(password);
  await context.setOffline(false);
});

test('a slow answer is waited for, and the person is told', async ({ page }) => {
  await page.goto('/login');
  await alive(page);
  let release = () => {};
  const held = new Promise<void>(resolve => (release = resolve));
  await page.route('**/api/login', async route => {
    await held;
    await route.continue();
  });
  await fillIn(page, someone(), 'not the right one at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const button = page.getByRole('button', { name: 'Signing in…' });
  await expect(button).toHaveAttribute('aria-busy', 'true');
  await expect(page.getByText('This is taking longer than usual.')).toBeVisible();
  release();
  await expect(summary(page)).toBeVisible();
  await expect(page.getByText('This is taking longer than usual.')).toHaveCount(0);
});

for (const { name, answer } of [
  { name: 'a busy server', answer: { status: 503, contentType: 'application/problem+json', body: '{"title":"Service Unavailable","status":503,"code":"busy","detail":"The server is busy.","retry_after":1}' } },
  { name: 'a proxy that fails', answer: { status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' } },
  { name: 'a captive portal', answer: { status: 200, contentType: 'text/html', body: '<h1>Welcome to our café</h1>' } },
]) {
  test(`${name} is no sign-out`, async ({ page }) => {
    const person = await signUpForAccount(page);
    await page.route('**/api/refresh', route => route.fulfill(answer), { times: 1 });
    await page.reload();
    await expect(page.getByText(`Signed in as ${person}`)).toBeVisible();
    await expect(page.getByText('You stay signed in, and we keep trying.')).toBeVisible();
    // It tries again by itself, and is heard.
    await expect(page.getByText('You stay signed in, and we keep trying.')).toHaveCount(0, { timeout: 10_000 });
    await expect(page.getByRole('progressbar')).toBeVisible();
    await expect(page).toHaveURL('/account');
  });
}

test('signing out without a network hides everything, says what is left to do, and is told to the server when it is back', async ({ page, context, watch }) => {
  const name = await signUpForAccount(page);
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText(name)).toHaveCount(0);
  await expect(page.getByRole('alert')).toContainText('The server does not know yet');
  await context.setOffline(false);
  await expect(page.getByRole('alert')).toHaveCount(0);
  expect(watch.count('/api/logout')).toBe(2);
  await page.goto('/account');
  await expect(page).toHaveURL(/\/login/);
});

test('a sign-out that the server could not be told is told at a press', async ({ page, network }) => {
  await signUp(page);
  const failing = network.fault('answer 502', { path: '/api/logout', times: Infinity });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('alert')).toContainText('The server does not know yet');
  failing.lift();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  expect(network.count('/api/logout')).toBe(1);
});

test('a page rendered for a session that was left shows nothing of it before the app is there, and then tells the server', async ({ page, network }) => {
  const name = await signUp(page);
  await signOutUnheard(page, network);
  const release = await holdTheApp(page);
  const answer = await page.goto('/account', { waitUntil: 'domcontentloaded' });
  expect(await answer!.text(), 'the server has not heard').toContain(name);
  await expect(page.getByText(`Signed in as ${name}`)).toBeAttached();
  await expect(page.getByText(`Signed in as ${name}`)).toBeHidden();
  await expect(page.locator('main')).toBeHidden();
  release();
  await expect(page).toHaveURL(/\/login|\/signed-out/);
  await expect(page.getByRole('main')).toBeVisible();
  await expect.poll(() => network.count('/api/logout')).toBe(1);
});

test('a page rendered for a session that was left leaves for one that is nobody\'s where the app never comes', async ({ page, network }) => {
  const name = await signUp(page);
  await signOutUnheard(page, network);
  await page.route('**/*.wasm', route => route.abort());
  await page.goto('/account', { waitUntil: 'domcontentloaded' }).catch(() => {});
  await expect(page).toHaveURL('/signed-out?reason=signed_out');
  await expect(page.getByRole('link', { name: 'Sign in again' })).toBeVisible();
  await expect(page.getByText(name)).toHaveCount(0);
});

test('a covered page is shown when somebody has signed in meanwhile', async ({ page, context, network }) => {
  const name = await signUp(page);
  await signOutUnheard(page, network);
  const covered = await context.newPage();
  const release = await holdTheApp(covered);
  await covered.goto(new URL('/account', page.url()).href, { waitUntil: 'domcontentloaded' });
  await expect(covered.locator('main')).toBeHidden();
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await isHome(page);
  release();
  await expect(covered.getByText(`Signed in as ${name}`)).toBeVisible();
  expect(network.count('/api/logout'), 'nobody is signed out of the new session').toBe(0);
});

test('a page that could not be reached is there by itself when the network is back', async ({ page, network, clock }) => {
  await signUpForAccount(page);
  await hasToken(page);
  const gone = network.fault('offline', { path: /^\/api\/(refresh|sessions)/, times: Infinity });
  await clock.sleep(16 * 60_000);
  await clock.wake();
  await expect(offline(page)).toBeVisible();
  await page.getByRole('link', { name: 'Sessions' }).click();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  gone.lift();
  await expect(page.getByRole('button', { name: 'End session' }).or(page.getByText('This session'))).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
});

test('a list that could not be reached with a good token is there when the browser says that the network is back', async ({ page, context }) => {
  await signUpForAccount(page);
  await hasToken(page);
  await context.setOffline(true);
  await page.getByRole('link', { name: 'Sessions' }).click();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText('This session')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
});
