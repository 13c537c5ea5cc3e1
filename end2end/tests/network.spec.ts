import { alive, expect, fillIn, password, signUp, someone, summary, test } from '../fixtures/index.ts';

test.use({ expected: /Failed to load resource|net::ERR/ });

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
    const person = await signUp(page);
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

test('signing out without a network hides everything and says what is left to do', async ({ page, context }) => {
  const name = await signUp(page);
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText(name)).toHaveCount(0);
  await expect(page.getByRole('alert')).toContainText('The server does not know yet');
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.goto('/account');
  await expect(page).toHaveURL(/\/login/);
});
