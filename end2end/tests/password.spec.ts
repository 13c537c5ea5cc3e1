import type { Page } from '@playwright/test';
import { alive, expect, fillIn, fillInSignUp, password, product, signUp, summary, test } from '../fixtures/index.ts';

test.use({ expected: /status of (401|422) .*\/(api|account)\// });

const another = 'nine tall herons at dusk';

async function change(page: Page, current: string, next: string) {
  await page.getByLabel('Current password', { exact: true }).fill(current);
  await page.getByLabel('New password', { exact: true }).fill(next);
  await page.getByRole('button', { name: 'Change password' }).click();
}

async function toPassword(page: Page) {
  await page.getByRole('link', { name: 'Password' }).click();
  await expect(page.getByRole('button', { name: 'Show new password' })).toBeVisible();
}

test('a new password ends the session of another browser, which says why', async ({ page, browser, server }) => {
  const name = await signUp(page);
  const context = await browser.newContext({ baseURL: server.url });
  const other = await context.newPage();
  await other.goto('/login?next=/account');
  await alive(other);
  await fillIn(other, name, password);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(other.getByText(`Signed in as ${name}`)).toBeVisible();

  await toPassword(page);
  await change(page, password, another);
  await expect(page.getByText('Your password is changed. 1 other session was ended.')).toBeFocused();
  await expect(page.getByLabel('Current password', { exact: true })).toHaveValue('');
  await expect(page.getByLabel('New password', { exact: true })).toHaveValue('');

  await other.getByRole('link', { name: 'Sessions' }).click();
  await expect(other).toHaveURL('/signed-out?reason=password_changed&next=/account/sessions');
  await expect(other.getByText('The password of your account was changed')).toBeVisible();
  await expect(other.getByText('Chrome on Windows')).toBeVisible();
  await other.getByRole('link', { name: 'Sign in again' }).click();
  await alive(other);
  await fillIn(other, name, another);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(other).toHaveURL('/account/sessions');
  await context.close();
});

test('what is wrong is told at its field, and nothing typed is lost', async ({ page }) => {
  await signUp(page);
  await toPassword(page);
  await change(page, 'not my password at all', 'short');
  await expect(summary(page)).toBeFocused();
  await expect(page).toHaveTitle(`Error: Change your password · ${product}`);
  const current = page.getByLabel('Current password', { exact: true });
  await expect(current).toHaveAccessibleDescription('That is not your current password.');
  await expect(page.getByLabel('New password', { exact: true })).toHaveAccessibleDescription(/Use at least 15 characters. This password has 5./);
  await expect(current).toHaveValue('not my password at all');
  await expect(page.getByLabel('New password', { exact: true })).toHaveValue('short');
  await summary(page).getByRole('link', { name: 'That is not your current password.' }).click();
  await expect(current).toBeFocused();
  await change(page, password, another);
  await expect(page.getByText('Your password is changed.')).toBeVisible();
  await expect(summary(page)).toBeHidden();
});

test('a password manager finds the name beside the passwords', async ({ page }) => {
  const name = await signUp(page);
  await toPassword(page);
  await expect(page.locator('form input[autocomplete=username]')).toHaveValue(name);
  await page.goto('/.well-known/change-password');
  await expect(page).toHaveURL('/account/password');
});

test.describe('scripts switched off', () => {
  test.use({ javaScriptEnabled: false });

  test('a person changes the password', async ({ page }) => {
    await page.goto('/signup');
    await fillInSignUp(page, `plain-${process.pid}-${Date.now()}`, password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('link', { name: 'Password' }).click();
    await change(page, 'not my password at all', another);
    await expect(summary(page)).toContainText('That is not your current password.');
    await change(page, password, another);
    await expect(page.getByText('Your password is changed. There were no other sessions to end.')).toBeVisible();
  });
});
