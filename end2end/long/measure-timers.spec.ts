// How many requests the timers of several tabs cost.

import type { Page } from '@playwright/test';
import { expect, openTabs, test } from '../fixtures/index.ts';

test.use({ settings: { ACCESS_TTL: '10s' } });

for (const count of [1, 5, 20]) {
  test(`requests for one renewal, by the timers of ${count} tabs that are all seen`, async ({ context, server, person, network }) => {
    const tabs = await openTabs(context, server, count);
    // Every tab is given every token, so what one of them has seen is how many renewals there were.
    const seen = await counted(tabs[0]!);
    const before = network.count('/api/refresh');
    await new Promise(resolve => setTimeout(resolve, 60_000));
    const [renewals, requests] = [await seen(), network.count('/api/refresh') - before];
    console.log(`${count} tabs: ${requests} requests for ${renewals} renewals in a minute, with access tokens of 10 s`);
    await expect(tabs.at(-1)!.getByText(person.name)).toBeVisible();
  });
}

// How many renewals a page tells of from now on. The list is drawn anew for each, so they are told apart by their times.
async function counted(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const told = new Set<string>();
    (window as unknown as { told: Set<string> }).told = told;
    new MutationObserver(changes => {
      for (const change of changes) for (const node of change.addedNodes) if (node.textContent?.startsWith('Renewed at')) told.add(node.textContent);
    }).observe(document.body, { childList: true, subtree: true });
  });
  const before = await page.getByRole('listitem').filter({ hasText: 'Renewed at' }).allTextContents();
  return () => page.evaluate(before => [...(window as unknown as { told: Set<string> }).told].filter(time => !before.includes(time)).length, before);
}
