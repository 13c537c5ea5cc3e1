import { expect, keptCookie, password, signUp, signUpForAccount, summary } from '../fixtures/index.ts';
import type { Server } from '../fixtures/server.ts';
import { lookAt, type States } from './looks.ts';

async function oneMore(server: Server, username: string, device: string) {
  await fetch(`${server.url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': device },
    body: JSON.stringify({ username, password }),
  });
}

const states: States = {
  'sessions': async (page, server) => {
    const name = await signUp(page);
    for (let i = 0; i < 11; i++) await oneMore(server, name, 'x'.repeat(200));
    await page.getByRole('link', { name: 'Sessions' }).click();
    await expect(page.getByRole('link', { name: 'Older sessions' })).toBeVisible();
  },
  'sessions, asked once more': async page => {
    await signUp(page);
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await expect(page.getByRole('button', { name: 'Yes, sign out everywhere' })).toBeVisible();
  },
  'sessions, ended': async (page, server) => {
    const name = await signUp(page);
    await oneMore(server, name, 'a-program/1.0');
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('button', { name: 'End session' }).click();
    await expect(page.getByText('1 session was ended.')).toBeVisible();
  },
  'password': async page => {
    await signUp(page);
    await page.getByRole('link', { name: 'Password' }).click();
    await expect(page.getByRole('button', { name: 'Show new password' })).toBeVisible();
  },
  'password refused': async page => {
    await signUp(page);
    await page.getByRole('link', { name: 'Password' }).click();
    await page.getByRole('button', { name: 'Change password' }).click();
    await expect(summary(page)).toBeVisible();
  },
  'activity, with more': async (page, server) => {
    const name = await signUpForAccount(page);
    for (let i = 0; i < 11; i++) await oneMore(server, name, 'x'.repeat(200));
    await page.reload();
    await expect(page.getByRole('link', { name: 'Older' })).toBeVisible();
  },
  'signed out, with the details': async (page, server) => {
    await signUp(page);
    const cookie = await keptCookie(page.context());
    // The page does not wait for this answer, and it would take away the cookie that is put back.
    await Promise.all([page.waitForResponse('**/api/logout'), page.getByRole('button', { name: 'Sign out' }).click()]);
    await expect(page).toHaveURL(/signed-out/);
    await page.context().addCookies([cookie!]);
    await page.goto(`${server.url}/signed-out?reason=revoked&next=/account/sessions`);
    await expect(page.locator('time')).toBeVisible();
  },
  'signed out, a used-up key': page => page.goto('/signed-out?reason=reused'),
};

lookAt(states, /status of (401|422) .*\/api\//);
