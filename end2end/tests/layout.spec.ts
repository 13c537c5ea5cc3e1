// What stands on a page stays where it is when the app comes to life.

import { alive, expect, fillInSignUp, hasToken, summary, test } from '../fixtures/index.ts';

for (const width of [320, 412, 1200]) {
  test(`nothing on the account page moves as it comes to life, ${width} pixels wide`, async ({ page, person }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.addInitScript(() => {
      const moved: string[] = [];
      Object.assign(globalThis, { moved });
      const note = (entries: PerformanceEntryList) => entries.forEach(entry => moved.push(JSON.stringify(entry)));
      new PerformanceObserver(list => note(list.getEntries())).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto('/account');
    await hasToken(page);
    await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
    await expect(page.getByText(/^Good for/)).toBeVisible();
    // What moved in a frame is told after the next.
    await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
    expect(await page.evaluate(() => (globalThis as unknown as { moved: string[] }).moved)).toEqual([]);
  });
}

test('the mark of a problem in the summary stands beside its first line', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto('/signup');
  await alive(page);
  await fillInSignUp(page, 'someone', 'fourteen chars');
  await page.getByRole('button', { name: 'Create account' }).click();
  const item = summary(page).getByRole('listitem').first();
  const [mark, first, all] = await item.evaluate((item) => {
    const probe = document.createElement('span');
    probe.style.display = 'inline-block';
    item.prepend(probe);
    const text = document.createRange();
    text.selectNodeContents(item.querySelector('a') ?? item);
    const lines = [...text.getClientRects()];
    const stands = probe.getBoundingClientRect().bottom;
    probe.remove();
    return [stands, lines[0].bottom, lines.length] as const;
  });
  expect(all, 'it has several lines').toBeGreaterThan(1);
  expect(mark).toBeLessThan(first + 1);
});
