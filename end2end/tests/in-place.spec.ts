// A session that ends under somebody's hands is entered again where it ended, and nothing that was typed is lost.

import type { Page } from '@playwright/test';
import { alive, expect, fillIn, hasToken, Person, test } from '../fixtures/index.ts';

const day = 86_400_000;
const next = 'a saucer of green herrings';

test.use({ expected: /status of (401|422) .*\/api\// });

const card = (page: Page) => page.getByRole('region', { name: 'Sign in again to go on' });
const current = (page: Page) => page.getByLabel('Current password', { exact: true });
const fresh = (page: Page) => page.getByLabel('New password', { exact: true });
const change = (page: Page) => page.getByRole('button', { name: 'Change password' });

// The page for a new password, with its first access token.
async function open(page: Page) {
  await Promise.all([page.waitForResponse('**/api/refresh'), page.goto('/account/password')]);
  await alive(page);
}

// The form for a new password, filled in.
async function fill(page: Page, person: Person) {
  await open(page);
  await current(page).fill(person.password);
  await fresh(page).fill(next);
}

async function signInAgain(page: Page, password: string) {
  await card(page).getByLabel('Password', { exact: true }).fill(password);
  await card(page).getByRole('button', { name: 'Sign in and go on' }).click();
}

test('a form that is sent after its session has ended is sent when the person has signed in again', async ({ page, person, server, network }) => {
  await fill(page, person);
  await server.pass(8 * day);
  await change(page).click();
  await expect(card(page)).toContainText('Your session has come to its end.');
  await expect(page.getByRole('heading', { name: 'Sign in again to go on' })).toBeFocused();
  await expect(current(page)).toBeHidden();
  await expect(page).toHaveURL('/account/password');
  await signInAgain(page, person.password);
  await expect(page.getByText('Your password is changed.')).toBeVisible();
  await expect(card(page)).toHaveCount(0);
  // Refused once, sent once more; one refresh when the page was opened, one that was refused.
  expect(network.count('/api/change_password')).toBe(2);
  expect(network.count('/api/refresh')).toBe(2);
  expect(network.count('/api/login')).toBe(1);
});

test('a form that was filled when its session ended is as it was when the person has signed in again', async ({ page, person, server, clock, network }) => {
  await fill(page, person);
  await fresh(page).focus();
  await server.pass(8 * day);
  await clock.sleep(16 * 60_000);
  await clock.wake();
  await expect(card(page)).toBeVisible();
  await expect(fresh(page)).toBeHidden();
  await signInAgain(page, 'not the right one at all');
  await expect(page.getByRole('alert')).toContainText('do not go together');
  await signInAgain(page, person.password);
  await expect(current(page)).toHaveValue(person.password);
  await expect(fresh(page)).toHaveValue(next);
  await expect(fresh(page)).toBeFocused();
  expect(network.count('/api/change_password')).toBe(0);
  await change(page).click();
  await expect(page.getByText('Your password is changed.')).toBeVisible();
  expect(network.count('/api/change_password')).toBe(1);
  expect(network.count('/api/refresh')).toBe(2);
});

test('where nothing was typed the person is told why, and comes back after signing in', async ({ page, person, server, clock, network }) => {
  await open(page);
  await server.pass(8 * day);
  await clock.sleep(16 * 60_000);
  await clock.wake();
  await expect(page).toHaveURL('/signed-out?reason=expired&next=/account/password');
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await alive(page);
  await fillIn(page, person.name, person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL('/account/password');
  await expect(fresh(page)).toHaveValue('');
  expect(network.count('/api/refresh')).toBe(2);
});

test('a person who signs out themselves is not asked to sign in again, whatever they had typed', async ({ page, context, person, server, network }) => {
  await fill(page, person);
  const other = await context.newPage();
  await other.goto(`${server.url}/account`);
  await hasToken(other);
  await other.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/signed-out?reason=signed_out');
  await expect(card(page)).toHaveCount(0);
  expect(network.count('/api/refresh')).toBe(2);
  await page.goBack();
  await expect(fresh(page)).toHaveCount(0);
});

test('what one person was sending is not sent in the name of another who signs in meanwhile', async ({ page, context, person, server, network }) => {
  await fill(page, person);
  const somebody = await Person.join(server.url);
  const other = await context.newPage();
  await other.goto(`${server.url}/livez`);
  await server.pass(8 * day);
  await change(page).click();
  await expect(card(page)).toBeVisible();
  const sent = network.count('/api/change_password');
  await other.goto(`${server.url}/login?next=/account`);
  await alive(other);
  await fillIn(other, somebody.name, somebody.password);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(other.getByText(`Signed in as ${somebody.name}`)).toBeVisible();
  await expect(card(page)).toHaveCount(0);
  await expect(fresh(page)).toHaveValue('');
  expect(network.count('/api/change_password')).toBe(sent);
  await page.goto('/account');
  await expect(page.getByText(`Signed in as ${somebody.name}`)).toBeVisible();
});
