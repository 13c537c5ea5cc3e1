// The sign-in server that tutorials start from: bcrypt, HS256, refresh tokens in an array. For comparison only: it forgets everything at a restart,
// and a copied refresh token is good for ever. Prints the port that it listens on.
import { readFileSync } from 'node:fs';
import bcrypt from 'bcrypt';
import express from 'express';
import jwt from 'jsonwebtoken';

const { ACCESS_SECRET, REFRESH_SECRET, REFRESH_TOKENS } = process.env;
const app = express();
app.use(express.json());

const users = [{ name: 'ada', password: await bcrypt.hash('a kettle of purple fish', 10) }];
// The benchmark's sessions: signed by it, so that it need not log in thousands of times first.
let refreshTokens = REFRESH_TOKENS ? JSON.parse(readFileSync(REFRESH_TOKENS, 'utf8')) : [];

const accessToken = (name) => jwt.sign({ name }, ACCESS_SECRET, { expiresIn: '15m' });

app.post('/login', async (request, response) => {
  const user = users.find((user) => user.name === request.body.username);
  if (!user || !(await bcrypt.compare(request.body.password, user.password))) return response.sendStatus(401);
  const refreshToken = jwt.sign({ name: user.name }, REFRESH_SECRET);
  refreshTokens.push(refreshToken);
  response.json({ accessToken: accessToken(user.name), refreshToken });
});

app.post('/token', (request, response) => {
  const { token } = request.body;
  if (!token) return response.sendStatus(401);
  if (!refreshTokens.includes(token)) return response.sendStatus(403);
  jwt.verify(token, REFRESH_SECRET, (error, user) => {
    if (error) return response.sendStatus(403);
    response.json({ accessToken: accessToken(user.name) });
  });
});

app.delete('/logout', (request, response) => {
  refreshTokens = refreshTokens.filter((token) => token !== request.body.token);
  response.sendStatus(204);
});

function authenticate(request, response, next) {
  const token = request.headers.authorization?.split(' ')[1];
  if (!token) return response.sendStatus(401);
  jwt.verify(token, ACCESS_SECRET, (error, user) => {
    if (error) return response.sendStatus(403);
    request.user = user;
    next();
  });
}

app.get('/me', authenticate, (request, response) => response.json({ name: request.user.name }));

const server = app.listen(0, '127.0.0.1', () => console.error(JSON.stringify({ message: 'listening', address: `127.0.0.1:${server.address().port}` })));
