// That the search for secrets finds them, in each place and spelling; and a server that logs all it can. Every other test is searched as well: fixtures/canaries.ts.

import { randomBytes } from 'node:crypto';
import { Network } from '../fixtures/network.ts';
import { Canaries } from '../fixtures/canaries.ts';
import { Needles } from '../fixtures/needles.ts';
import { Server } from '../fixtures/server.ts';
import { alive, expect, fillIn, password, signUp, signUpForAccount, someone, test } from '../fixtures/index.ts';

test.use({ settings: { RUST_LOG: 'trace' } });

test.describe('the search', () => {
  const text = `Grüße & "küsse" ${randomBytes(9).toString('base64url')}`;
  const hex = (bytes: Buffer) => bytes.toString('hex');

  test('finds a secret in whatever it is in, however it is spelled, and nothing else', () => {
    const raw = randomBytes(32);
    const needles = new Needles();
    needles.add('a text', text);
    needles.add('bytes', raw);
    const written: [string, string | Buffer][] = [
      ['a text, as it is', `before ${text} after`],
      ['bytes, as it is', Buffer.concat([Buffer.alloc(5000), raw, Buffer.alloc(5000)])],
      ['bytes, in hexadecimal', `0x${hex(raw)}`],
      ['bytes, in hexadecimal', hex(raw).toUpperCase()],
      ['bytes, as a list of numbers', JSON.stringify([1, ...raw, 2])],
      ['bytes, as a list of numbers', `[${[...raw].join(', ')}]`],
      ['bytes, percent-encoded', hex(raw).replace(/../g, '%$&').toUpperCase()],
      ['a text, percent-encoded', `/login?next=${encodeURIComponent(text)}`],
      ['a text, percent-encoded', new URLSearchParams({ password: text }).toString()],
      ['a text, as JSON', JSON.stringify({ password: text })],
      ['a text, as JSON', JSON.stringify(text).replace(/[^ -~]/g, letter => `\\u00${letter.charCodeAt(0).toString(16)}`)],
      ['a text, as HTML', `<p>${text.replace('&', '&amp;').replaceAll('"', '&quot;')}</p>`],
    ];
    for (const alphabet of ['base64', 'base64url'] as const)
      for (const before of ['', 'a', 'ab', 'abc'])
        for (const after of ['', 'z', 'zz']) written.push(['bytes, in base64', Buffer.concat([Buffer.from(before), raw, Buffer.from(after)]).toString(alphabet)]);
    for (const [found, where] of written) expect(needles.search(where), `${found}: ${where}`).toEqual([found]);
    for (const nothing of ['', 'a', text.slice(1), raw.subarray(1), hex(raw).slice(1), randomBytes(100_000)]) expect(needles.search(nothing)).toEqual([]);
    needles.add('a short one', 'guess');
    expect(needles.search('guess')).toEqual([]);
  });

  test('learns every secret that passes, and finds it in every answer but where it belongs', () => {
    const secret = () => randomBytes(69).toString('base64url');
    const [given, bearer, refresh, before, device] = [secret(), secret(), secret(), secret(), secret()];
    const canaries = new Canaries();
    const answer = (more: object, headers: string[] = [], path = '/api/refresh') => {
      canaries.passed({
        method: 'POST',
        path,
        sent: {
          headers: ['Cookie', `__Host-refresh=${before}; __Host-device=x.${device}`, 'Authorization', `Bearer c.d.${bearer}`, 'Content-Type', 'application/x-www-form-urlencoded'],
          body: Buffer.from(new URLSearchParams({ new_password: text, instance: 'a browser of this name' }).toString()),
        },
        answer: { status: 200, headers: ['Set-Cookie', `__Host-refresh=${refresh}; Path=/`, ...headers], body: Buffer.from(JSON.stringify({ access_token: `a.b.${given}`, ...more })) },
      });
      return canaries.leaks.splice(0);
    };
    expect(answer({})).toEqual([]);
    for (const [kind, leaked] of [
      ['an access token', given],
      ['an access token', bearer],
      ['the signature of an access token', Buffer.from(bearer, 'base64url')],
      ['a refresh token', refresh],
      ['a refresh token', before],
      ['the inside of a refresh token', Buffer.from(before, 'base64url').subarray(21, 53)],
      ['the cookie of a device', device],
      ['the tag of a device', Buffer.from(device, 'base64url').subarray(16)],
      ['a password', text],
      ['the name of a browser', 'a browser of this name'],
    ] as const) {
      const hex = Buffer.from(leaked as string).toString('hex');
      expect(answer({ detail: hex })).toContain(`${kind}, in hexadecimal: in the body of POST /api/refresh, 200`);
      expect(answer({}, ['Location', `/?${hex}`])).toContain(`${kind}, in hexadecimal: in a header of POST /api/refresh, 200`);
    }
    expect(answer({}, ['Set-Cookie', `theme=${refresh}`])).toContain('a refresh token, as it is: in a header of POST /api/refresh, 200');
    expect(answer({}, [], '/api/me')).toContain('an access token, as it is: in the body of POST /api/me, 200');
    expect(answer({ refresh_token: refresh }), 'no page is given one').toContain('a refresh token, as it is: in the body of POST /api/refresh, 200');
  });

  test('reaches everything that a server leaves behind', async ({ browser, watch }) => {
    const network = await Network.start();
    const server = await Server.start(network.url);
    watch.alsoAt(network.url);
    network.forwardTo(server.port);
    network.witness = passed => server.canaries.passed(passed);
    // What is sure to be in those places, taken for secret.
    const name = someone().padEnd(12, 'x');
    for (const known of [name, 'hallpass_http_requests_total', 'frame-ancestors']) server.canaries.needles.add(known, known);
    const page = await browser.newPage({ baseURL: network.url });
    await signUpForAccount(page, name);
    await page.reload();
    await page.request.get(`/${name}`);
    await page.close();
    await server.search();
    for (const [known, place] of [
      [name, 'the body of POST /api/me, 200'],
      [name, 'the body of GET /account, 200'],
      [name, 'the file hallpass.db-wal'],
      [name, 'the file backup'],
      [name, 'the log'],
      ['frame-ancestors', 'a header of GET /signup, 200'],
      ['hallpass_http_requests_total', 'the metrics'],
    ]) expect(server.canaries.leaks).toContain(`${known}, as it is: in ${place}`);
    server.canaries.leaks.length = 0;
    await expect(server.stop()).rejects.toThrow(`${name}, as it is: in the file hallpass.db`);
    await network.stop();
  });

  test('reaches what a page keeps', async ({ page, server, watch }) => {
    const planted = randomBytes(20).toString('base64url');
    server.canaries.needles.add('planted', planted);
    await page.goto('/login');
    await alive(page);
    for (const [place, plant] of [
      ['stored', (text: string) => sessionStorage.setItem('x', text)],
      ['dom', (text: string) => document.body.append(text)],
      ['url', (text: string) => history.replaceState(null, '', `#${text}`)],
    ] as const) {
      await page.evaluate(plant, Buffer.from(planted).toString('hex'));
      await watch.nothingLeaks(page);
      expect(watch.problems.splice(0)).toContain(`planted, in hexadecimal: in ${place}`);
    }
    await page.goto('about:blank');
  });
});

