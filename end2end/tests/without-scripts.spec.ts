import { expect, fillIn, fillInSignUp, home, password, product, someone, summary, test } from '../fixtures/index.ts';

test.describe('scripts switched off', () => {
  test.use({ javaScriptEnabled: false });

  test('a person signs up, sees the account, signs out and in again', async ({ page }) => {
    const name = someone();
    await page.goto('/signup');
    await fillInSignUp(page, name, 'short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(summary(page)).toContainText('This password has 5.');
    await expect(page).toHaveTitle(`Error: Create an account · ${product}`);
    await expect(page.getByLabel('Username')).toHaveValue(name);

    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page).toHaveURL(home);
    await page.goto('/account');
    await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
    await expect(page.locator('noscript p').first()).toBeVisible();
    await expect(page.getByText('Being fetched')).toBeHidden();
    await expect(page.getByText('Silent renewals')).toBeHidden();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL('/signed-out?reason=signed_out');
    await page.goto('/account');
    await expect(page).toHaveURL('/login?next=/account');

    await fillIn(page, name, 'not the right one at all');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(summary(page)).toContainText('That username and password do not go together.');
    await expect(page).toHaveURL('/login?next=/account');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL('/account');
  });
});

test.describe('the app does not arrive', () => {
  test.use({ expected: /Failed to (load resource|fetch)|net::ERR/ });

  test('blocked WASM leaves pages that work', async ({ page }) => {
    await page.route('**/*.wasm', route => route.abort());
    const name = someone();
    await page.goto('/signup?next=/account');
    await fillInSignUp(page, name, password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL('/signed-out?reason=signed_out');
  });
});

test('what is typed before the app arrives is kept, and the form then goes without leaving the page', async ({ page, watch }) => {
  let release = () => {};
  const held = new Promise<void>(resolve => (release = resolve));
  await page.route('**/*.wasm', async route => {
    await held;
    await route.continue();
  });
  const name = someone();
  await page.goto('/signup?next=/account', { waitUntil: 'commit' });
  await fillInSignUp(page, name, password);
  await expect(page.getByRole('button', { name: 'Show password' })).toHaveCount(0);
  release();
  await expect(page.getByRole('button', { name: 'Show password' })).toBeVisible();
  await expect(page.getByLabel('Username')).toHaveValue(name);
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
  expect(watch.count('/api/signup')).toBe(1);
});

test('a form sent before the app arrives is answered with the same form, which comes to life', async ({ page }) => {
  await page.route('**/*.wasm', () => {}, { times: 1 });
  await page.goto('/login', { waitUntil: 'commit' });
  await fillIn(page, 'nobody-at-all', 'not the right one at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(summary(page)).toContainText('That username and password do not go together.');
  await expect(page.getByRole('button', { name: 'Show password' })).toBeVisible();
  await expect(page.getByLabel('Username')).toHaveValue('nobody-at-all');
});

test('the form does not take the focus from somebody who is typing already as it comes to life', async ({ page }) => {
  let release = () => {};
  const held = new Promise<void>(resolve => (release = resolve));
  await page.goto('/login');
  await page.getByRole('button', { name: 'Show password' }).waitFor();
  await page.route('**/*.js', async route => {
    await held;
    await route.continue();
  });
  // Posted as a page without scripts posts it.
  await page.evaluate(() => document.querySelector('form')!.submit());
  await expect(summary(page)).toContainText('Enter a username.');
  await page.getByLabel('Username').pressSequentially('ada');
  release();
  await expect(page.getByRole('button', { name: 'Show password' })).toBeVisible();
  await page.keyboard.type(' lovelace');
  await expect(page.getByLabel('Username')).toHaveValue('ada lovelace');
});
