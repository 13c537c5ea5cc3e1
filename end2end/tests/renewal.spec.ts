import { alive, expect, signUp, test } from '../fixtures/index.ts';

test.use({ settings: { ACCESS_TTL: '3s', ROTATION_SETTLE: '1s' } });

test('the access token is renewed in silence, again and again', async ({ page, watch }) => {
  const name = await signUp(page);
  const who = page.getByText(`Signed in as ${name}`);

  // Whatever would flicker: the name taken away, the page moved, the heading changed.
  await page.evaluate(() => {
    const seen = { removed: 0, shifts: 0 };
    (window as unknown as { seen: typeof seen }).seen = seen;
    new MutationObserver(changes => {
      for (const change of changes) for (const node of change.removedNodes) if (node.textContent?.includes('Signed in as')) seen.removed++;
    }).observe(document.body, { childList: true, subtree: true });
    new PerformanceObserver(list => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
        if (!entry.hadRecentInput && entry.value > 0.02) seen.shifts++;
    }).observe({ type: 'layout-shift' });
    const field = document.createElement('input');
    field.id = 'being-typed';
    document.querySelector('main')!.append(field);
  });
  const field = page.locator('#being-typed');
  await field.pressSequentially('typed while ');

  const renewals = page.getByRole('listitem').filter({ hasText: 'Renewed at' });
  await expect(renewals).toHaveCount(3, { timeout: 15_000 });
  await field.pressSequentially('it was renewed');

  await expect(who).toBeVisible();
  await expect(field).toHaveValue('typed while it was renewed');
  expect(await page.evaluate(() => (window as unknown as { seen: object }).seen)).toEqual({ removed: 0, shifts: 0 });
  expect(watch.count('/api/refresh')).toBeLessThanOrEqual(5);
  await watch.nothingLeaks(page);
});

test('a page left alone past the expiry still answers, and a call with the old token refreshes once', async ({ page, watch, request }) => {
  await signUp(page);
  const old = watch.newestToken();
  await expect
    .poll(async () => (await request.get('/api/v1/me', { headers: { authorization: `Bearer ${old}` } })).status(), { timeout: 10_000 })
    .toBe(401);
  await page.reload();
  await alive(page);
  await expect(page.getByText(/Good for \d seconds? more/)).toBeVisible();
});

test('in two tabs, one renewal serves both', async ({ page, context }) => {
  await signUp(page);
  const tab = await context.newPage();
  await tab.goto('/account');
  await alive(tab);
  await expect(tab.getByRole('listitem').filter({ hasText: 'Renewed at' })).not.toHaveCount(0, { timeout: 10_000 });
  for (const one of [page, tab]) await expect(one.getByText(/Good for \d seconds? more/)).toBeVisible();
});
