// What only a browser can measure. Prints lines for people; scripts/bench-tabs runs it.

import { expect, hasToken, openTabs, test } from '../fixtures/index.ts';

test.describe('requests for one renewal, when all tabs wake at once', () => {
  for (const count of [1, 5, 20]) {
    test(`${count} tabs`, async ({ context, server, person, clock, network }) => {
      const tabs = await openTabs(context, server, count);
      const cycles = 5;
      const before = network.count('/api/refresh');
      for (let cycle = 0; cycle < cycles; cycle++) {
        await clock.sleep(16 * 60_000);
        for (const tab of tabs) await expect(tab.getByText('Good for 0 seconds more')).toBeVisible();
        const since = Date.now();
        await clock.wake();
        for (const tab of tabs) await expect(tab.getByText(/^Good for 1[45] minutes more$/)).toBeVisible();
        if (cycle === 0) console.log(`${count} tabs: all have a token ${Date.now() - since} ms after they woke`);
      }
      const requests = network.count('/api/refresh') - before;
      console.log(`${count} tabs: ${requests / cycles} requests a wake`);
      await expect(tabs[0]!.getByText(person.name)).toBeVisible();
    });
  }
});

test('from a sign-out in one tab to hidden content in another', async ({ context, server, person }) => {
  const times: number[] = [];
  const [tab, other] = [await context.newPage(), await context.newPage()];
  for (let round = 0; round < 100; round++) {
    await person.signIn(context);
    for (const page of [tab, other]) {
      await page.goto(`${server.url}/account`);
      await hasToken(page);
    }
    const clicked = tab.evaluate(() => new Promise<number>(resolve => document.addEventListener('submit', () => resolve(performance.timeOrigin + performance.now()), { capture: true })));
    // The first frame without the name.
    const hidden = other.evaluate(name => new Promise<number>(resolve => {
      const look = () => (document.body.innerText.includes(name) ? requestAnimationFrame(look) : resolve(performance.timeOrigin + performance.now()));
      look();
    }), person.name);
    await Promise.all([tab.waitForResponse('**/api/logout'), tab.getByRole('button', { name: 'Sign out' }).click()]);
    times.push((await hidden) - (await clicked));
  }
  times.sort((a, b) => a - b);
  console.log(`hidden in the other tab ${times[50]!.toFixed(0)} ms after a sign-out (p50), ${times.at(-1)!.toFixed(0)} ms at most, of ${times.length}`);
  expect(times.at(-1)).toBeLessThan(1_000);
});
