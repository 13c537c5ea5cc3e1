// Our access tokens before jose: it believes what we make, and refuses what we refuse, when it is asked for as below.
//
//   node jose.mjs live ISSUER KEYS TOKEN      a token of a running server, and where its keys are
//   node jose.mjs vectors FILE DIFFERENCES    what src/tests/token_vectors/export.rs wrote

import { readFileSync } from 'node:fs';
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose';

const LONGEST = 2048;
// How far the clock of whoever made a token may be ahead, in seconds.
const SKEW = 5;
const text = (value) => typeof value === 'string';
const number = (value) => Number.isSafeInteger(value) && value >= 0;
const id = (value) => text(value) && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
const CLAIMS = {
  iss: text, aud: text, sub: id, client_id: text, iat: number, nbf: number, exp: number, jti: text, sid: id, gen: number, auth_time: number,
};

// lifetime: HALLPASS_ACCESS_TTL in seconds.
async function verify(token, keys, issuer, lifetime) {
  // What jose does not look at: how long a token is, that it is spelled in one way, and that its header says nothing that we do not.
  if (token.length > LONGEST) throw new Error('too long');
  if (!token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)) throw new Error('another spelling');
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer,
    audience: issuer,
    algorithms: ['EdDSA'],
    typ: 'at+jwt',
    requiredClaims: Object.keys(CLAIMS),
  });
  if (Object.keys(protectedHeader).sort().join() !== 'alg,kid,typ') throw new Error('no access token of ours');
  // And what is ours to know: which claims there are, of which kind, for which client, and how long a token may live.
  const names = Object.keys(payload);
  if (names.length !== Object.keys(CLAIMS).length || !names.every((name) => CLAIMS[name]?.(payload[name]))) throw new Error('claims that are not ours');
  if (payload.client_id !== 'hallpass' || payload.exp - payload.iat > lifetime + 1) throw new Error('for another client, or for too long');
  if (Math.max(payload.iat, payload.auth_time) > Date.now() / 1000 + SKEW) throw new Error('from the future');
  return payload;
}

// Why it is refused; null: it is believed.
async function refusal(token, keys, issuer, lifetime) {
  try {
    await verify(token, keys, issuer, lifetime);
    return null;
  } catch (error) {
    return String(error).slice(0, 200);
  }
}

async function live(issuer, url, token) {
  const keys = createRemoteJWKSet(new URL(url));
  const why = await refusal(token, keys, issuer, 900);
  console.log(why === null ? 'ok      jose believes a token of the running server' : `FAILED  jose refuses a token of the running server: ${why}`);
  const tampered = token.slice(0, -8) + (token.at(-8) === 'A' ? 'B' : 'A') + token.slice(-7);
  const refused = (await refusal(tampered, keys, issuer, 900)) !== null;
  console.log(`${refused ? 'ok    ' : 'FAILED'}  and not one of which a character was changed`);
  return [why === null, refused];
}

async function vectors(file, list) {
  const document = JSON.parse(readFileSync(file, 'utf8'));
  const differences = Object.keys(JSON.parse(readFileSync(list, 'utf8')).jose);
  const keys = createLocalJWKSet(document.jwks);
  const done = [];
  const met = new Set();
  for (const { name, token } of document.believed) {
    const why = await refusal(token, keys, document.issuer, document.lifetime);
    done.push(why === null);
    if (why !== null) console.log(`FAILED  it refuses one that we believe: ${name}: ${why}`);
  }
  for (const vector of document.refused) {
    const name = `${vector.group}: ${vector.name}`;
    const expected = differences.find((listed) => name === listed || (listed.endsWith('*') && name.startsWith(listed.slice(0, -1))));
    const believed = (await refusal(vector.token, keys, document.issuer, document.lifetime)) === null;
    if (believed && expected !== undefined) met.add(expected);
    done.push(believed === (expected !== undefined));
    if (!done.at(-1)) console.log(`FAILED  ${name}: ${believed ? 'it believes what we refuse' : 'listed as a difference, and is none'}`);
  }
  for (const listed of differences.filter((listed) => !met.has(listed))) {
    done.push(false);
    console.log(`FAILED  the list of differences names ${JSON.stringify(listed)}, which nothing shows`);
  }
  console.log(done.every(Boolean) ? `ok      jose refuses ${document.refused.length} vectors, but for ${met.size} kinds that are listed with the reason` : 'FAILED  see above');
  return done;
}

const [mode, ...rest] = process.argv.slice(2);
const done = await { live, vectors }[mode](...rest);
const passed = done.filter(Boolean).length;
console.log(`${passed} passed, ${done.length - passed} failed`);
process.exitCode = passed === done.length ? 0 : 1;
