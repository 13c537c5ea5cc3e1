import { alive, expect, fillIn, followFromElsewhere, Person, signUp, signUpForAccount, someone, summary, test, wearOut } from '../fixtures/index.ts';
import { lookAt, type States } from './looks.ts';

const states: States = {
  'sign-in': async page => {
    await page.goto('/login');
    await alive(page);
  },
  'sign-in refused': async page => {
    await page.goto('/login');
    await alive(page);
    await fillIn(page, someone(), 'not the right one at all');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(summary(page)).toBeVisible();
  },
  'sign-in under way': async page => {
    await page.goto('/login');
    await alive(page);
    await page.route('**/api/login', () => {});
    await fillIn(page, someone(), 'not the right one at all');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText('This is taking longer than usual.')).toBeVisible();
  },
  'sign-in tried too often': async (page, server) => {
    const name = someone();
    await page.goto('/login');
    await alive(page);
    await wearOut(server, name);
    await fillIn(page, name, 'another guess');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(summary(page)).toContainText('Too many tries.');
  },
  'sign-up': async page => {
    await page.goto('/signup');
    await alive(page);
  },
  'sign-up with errors': async page => {
    await page.goto('/signup');
    await alive(page);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(summary(page)).toBeVisible();
  },
  'account': page => signUpForAccount(page),
  'account with a long name': page => signUpForAccount(page, `${someone()}-${'x'.repeat(40)}`),
  'account offline': async page => {
    await signUpForAccount(page);
    await page.route('**/api/refresh', route => route.fulfill({ status: 502, body: '' }));
    await page.reload();
    await expect(page.getByText('You stay signed in, and we keep trying.')).toBeVisible();
  },
  'restoring': async (page, server) => {
    await signUp(page);
    await page.route('**/api/refresh', () => {});
    await followFromElsewhere(page, server, '/account');
    await expect(page.getByText('Restoring your session…')).toBeVisible();
  },
  'unreachable': async (page, server) => {
    const person = await Person.join(server.url);
    await page.goto('/login?next=/account');
    await alive(page);
    await page.route('**/api/me', route => route.fulfill({ status: 502, body: '' }));
    await fillIn(page, person.name, person.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  },
  'signed out, and the server not told': async page => {
    await signUp(page);
    await page.route('**/api/logout', route => route.fulfill({ status: 502, body: '' }));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('alert')).toContainText('The server does not know yet');
  },
  'signed out': page => page.goto('/signed-out?reason=reused&next=/account'),
  'not found': page => page.goto('/nowhere'),
};

lookAt(states, /status of (401|422|429|502) .*\/api\/|status of 404 .*\/nowhere/);

test('every page has a language, one heading, a main landmark and a title of its own', async ({ page }) => {
  const titles = new Set<string>();
  for (const path of ['/login', '/signup', '/signed-out', '/nowhere']) {
    await page.goto(path);
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    await expect(page.getByRole('main')).toHaveCount(1);
    titles.add(await page.title());
  }
  expect(titles.size).toBe(4);
});

for (const { reducedMotion, moves } of [{ reducedMotion: 'no-preference', moves: true }, { reducedMotion: 'reduce', moves: false }] as const) {
  test(`motion for those who ${moves ? 'do not mind' : 'do not want it'}`, async ({ page, server }) => {
    await page.emulateMedia({ reducedMotion });
    await signUp(page);
    await page.route('**/api/refresh', () => {});
    await followFromElsewhere(page, server, '/account');
    const restoring = page.getByText('Restoring your session…');
    await expect(restoring).toBeVisible();
    const seconds = await restoring.evaluate(element => parseFloat(getComputedStyle(element).animationDuration));
    expect(seconds > 0.01).toBe(moves);
  });
}
