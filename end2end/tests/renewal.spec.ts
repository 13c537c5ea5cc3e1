import { alive, expect, fillIn, hasToken, Person, signUpForAccount, test } from '../fixtures/index.ts';

test.use({ settings: { ACCESS_TTL: '3s', ROTATION_SETTLE: '1s' }, expected: /status of 401 .*\/api\/me|net::ERR_FAILED .*\/api\/refresh/ });

const invalidToken = JSON.stringify({ title: 'Unauthorized', status: 401, code: 'invalid_token', detail: 'The access token is not valid.' });

test('the access token is renewed in silence, again and again', async ({ page, watch }) => {
  const name = await signUpForAccount(page);
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

test('a call whose token is refused refreshes once and is sent once more', async ({ page, server, watch }) => {
  const person = await Person.join(server.url);
  await page.goto('/login?next=/account');
  await alive(page);
  // The call that the account page makes when the app moves there: refused, the first time.
  await page.route('**/api/me', route => route.fulfill({ status: 401, contentType: 'application/problem+json', body: invalidToken }), { times: 1 });
  const before = { me: watch.count('/api/me'), refresh: watch.count('/api/refresh') };
  await fillIn(page, person.name, person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(watch.count('/api/me') - before.me).toBe(2);
  expect(watch.count('/api/refresh') - before.refresh).toBe(1);
});

test('a call that is refused again is an error to see, and no loop', async ({ page, server, watch }) => {
  const person = await Person.join(server.url);
  await page.goto('/login?next=/account');
  await alive(page);
  await page.route('**/api/me', route => route.fulfill({ status: 401, contentType: 'application/problem+json', body: invalidToken }));
  const before = { me: watch.count('/api/me'), refresh: watch.count('/api/refresh') };
  await fillIn(page, person.name, person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  expect(watch.count('/api/me') - before.me).toBe(2);
  expect(watch.count('/api/refresh') - before.refresh).toBe(1);
});

test('a token that one tab is given serves the other', async ({ page, context }) => {
  await signUpForAccount(page);
  const tab = await context.newPage();
  await tab.goto('/account');
  await hasToken(tab);
  // This one cannot renew by itself any more.
  await page.route('**/api/refresh', route => route.abort());
  const renewed = page.getByRole('listitem').filter({ hasText: 'Renewed at' });
  await tab.bringToFront();
  await expect(renewed).toHaveCount(3, { timeout: 20_000 });
  await expect(page.getByText(/Good for \d seconds? more/)).toBeVisible();
});

test('a page that was away past the expiry comes back to life', async ({ page, request, watch }) => {
  await signUpForAccount(page);
  const old = watch.newestToken();
  await page.goto('about:blank');
  const status = async () => (await request.get('/api/v1/me', { headers: { authorization: `Bearer ${old}` } })).status();
  await expect.poll(status, { timeout: 10_000 }).toBe(401);
  await page.goto('/account');
  await hasToken(page);
  await expect(page.getByText(/Good for \d seconds? more/)).toBeVisible();
});
