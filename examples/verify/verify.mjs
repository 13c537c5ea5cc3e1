// A service that verifies Hallpass's access tokens by itself. `verifier` is the part to copy; it needs `jose`.
//
// What it cannot see is that a session has ended: such a token is believed here until it runs out, which is HALLPASS_ACCESS_TTL after it was
// made at the latest. What must not wait so long asks Hallpass itself (GET /api/v1/me with the token).
//
//   ISSUER=http://localhost:3000 KEYS=http://127.0.0.1:3000/.well-known/jwks.json node verify.mjs

import { createServer } from 'node:http';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

// issuer: Hallpass's public URL. audience: for whom tokens must be; Hallpass's are for its public URL.
export function verifier({ issuer, audience, keys }) {
  const known = createRemoteJWKSet(new URL(keys), {
    // What Hallpass says in Cache-Control.
    cacheMaxAge: 300_000,
    // A key that is not known may be a new one, or made up by somebody who wants us to ask all the time.
    cooldownDuration: 30_000,
  });
  const rules = {
    issuer,
    audience,
    // The algorithm is ours to choose, and never the token's (RFC 8725, section 3.1).
    algorithms: ['EdDSA'],
    // RFC 9068, section 4: whatever else was signed with this key is no access token.
    typ: 'at+jwt',
    requiredClaims: ['exp', 'nbf', 'sub', 'sid'],
    clockTolerance: 5,
  };
  return async (token) => {
    const { payload } = await jwtVerify(token, known, rules);
    return { userId: payload.sub, sessionId: payload.sid };
  };
}

// The keys could not be fetched, which says nothing about the token.
const ABOUT_THE_KEYS = ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'];
const isAboutTheToken = (error) => error instanceof errors.JOSEError && !ABOUT_THE_KEYS.includes(error.code);

const { ISSUER: issuer, KEYS: keys } = process.env;
const verify = verifier({ issuer, audience: process.env.AUDIENCE ?? issuer, keys });

const server = createServer(async (request, response) => {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer') return response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end();
  try {
    const { userId, sessionId } = await verify(token ?? '');
    response.end(`${userId} in ${sessionId}\n`);
  } catch (error) {
    if (!isAboutTheToken(error)) return response.writeHead(503).end();
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end();
  }
});
server.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
