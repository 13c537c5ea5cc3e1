// What docs/adopt.md promises of the app that comes of it. end2end/adopt.sh puts this beside the tests of that app.

import { alive, expect, fillIn, password, product, someone, test } from '../fixtures/index.ts';

// Of a form that is refused, of a call without a token, and of a page that is not there.
test.use({ expected: /status of (401|422) .*\/(signup|team|change_team)|status of 404 .*\/nowhere/ });

const pages = ['/login', '/signup', '/signed-out?reason=signed_out', '/nowhere'];
const behind = ['/account', '/account/sessions', '/account/password', '/team'];

test('the new name is on every page, and the old one on none', async ({ page, person }) => {
  expect(product).toBe('Paddock');
  // The signed-in person of this browser is led away from the forms, so those come first, without their cookie.
  const cookies = await page.context().cookies();
  await page.context().clearCookies();
  for (const path of [...pages, ...behind]) {
    if (path === behind[0]) await page.context().addCookies(cookies);
    await page.goto(path);
    await expect(page).toHaveTitle(/ · Paddock$/);
    await expect(page.getByRole('banner').getByRole('link').first()).toHaveText('Paddock');
    expect(await page.content(), path).not.toContain('Hallpass');
  }
  await expect(page.getByText(person.name)).toBeVisible();
});

test('the accent is the one of style/own.css, by day and by night', async ({ page }) => {
  for (const [colorScheme, accent] of [['light', 'rgb(122, 59, 143)'], ['dark', 'rgb(217, 166, 234)']] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto('/login');
    await expect(page.getByRole('button', { name: 'Sign in' })).toHaveCSS('background-color', accent);
  }
});

test('the field is asked for at sign-up and shown in the account, and the page shows it with what the token says', async ({ page }) => {
  const name = someone();
  await page.goto('/signup');
  await alive(page);
  await fillIn(page, name, password);
  await page.getByLabel('Team').fill('a team whose name is much too long for a team');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('link', { name: 'Team can have at most 40 characters.' })).toBeVisible();
  await page.getByLabel('Team').fill(' red ');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('definition').filter({ hasText: /^red$/ })).toBeVisible();
  // As the app makes the page, and as the server does.
  await page.getByRole('link', { name: 'Team' }).click();
  for (const _ of ['app', 'server']) {
    await expect(page.getByText(`${name} is on team red`)).toBeVisible();
    await expect(page.getByText('The access token says red')).toBeVisible();
    await page.reload();
  }
});

test('a form without scripts keeps what was typed into the field', async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: server.url });
  const page = await context.newPage();
  const name = someone();
  await page.goto('/signup');
  await fillIn(page, name, 'short');
  await page.getByLabel('Team').fill('red');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('Team')).toHaveValue('red');
  await fillIn(page, name, password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.goto('/team');
  await expect(page.getByText(`${name} is on team red`)).toBeVisible();
  await context.close();
});

test('the server function answers whoever has a token and nobody else, and the next token says what changed', async ({ page, person, server }) => {
  const ask = async (path: string, token?: string, form: Record<string, string> = {}) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(server.url + path, { method: 'POST', headers: { ...headers, accept: 'application/json' }, body: new URLSearchParams(form) });
    return { status: answer.status, said: await answer.json().catch(() => undefined) };
  };
  const program = async (path: string, body: object) => {
    const answer = await fetch(`${server.url}/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return (await answer.json()) as { access_token: string; refresh_token: string };
  };
  const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

  const first = await program('login', { username: person.name, password });
  expect(claims(first.access_token)).not.toHaveProperty('own');
  expect((await ask('/api/team')).status).toBe(401);
  expect((await ask('/api/team', `${first.access_token}x`)).status).toBe(401);
  // The cookie alone opens nothing, even from a page of ours.
  await page.goto('/account');
  expect(await page.evaluate(() => fetch('/api/team', { method: 'POST' }).then(answer => answer.status))).toBe(401);

  expect(await ask('/api/change_team', first.access_token, { team: 'blue' })).toEqual({ status: 200, said: null });
  expect(await ask('/api/team', first.access_token)).toEqual({ status: 200, said: '' });
  const next = await program('refresh-token', { refresh_token: first.refresh_token });
  expect(claims(next.access_token).own).toEqual({ team: 'blue' });
  expect(await ask('/api/team', next.access_token)).toEqual({ status: 200, said: 'blue' });
  const me = await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${next.access_token}` } });
  expect(await me.json()).toMatchObject({ username: person.name, fields: { team: 'blue' } });
});

test('the form of the page changes the team, and says at the field what will not do', async ({ page, person }) => {
  await page.goto('/team');
  await expect(page.getByText(`${person.name} is on team`)).toBeVisible();
  const team = page.getByLabel('Team');
  await team.fill('a team whose name is much too long for a team');
  await page.getByRole('button', { name: 'Change team' }).click();
  await expect(page.getByRole('link', { name: 'Team can have at most 40 characters.' })).toBeVisible();
  await expect(team).toHaveValue(/^a team whose name/);
  await team.fill('green');
  await page.getByRole('button', { name: 'Change team' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Your team is changed.' })).toBeFocused();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.getByText(`${person.name} is on team green`)).toBeVisible();
  await page.reload();
  await expect(page.getByText(`${person.name} is on team green`)).toBeVisible();
});

test('so does the form without scripts, and keeps what was typed', async ({ browser, page, person, server }) => {
  await page.goto('/account');
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: server.url, storageState: await page.context().storageState() });
  const plain = await context.newPage();
  await plain.goto('/team');
  const long = 'a team whose name is much too long for a team';
  await plain.getByLabel('Team').fill(long);
  await plain.getByRole('button', { name: 'Change team' }).click();
  await expect(plain.getByText('Team can have at most 40 characters.').first()).toBeVisible();
  await expect(plain.getByLabel('Team')).toHaveValue(long);
  await plain.getByLabel('Team').fill('green');
  await plain.getByRole('button', { name: 'Change team' }).click();
  await expect(plain).toHaveURL(/\/team$/);
  await expect(plain.getByText(`${person.name} is on team green`)).toBeVisible();
  await context.close();
});
