import { expect, hasToken, renewed, test } from '../fixtures/index.ts';

test.use({ expected: /net::ERR_\w+ .*\/api\/refresh/ });

test('an answer that is lost costs nothing', async ({ page, person, network, clock }) => {
  await page.goto('/account');
  await hasToken(page);
  const lost = network.fault('lose the answer', { path: '/api/refresh' });
  // The lid is shut, and opened in the evening.
  await clock.sleep(8 * 3_600_000);
  await clock.wake();
  // The server has renewed the session, and the browser has not heard of it.
  await lost.hasStruck();
  await renewed(page, 1);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(network.count('/api/refresh')).toBe(3);
});
