// What people and devices are called is shown as text: by the server, after the app has taken over, and when the app goes from page to page.

import type { Page } from '@playwright/test';
import { alive, expect, fillInSignUp, hasToken, password, someone, summary, test } from '../fixtures/index.ts';
import type { Server } from '../fixtures/server.ts';

// Each would run a script somewhere, if it were not text there. What marks a name as new is at its end.
const names = [
  '<img/src=x/onerror=hit()>',
  '</script><script>hit()</script>',
  '</title></textarea><svg/onload=hit()>',
  '"><script>hit()</script>',
  "'-hit()-'",
  '${hit()}`{{hit()}}',
  '<!--<script>',
  ']]>&lt;b&gt;&#60;i>',
  '\\u003cimg\\u0020src=x\\u0020onerror=hit()\\u003e',
  'javascript:hit()',
].map(name => `${name}${someone().split('-').slice(1).join('')}`);

// A device is called by what its program says first, up to a space or a slash.
const programs = ['<img\tsrc=x\tonerror=hit()>', '<svg\tonload=hit()>', '"><script>hit()<', '{{hit()}}', "'-hit()-'", '</script', '<!--<script>'];
const device = (program: string) => program.split(/[/ ]/)[0]!.slice(0, 40);

async function signInAs(server: Server, username: string, userAgent: string) {
  const answer = await fetch(`${server.url}/api/v1/login`, { method: 'POST', headers: { 'content-type': 'application/json', 'user-agent': userAgent }, body: JSON.stringify({ username, password }) });
  expect(answer.status).toBe(200);
}

// Nothing came of it but text: no element, no script that ran.
async function isText(page: Page) {
  const made = await page.evaluate(() => ({
    elements: document.querySelectorAll('img, b, i, textarea, title ~ title, main script, [onload], [onerror]').length,
    hit: (window as { wasHit?: boolean }).wasHit ?? false,
  }));
  expect(made).toEqual({ elements: 0, hit: false });
}

test('what a person is called is shown as text, everywhere and each time', async ({ page, context }) => {
  test.setTimeout(120_000);
  await context.addInitScript(() => Object.assign(window, { hit: () => Object.assign(window, { wasHit: true }) }));
  for (const name of names) {
    await context.clearCookies();
    await page.goto('/signup?next=/account');
    await alive(page);
    // Refused, with the name in the form; then taken, and the app goes on by itself.
    await fillInSignUp(page, name, 'short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(summary(page)).toContainText('This password has 5.');
    await isText(page);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByText(`Signed in as ${name}`, { exact: true })).toBeVisible();
    await isText(page);
    // Rendered by the server, and taken over by the app.
    await page.reload();
    await expect(page.getByText(`Signed in as ${name}`, { exact: true })).toBeVisible();
    await hasToken(page);
    await isText(page);
    await page.getByRole('link', { name: 'Password' }).click();
    await expect(page.locator('input[name=username]')).toHaveValue(name);
    await isText(page);
    await page.getByRole('link', { name: 'Account', exact: true }).click();
    await expect(page.getByText(`Signed in as ${name}`, { exact: true })).toBeVisible();
    await isText(page);
  }
});

test('what a device calls itself is shown as text, everywhere and each time', async ({ page, context, person, server }) => {
  await context.addInitScript(() => Object.assign(window, { hit: () => Object.assign(window, { wasHit: true }) }));
  for (const program of programs) await signInAs(server, person.name, program);
  // By the server, then by the app; on the one page as what happened, on the other as where the person is signed in.
  for (const path of ['/account', '/account/sessions']) {
    await page.goto(path);
    for (const again of [false, true]) {
      if (again) {
        await page.getByRole('link', { name: path === '/account' ? 'Sessions' : 'Account', exact: true }).click();
        await page.getByRole('link', { name: path === '/account' ? 'Account' : 'Sessions', exact: true }).click();
      }
      for (const program of programs) await expect(page.getByText(device(program)).first()).toBeVisible();
      await isText(page);
    }
  }
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('what a refused form is given back is text', async ({ page }) => {
    // What can be no name, and is shown to whoever typed it.
    for (const name of [...names, 'ada\u202egnp.exe', 'ada\u2066\u200b\ufeff']) {
      await page.goto('/signup');
      await fillInSignUp(page, name, 'short');
      await page.getByRole('button', { name: 'Create account' }).click();
      await expect(summary(page)).toBeVisible();
      await expect(page.getByLabel('Username')).toHaveValue(name);
      await expect(page.locator('img, b, i, textarea, main script, main svg')).toHaveCount(0);
    }
    await page.getByLabel('Username').fill('ada\u202egnp.exe');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(summary(page)).toContainText('Use letters, digits and ordinary punctuation for the username.');
  });
});
