// The server has renewed the session, and the browser has not heard of it.

import { alive, expect, fillIn, fillInSignUp, generation, hasToken, offline, password, renewed, signUp, someone, summary, test } from '../fixtures/index.ts';

const minute = 60_000;
const hour = 60 * minute;

test.use({ expected: /net::ERR_\w+ .*\/api\/(refresh|signup|change_password)|status of 409 .*\/api\/signup|status of 422 .*\/api\/change_password/ });

test('an answer that is lost twice is there at the third time of asking, after seconds', async ({ page, context, person, clock, network, watch }) => {
  await page.goto('/account');
  await hasToken(page);
  const before = await generation(context);
  const lost = network.fault('lose the answer', { path: '/api/refresh', times: 2 });
  await clock.sleep(16 * minute);
  await clock.wake();
  await lost.hasStruck(1);
  await expect(offline(page)).toBeVisible();
  await lost.hasStruck(2);
  await renewed(page, 1);
  await expect(offline(page)).toHaveCount(0);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(network.count('/api/refresh')).toBe(1 + 3);
  expect(watch.count('/api/refresh')).toBe(1 + 3);
  expect(await generation(context), 'it was one renewal').toBe(before + 1);
});

test('an answer that is lost is there eight hours later', async ({ page, context, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const before = await generation(context);
  const lost = network.fault('lose the answer', { path: '/api/refresh' });
  const away = network.fault('offline', { times: Infinity });
  await clock.sleep(16 * minute);
  await clock.wake();
  await lost.hasStruck();
  await expect(offline(page)).toBeVisible();
  await clock.sleep(8 * hour);
  away.lift();
  await clock.wake();
  await renewed(page, 1);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(network.count('/api/refresh')).toBe(1 + 2);
  expect(await generation(context), 'it was one renewal').toBe(before + 1);
});

test('an answer that is lost with the page is there for the next page', async ({ page, context, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const before = await generation(context);
  const lost = network.fault('lose the answer', { path: '/api/refresh' });
  await clock.sleep(16 * minute);
  await clock.wake();
  await lost.hasStruck();
  await page.close();
  await clock.sleep(8 * hour);
  const next = await context.newPage();
  await next.goto('/account');
  await hasToken(next);
  await expect(next.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(await generation(context)).toBe(before + 1);
  expect(network.count('/api/refresh')).toBe(1 + 2);
});

test('whoever gets no answer to a sign-up is told that the account may be there, and it is', async ({ page, network }) => {
  const name = someone();
  await page.goto('/signup');
  await alive(page);
  await fillInSignUp(page, name, password);
  const lost = network.fault('lose the answer', { path: '/api/signup' });
  await page.getByRole('button', { name: 'Create account' }).click();
  await lost.hasStruck();
  await expect(summary(page)).toContainText('If that username is taken then, the account was made: sign in with it.');
  await expect(page.getByLabel('Username')).toHaveValue(name);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(summary(page)).toContainText('That username is taken.');
  await page.goto('/login?next=/account');
  await alive(page);
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
});

test('whoever gets no answer to a change of password is told that it may be another one, and it is', async ({ page, network }) => {
  const another = 'nine tall herons at dusk';
  await signUp(page);
  await page.getByRole('link', { name: 'Password' }).click();
  await page.getByLabel('Current password', { exact: true }).fill(password);
  await page.getByLabel('New password', { exact: true }).fill(another);
  const lost = network.fault('lose the answer', { path: '/api/change_password' });
  await page.getByRole('button', { name: 'Change password' }).click();
  await lost.hasStruck();
  await expect(summary(page)).toContainText('If your current password is not taken then, it was changed to the new one.');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(summary(page)).toContainText('That is not your current password.');
});
