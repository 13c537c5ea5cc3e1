import { alive, expect, fillInSignUp, isHome, password, product, signUp, someone, step, summary, test } from '../fixtures/index.ts';

test('a new person makes an account and is signed in', async ({ page, watch }) => {
  const name = someone();
  await step('opens the form', watch, page, async () => {
    await page.goto('/signup');
    await alive(page);
    await expect(page).toHaveTitle(`Create an account · ${product}`);
  });
  await step('types', watch, page, () => fillInSignUp(page, name, password));
  await step('sends', watch, page, async () => {
    await page.getByRole('button', { name: 'Create account' }).click();
    await isHome(page);
    await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  });
  await page.goto('/account');
  await expect(page.getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible();
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();
});

for (const { why, name, secret, says, field } of [
  { why: 'no name', name: '', secret: password, says: 'Enter a username.', field: 'Username' },
  { why: 'a name with a control character', name: 'a\u0001b', secret: password, says: 'Use letters, digits', field: 'Username' },
  { why: 'a name that is too long', name: 'x'.repeat(65), secret: password, says: 'at most 64 characters', field: 'Username' },
  { why: 'no password', name: 'someone', secret: '', says: 'Enter a password.', field: 'Password' },
  { why: 'a short password', name: 'someone', secret: 'fourteen chars', says: 'This password has 14.', field: 'Password' },
  { why: 'a common password', name: 'someone', secret: 'passwordpassword', says: 'too easy to guess', field: 'Password' },
]) {
  test(`${why} is told at the field and in the summary, and nothing typed is lost`, async ({ page }) => {
    await page.goto('/signup');
    await alive(page);
    await fillInSignUp(page, name, secret);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(summary(page)).toBeFocused();
    await expect(summary(page)).toContainText(says);
    await expect(page).toHaveTitle(`Error: Create an account · ${product}`);
    const input = page.getByLabel(field, { exact: true });
    await expect(input).toHaveAttribute('aria-invalid', 'true');
    await expect(input).toHaveAccessibleDescription(new RegExp(says));
    await summary(page).getByRole('link').first().click();
    await expect(input).toBeFocused();
    await expect(page.getByLabel('Username')).toHaveValue(name);
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue(secret);
  });
}

test('a name that is taken is told', async ({ page, browser, baseURL }) => {
  const name = await signUp(page);
  const other = await browser.newContext({ baseURL });
  const another = await other.newPage();
  await another.goto('/signup');
  await alive(another);
  await fillInSignUp(another, name.toUpperCase(), password);
  await another.getByRole('button', { name: 'Create account' }).click();
  await expect(summary(another)).toContainText('That username is taken.');
  await other.close();
});
