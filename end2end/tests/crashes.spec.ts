// The server or the browser is killed in the midst of a renewal.

import { expect, generation, hasToken, offline, renewed, test } from '../fixtures/index.ts';

const minute = 60_000;

test.use({ expected: /net::ERR_\w+ .*\/api\/refresh/ });

test('a server that is killed when it has renewed and not answered yet signs nobody out', async ({ page, context, server, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const before = await generation(context);
  const late = network.fault('delay the answer', { path: '/api/refresh' });
  const gone = network.fault('offline', { path: '/api/refresh', times: Infinity });
  await clock.sleep(16 * minute);
  await clock.wake();
  await late.hasStruck();
  await server.kill();
  late.drop();
  await expect(offline(page)).toBeVisible();
  await server.restart();
  gone.lift();
  await renewed(page, 1);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(network.count('/api/refresh')).toBe(1 + 2);
  expect(await generation(context), 'what was renewed was kept').toBe(before + 1);
});

test('a server that is killed while it renews signs nobody out, however far it came', async ({ page, context, server, person, clock, network }) => {
  await page.goto('/account');
  await hasToken(page);
  const before = await generation(context);
  const late = network.fault('delay the request', { path: '/api/refresh' });
  await clock.sleep(16 * minute);
  await clock.wake();
  await late.hasStruck();
  late.lift();
  await server.kill();
  await server.restart();
  await renewed(page, 1);
  await expect(offline(page)).toHaveCount(0);
  await expect(page.getByText(`Signed in as ${person.name}`)).toBeVisible();
  expect(await generation(context)).toBe(before + 1);
  // While the server is not there each try is one request, and they come ever more slowly.
  expect(network.count('/api/refresh')).toBeLessThanOrEqual(1 + 4);
});

test.describe('a browser', () => {
  test('that is killed, and whose profile is put back to a copy 20 s older, is still signed in', async ({ device, server, person, network }) => {
    // Written to disk, as it is when a browser ends in peace.
    await person.signIn(device.context);
    await device.close();
    await device.keepCopy();
    await server.pass(2 * minute + 1_000);

    await device.restart();
    const page = await device.context.newPage();
    await page.goto(`${server.url}/account`);
    await hasToken(page);
    expect(await generation(device.context), 'renewed').toBe(2);
    await server.pass(20_000);
    await page.reload();
    await hasToken(page);
    await device.kill();
    await device.putBack();

    await device.restart();
    expect(await generation(device.context), 'the older one').toBe(1);
    const again = await device.context.newPage();
    await again.goto(`${server.url}/account`);
    await expect(again.getByText(`Signed in as ${person.name}`)).toBeVisible();
    await hasToken(again);
    expect(await generation(device.context), 'and the same newer one once more').toBe(2);
    expect(network.count('/api/refresh')).toBe(3);
  });

  test('that is killed before it has written a new token down is still signed in', async ({ device, server, person, network }) => {
    await person.signIn(device.context);
    await device.close();
    await server.pass(2 * minute + 1_000);
    await device.restart();
    const page = await device.context.newPage();
    const late = network.fault('delay the answer', { path: '/api/refresh' });
    await page.goto(`${server.url}/account`);
    await late.hasStruck();
    await device.kill();

    await device.restart();
    expect(await generation(device.context)).toBe(1);
    const again = await device.context.newPage();
    await again.goto(`${server.url}/account`);
    await expect(again.getByText(`Signed in as ${person.name}`)).toBeVisible();
    await hasToken(again);
    expect(await generation(device.context)).toBe(2);
    expect(network.count('/api/refresh')).toBe(2);
  });
});
