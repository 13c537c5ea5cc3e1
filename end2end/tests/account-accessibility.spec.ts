import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, password, signUp, summary, test } from '../fixtures/index.ts';
import type { Server } from '../fixtures/server.ts';

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function hasNoViolations(page: Page) {
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map(node => node.target) }))).toEqual([]);
}

async function oneMore(server: Server, username: string, device: string) {
  await fetch(`${server.url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': device },
    body: JSON.stringify({ username, password }),
  });
}

const states: Record<string, (page: Page, server: Server) => Promise<unknown>> = {
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
    const name = await signUp(page);
    for (let i = 0; i < 11; i++) await oneMore(server, name, 'x'.repeat(200));
    await page.reload();
    await expect(page.getByRole('link', { name: 'Older' })).toBeVisible();
  },
  'signed out, with the details': async (page, server) => {
    await signUp(page);
    const [cookie] = await page.context().cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/signed-out/);
    await page.context().addCookies([cookie!]);
    await page.goto(`${server.url}/signed-out?reason=revoked&next=/account/sessions`);
    await expect(page.locator('time')).toBeVisible();
  },
  'signed out, a used-up key': page => page.goto('/signed-out?reason=reused'),
};

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' }, expected: /status of (401|422) .*\/api\// });
    for (const [name, reach] of Object.entries(states)) {
      test(`${name} has no violations, and fits a narrow screen`, async ({ page, server }) => {
        await reach(page, server);
        await hasNoViolations(page);
        await page.setViewportSize({ width: 320, height: 600 });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(overflow, 'nothing to scroll sideways').toBe(0);
        await hasNoViolations(page);
        for (const control of await page.locator('button:visible, a:visible, input:visible').all()) {
          const box = (await control.boundingBox())!;
          expect(Math.min(box.width, box.height), await control.innerText()).toBeGreaterThanOrEqual(24);
        }
      });
    }
  });
}
