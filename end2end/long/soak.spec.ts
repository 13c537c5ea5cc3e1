// A long day of an honest person with many tabs, on a network and a server that do whatever they like. Nobody may be signed out by it.
//
// SOAK_MINUTES (30), SOAK_TABS (20) and SOAK_SEED (printed) say how long, how many and what happens.

import type { BrowserContext, Page } from '@playwright/test';
import { expect, generation, hasToken, product, test } from '../fixtures/index.ts';
import { Clock } from '../fixtures/clock.ts';
import type { Device } from '../fixtures/device.ts';
import type { FaultName } from '../fixtures/faults.ts';
import type { Network } from '../fixtures/network.ts';
import type { Server } from '../fixtures/server.ts';
import { Chance } from './chance.ts';

const minutes = Number(process.env.SOAK_MINUTES ?? 30);
const count = Number(process.env.SOAK_TABS ?? 20);
const seed = Number(process.env.SOAK_SEED ?? Date.now() % 1_000_000);

const hour = 3_600_000;

// Tokens that live for seconds, so that there is much to do. What makes rotation safe is as in production.
test.use({ settings: { ACCESS_TTL: '20s', ABSOLUTE_TTL: '400d' }, expected: /Failed to load resource|net::ERR|Failed to fetch/ });

const faults: Record<FaultName, number> = {
  'lose the request': 4, 'lose the answer': 6, 'delay the request': 2, 'delay the answer': 3, 'slow': 1, 'duplicate': 2, 'duplicate at once': 2,
  'answer 429': 1, 'answer 502': 2, 'captive portal': 2, 'forget no-store': 1, 'offline': 0,
};

const events = {
  fault: 30, reload: 12, 'another page': 4, front: 12, wake: 8, suspend: 6, resume: 6, sleep: 5, 'wrong clock': 3, offline: 3, 'kill the server': 3,
};

// Somebody's tabs and windows, and all that happens to them.
class Day {
  readonly happened = new Map<string, number>();
  readonly signedOut: string[] = [];
  readonly tabs: Page[] = [];
  private readonly suspended = new Set<Page>();
  private readonly chance = new Chance(seed);
  private readonly clock: Clock;

  constructor(
    private readonly device: Device,
    private readonly server: Server,
    private readonly network: Network,
  ) {
    this.clock = new Clock(device.context, server);
  }

  // Windows side by side, each with a tab that is seen and one that it covers.
  async begin() {
    const { context } = this.device;
    while (this.tabs.length < count) {
      const page = this.tabs.length % 2 ? await context.newPage() : await openWindow(context);
      page.on('framenavigated', () => this.watch(page));
      await page.goto(`${this.server.url}/account`);
      await hasToken(page);
      this.tabs.push(page);
    }
  }

  async next() {
    const what = this.chance.weighted(events);
    this.happened.set(what, (this.happened.get(what) ?? 0) + 1);
    await this.happens(what);
    await pause(this.chance.between(50, 700));
  }

  private async happens(what: keyof typeof events) {
    const { chance, clock, device, network, server } = this;
    const tab = chance.one(this.tabs);
    switch (what) {
      case 'fault':
        network.fault(chance.weighted(faults), {
          path: chance.next() < 0.8 ? '/api/refresh' : /^\/(api\/|account)/,
          times: chance.between(1, 3),
          // Below what a request may be late by, with room for whatever this machine adds.
          ms: chance.between(100, 20_000),
          retryAfter: chance.between(1, 5),
        });
        break;
      case 'reload':
        await this.go(tab, page => page.reload({ waitUntil: 'commit' }));
        break;
      case 'another page':
        await this.go(tab, page => page.goto('about:blank'));
        await this.go(tab, page => page.goto(`${server.url}/account`, { waitUntil: 'commit' }));
        break;
      case 'front':
        if (!this.suspended.has(tab)) await tab.bringToFront();
        break;
      case 'wake':
        await clock.wake(this.awake());
        break;
      case 'suspend':
        // Not one that is just being loaded.
        if (await tab.evaluate(() => document.hidden && document.readyState === 'complete').catch(() => false)) {
          await device.freeze(tab);
          this.suspended.add(tab);
        }
        break;
      case 'resume':
        for (const page of this.suspended) await device.thaw(page);
        this.suspended.clear();
        break;
      case 'sleep':
        // No connection outlives it.
        network.mend('drop');
        await clock.sleep(chance.between(10_000, chance.one([120_000, hour, 8 * hour])));
        await clock.wake(this.awake());
        break;
      case 'wrong clock':
        await clock.set(chance.between(-hour, hour));
        await clock.wake(this.awake());
        break;
      case 'offline': {
        const gone = network.fault('offline', { times: Infinity });
        await pause(chance.between(1_000, 20_000));
        gone.lift();
        for (const page of this.awake()) await page.evaluate(() => dispatchEvent(new Event('online'))).catch(() => {});
        break;
      }
      case 'kill the server':
        await server.kill();
        await pause(chance.between(0, 3_000));
        await server.restart();
        break;
    }
  }

