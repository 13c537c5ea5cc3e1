// Another issuer of access tokens, whose keys are published like Hallpass's: for tokens that Hallpass would never sign. Says where it is, and then a token of each
// type that it is started with, one a line.

import { createServer } from 'node:http';
import { generateKeyPairSync, sign } from 'node:crypto';

const [issuer, subject, session, ...types] = process.argv.slice(2);
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const kid = 'of-another';
const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' }] });
const now = Math.floor(Date.now() / 1000);
const claims = { iss: issuer, aud: issuer, sub: subject, sid: session, jti: 'x', gen: 1, iat: now, nbf: now, auth_time: now, exp: now + 600 };
const write = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');

const server = createServer((_, response) => response.setHeader('Content-Type', 'application/jwk-set+json').end(keys));
server.listen(0, '127.0.0.1', () => {
  console.log(`keys at http://127.0.0.1:${server.address().port}/.well-known/jwks.json`);
  for (const typ of types) {
    const signed = `${write({ alg: 'EdDSA', kid, typ })}.${write(claims)}`;
    console.log(`${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`);
  }
  console.log('ready');
});
