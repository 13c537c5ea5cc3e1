// Better Auth as its guide sets it up, with an e-mail address and a password, on SQLite. Prints the address that it listens on.
import { createServer } from 'node:http';
import { LibsqlDialect } from '@libsql/kysely-libsql';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';

const options = {
  baseURL: 'http://localhost',
  secret: process.env.BETTER_AUTH_SECRET,
  database: { dialect: new LibsqlDialect({ url: `file:${process.env.DATABASE}` }), type: 'sqlite' },
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
};
const { runMigrations } = await getMigrations(options);
await runMigrations();
const server = createServer(toNodeHandler(betterAuth(options)));
server.listen(0, '127.0.0.1', () => console.error(JSON.stringify({ message: 'listening', address: `127.0.0.1:${server.address().port}` })));
