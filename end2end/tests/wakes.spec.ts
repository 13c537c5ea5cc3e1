// A device that slept, and tabs that wake up all at once.

import { expect, openTabs, renewed, test } from '../fixtures/index.ts';

const hour = 3_600_000;

test.use({ expected: /net::ERR_\w+ .*\/api\/refresh/ });

test('five tabs that wake at once ask once, and all are answered', async ({ context, server, person, clock, network, watch }) => {
  const tabs = await openTabs(context, server, 5);
  const before = { sent: watch.count('/api/refresh'), reached: network.count('/api/refresh') };
  await clock.sleep(8 * hour);
  await clock.wake();
  // Each has heard of those that were opened after it, and now of this one.
  for (const [index, tab] of tabs.entries()) await renewed(tab, 5 - index);
  for (const tab of tabs) await expect(tab.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(watch.count('/api/refresh') - before.sent).toBe(1);
  expect(network.count('/api/refresh') - before.reached).toBe(1);
});

test('tabs that wake while the one that asks gets no answer are all answered in the end', async ({ context, server, person, clock, network }) => {
  const tabs = await openTabs(context, server, 5);
  const before = network.count('/api/refresh');
  const lost = network.fault('lose the answer', { path: '/api/refresh' });
  await clock.sleep(8 * hour);
  await clock.wake();
  await lost.hasStruck();
  // Each has heard of those that were opened after it, and now of this one.
  for (const [index, tab] of tabs.entries()) await renewed(tab, 5 - index);
  for (const tab of tabs) await expect(tab.getByText(`Signed in as ${person.name}`)).toBeVisible();
  // The next in line asks at once, and the one that was not heard finds the answer there.
  expect(network.count('/api/refresh') - before).toBe(2);
});

test('five tabs whose lifetimes end while they are open renew once, in the one that is first', async ({ context, server, person, clock, network }) => {
  const tabs = await openTabs(context, server, 5);
  const before = network.count('/api/refresh');
  await clock.pass(14.5 * 60_000);
  await clock.wake();
  // Each has heard of those that were opened after it, and now of this one.
  for (const [index, tab] of tabs.entries()) await renewed(tab, 5 - index);
  expect(network.count('/api/refresh') - before).toBe(1);
  await expect(tabs[4]!.getByText(`Signed in as ${person.name}`)).toBeVisible();
});