test.describe('a server that logs everything', () => {
  test.use({ expected: /status of (401|422) .*\/(api|account|login)/ });

  test('says nothing secret, whatever people and programs do', async ({ page, server, context }) => {
    const name = await signUp(page);
    const other = `nine tall herons at dusk ${randomBytes(6).toString('hex')}`;
    await page.getByRole('link', { name: 'Password' }).click();
    await expect(page.getByRole('button', { name: 'Show new password' })).toBeVisible();
    for (const current of [other, password]) {
      await page.getByLabel('Current password', { exact: true }).fill(current);
      await page.getByLabel('New password', { exact: true }).fill(other);
      await Promise.all([page.waitForResponse('**/api/change_password'), page.getByRole('button', { name: 'Change password' }).click()]);
    }
    // Left before it is answered, the next page would finish it, and be in its place.
    await Promise.all([page.waitForResponse('**/api/logout'), page.getByRole('button', { name: 'Sign out' }).click()]);
    await expect(page).toHaveURL(/signed-out/);
    await page.goto('/login?next=/account');
    await alive(page);
    for (const secret of [password, other]) {
      await fillIn(page, name, secret);
      await Promise.all([page.waitForResponse('**/api/login'), page.getByRole('button', { name: 'Sign in' }).click()]);
    }
    await expect(page.getByText(`Signed in as ${name}`)).toBeVisible();

    const plain = { origin: server.url, accept: 'text/html', cookie: (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ') };
    for (const secret of [password, other])
      await fetch(`${server.url}/login`, { method: 'POST', redirect: 'manual', headers: plain, body: new URLSearchParams({ username: name, password: secret }) });

    const program = async (path: string, body: object, token = '') => {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      const answer = await fetch(`${server.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return answer.json().catch(() => ({})) as Promise<Record<string, string>>;
    };
    await program('/login', { username: name, password });
    const tokens = await program('/login', { username: name, password: other });
    await program('/refresh-token', { refresh_token: tokens.refresh_token });
    await program('/refresh-token', { refresh_token: `${tokens.refresh_token}x` });
    await program('/change-password', { current_password: password, new_password: other }, tokens.access_token);
    await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${tokens.access_token}x` } });
    await program('/logout', { refresh_token: tokens.refresh_token });
    expect(tokens.access_token).toBeTruthy();

    await server.search();
    expect(server.canaries.leaks).toEqual([]);
    expect(server.log.filter(line => line.includes('"answered"')).length).toBeGreaterThan(20);
    // Those typed, those given, and the server's own.
    expect(server.canaries.needles.size).toBeGreaterThan(30);
  });
});
