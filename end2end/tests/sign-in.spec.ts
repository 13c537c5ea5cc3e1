import { alive, expect, fillIn, fillInSignUp, hasToken, home, isHome, needed, password, signUp, someone, step, summary, test, wearOut } from '../fixtures/index.ts';

test('signing in leads back to where one wanted to go', async ({ page, context, watch }) => {
  const name = await signUp(page);
  await context.clearCookies();
  await step('is sent to the form', watch, page, async () => {
    await page.goto('/account');
    await expect(page).toHaveURL('/login?next=/account');
    await alive(page);
  });
  await step('signs in', watch, page, async () => {
    await fillIn(page, name, password);
    await page.getByLabel('Password', { exact: true }).press('Enter');
    await expect(page).toHaveURL('/account');
  });
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
  await expect(page.locator('input')).toHaveCount(0);
});

test('a wrong password and an unknown name look the same', async ({ page, watch }) => {
  const known = await signUp(page);
  await Promise.all([page.waitForResponse('**/api/logout'), page.getByRole('button', { name: 'Sign out' }).click()]);
  for (const name of [known, someone()]) {
    await step(name === known ? 'a wrong password' : 'an unknown name', watch, page, async () => {
      await page.goto('/login');
      await alive(page);
      await fillIn(page, name, 'not the right one at all');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(summary(page)).toHaveText('There is a problemThat username and password do not go together.');
      await expect(page.getByLabel('Username')).toHaveValue(name);
      await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
    });
  }
});

test('a wrong password and an unknown name take the same time', async ({ page, request }) => {
  const known = await signUp(page);
  const once = async (username: string) => {
    const start = performance.now();
    const answer = await request.post('/api/v1/login', { data: { username, password: 'not the right one at all' } });
    expect(answer.status()).toBe(401);
    return performance.now() - start;
  };
  // In turns, and the fastest of each: whatever else the machine does only ever adds to a time.
  const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
  for (let round = 0; round < 15; round++) {
    times.known.push(await once(known));
    times.unknown.push(await once(someone()));
  }
  const ratio = Math.min(...times.known) / Math.min(...times.unknown);
  // Without the hash for nobody, an unknown name would be ten times faster.
  expect(ratio).toBeGreaterThan(0.6);
  expect(ratio).toBeLessThan(1.6);
});

test('an empty form says what is missing', async ({ page }) => {
  await page.goto('/login');
  await alive(page);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(summary(page).getByRole('link')).toHaveText(['Enter a username.', 'Enter a password.']);
});

test('too many tries say how long to wait', async ({ page, server }) => {
  const name = someone();
  await page.goto('/login');
  await alive(page);
  await fillIn(page, name, 'another guess');
  await wearOut(server, name);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(summary(page)).toContainText(/Too many tries\. Please wait \d seconds? and try again\./);
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('another guess');
});

test('a stranger who guesses keeps nobody out of a browser that has signed in before', async ({ page, server }) => {
  const name = await signUp(page);
  await Promise.all([page.waitForResponse('**/api/logout'), page.getByRole('button', { name: 'Sign out' }).click()]);
  await wearOut(server, name);
  await page.goto('/login?next=/account');
  await alive(page);
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
});

test('a double click sends one request', async ({ page, watch }) => {
  await page.goto('/login');
  await alive(page);
  await fillIn(page, someone(), 'not the right one at all');
  await page.getByRole('button', { name: 'Sign in' }).dblclick();
  await expect(summary(page)).toBeVisible();
  expect(watch.count('/api/login')).toBe(1);
});

test('whoever is signed in already is sent on', async ({ page }) => {
  await signUp(page);
  for (const path of ['/', '/login', '/signup', '/login?next=//evil.test/', '/login?next=https://evil.test/']) {
    await page.goto(path);
    await expect(page).toHaveURL(home);
  }
});

test('the back button does not lead round in a circle after signing in', async ({ page }) => {
  await page.goto('/signed-out');
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await alive(page);
  await page.getByRole('link', { name: 'Create an account' }).click();
  const name = someone();
  await fillInSignUp(page, name, password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(home);
  await page.goBack();
  await expect(page).toHaveURL(home);
  await page.goBack();
  await expect(page).toHaveURL('/signed-out');
});

test('a page that says somebody is signed out says otherwise when they are in again, here or in another tab', async ({ page, context, person }) => {
  for (const address of ['/signed-out?reason=signed_out', '/signed-out?reason=expired', '/signed-out']) {
    await page.goto(address);
    await expect(page.getByRole('heading', { name: 'You are signed in' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Sign in again' })).toBeHidden();
  }
  await page.getByRole('link', { name: 'To your account' }).click();
  await isHome(page);

  const other = await context.newPage();
  await other.goto('/account');
  await hasToken(other);
  await expect(other.getByText(`Signed in as ${person.name}`)).toBeVisible();
  const heard = page.waitForResponse(/\/api\/logout/);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await heard;
  await expect(other.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await alive(page);
  await fillIn(page, person.name, person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await isHome(page);
  await expect(other.getByRole('heading', { name: 'You are signed in' })).toBeVisible();
  await page.goto('/account');
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
});

test('the fields say to password managers what they are', async ({ page }) => {
  await page.goto('/login');
  await alive(page);
  const name = page.getByLabel('Username');
  await expect(name).toHaveAttribute('autocomplete', 'username');
  await expect(name).toHaveAttribute('autocapitalize', 'off');
  const secret = page.getByLabel('Password', { exact: true });
  await expect(secret).toHaveAttribute('autocomplete', 'current-password');
  await expect(secret).toHaveAttribute('id', 'current-password');
  await expect(secret).not.toHaveAttribute('maxlength');
  await page.goto('/signup');
  await expect(page.getByLabel('Password', { exact: true })).toHaveAttribute('autocomplete', 'new-password');
});

test('a password can be shown, pasted, and is hidden again when it is sent', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/login');
  await alive(page);
  const secret = page.getByLabel('Password', { exact: true });
  await page.evaluate(() => navigator.clipboard.writeText('  pasted with spaces  '));
  await secret.focus();
  await page.keyboard.press('ControlOrMeta+V');
  await expect(secret).toHaveValue('  pasted with spaces  ');
  await page.getByRole('button', { name: 'Show password' }).click();
  await expect(secret).toHaveAttribute('type', 'text');
  await expect(page.getByText('Your password is visible')).toBeAttached();
  await page.getByRole('button', { name: 'Hide password' }).click();
  await expect(secret).toHaveAttribute('type', 'password');
  await page.getByRole('button', { name: 'Show password' }).click();
  await page.getByLabel('Username').fill(someone());
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(secret).toHaveAttribute('type', 'password');
});

test('the keyboard alone is enough', async ({ page }) => {
  const name = someone();
  await page.goto('/signup');
  await alive(page);
  await page.getByLabel('Username').focus();
  await page.keyboard.type(name);
  // Whatever else is asked for stands between them.
  const secret = page.getByLabel('Password', { exact: true });
  for (let tabs = 0; tabs < 10 && !(await secret.evaluate(input => input === document.activeElement)); tabs++) {
    await page.keyboard.press('Tab');
    const field = await page.evaluate(() => document.activeElement!.id);
    await page.keyboard.type(needed[field] ?? '');
  }
  await expect(secret).toBeFocused();
  await page.keyboard.type(password);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Show password' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Create account' })).toBeFocused();
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineWidth);
  expect(parseFloat(outline)).toBeGreaterThanOrEqual(2);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(home);
});
