import express from 'express';
import { createExpressApp, createNodeServer } from '../src/routes/express-server.ts';

// The bare Express to compare with: the hub's own server factory, an answer of the size that the hub gave.
const answers = new Map<string, unknown>();

process.on('message', (message: { path: string; answer: unknown }) => {
  answers.set(message.path, message.answer);
  process.send?.({ set: message.path });
});
process.once('disconnect', () => process.exit(0));

const app = createExpressApp();
app.get('/*path', (req, res) => {
  res.json(answers.get(req.path));
});
app.post('/*path', express.json({ limit: '1mb' }), (req, res) => {
  res.json(req.body === undefined ? null : answers.get(req.path));
});

const server = createNodeServer(app);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