  // All is well again. Every tab must find its way back by itself.
  async end(name: string) {
    this.network.mend();
    for (const page of this.suspended) await this.device.thaw(page);
    this.suspended.clear();
    for (const page of this.tabs) {
      if (!page.url().startsWith(this.server.url)) await page.goto(`${this.server.url}/account`);
      await page.bringToFront();
      // Its own browser's page for a server that was not there is no page of ours to come back from.
      if (page.url().startsWith('chrome-error:') || (await page.getByText(product).count()) === 0) await page.goto(`${this.server.url}/account`);
      await expect(page.getByText(`Signed in as ${name}`)).toBeVisible({ timeout: 90_000 });
      // By a call that only a good access token is answered.
      await page.getByRole('link', { name: 'Sessions' }).click();
      await expect(page.getByText('This session')).toBeVisible({ timeout: 90_000 });
    }
  }

  private async go(page: Page, move: (page: Page) => Promise<unknown>) {
    if (this.suspended.delete(page)) await this.device.thaw(page);
    // The network may be down.
    await move(page).catch(() => {});
  }

  private awake(): Page[] {
    return this.tabs.filter(page => !this.suspended.has(page) && page.url().startsWith(this.server.url));
  }

  private watch(page: Page) {
    if (/\/(signed-out|login)/.test(page.url())) this.signedOut.push(page.url().replace(this.server.url, ''));
  }
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

async function openWindow(context: BrowserContext): Promise<Page> {
  const session = await context.browser()!.newBrowserCDPSession();
  const [page] = await Promise.all([context.waitForEvent('page'), session.send('Target.createTarget', { url: 'about:blank', newWindow: true })]);
  await session.detach();
  return page;
}

test('nobody is signed out', async ({ device, server, person, network }) => {
  console.log(`seed ${seed}: ${count} tabs for ${minutes} minutes`);
  await person.signIn(device.context);
  const day = new Day(device, server, network);
  await day.begin();
  const began = Date.now();
  const rate: number[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    network.forget();
    while (Date.now() < began + minute * 60_000) await day.next();
    const asked = network.arrived.filter(({ path }) => path === '/api/refresh').length;
    const loads = network.arrived.filter(({ path }) => path === '/account').length;
    rate.push(asked);
    const held = await generation(device.context);
    console.log(`minute ${minute}: ${asked} refreshes sent, ${network.count('/api/refresh')} reached the server, ${loads} pages loaded, refresh token number ${held}, signed out ${day.signedOut.length}`);
    // By deadlines, by the breaker, by reloads and their retries.
    expect(asked).toBeLessThanOrEqual(count * 10 + loads * 2);
    expect(day.signedOut).toEqual([]);
  }
  await day.end(person.name);
  expect(day.signedOut).toEqual([]);
  expect(server.log.filter(line => line.includes('authn_token_reuse'))).toEqual([]);
  const total = rate.reduce((sum, asked) => sum + asked, 0);
  const list = [...day.happened].map(([what, times]) => `${what} ${times}`).join(', ');
  console.log(`seed ${seed}: ${minutes} minutes, ${count} tabs, ${total} refreshes (${Math.max(...rate)} in the busiest minute), 0 signed out, every tab has a token. What happened: ${list}`);
});
