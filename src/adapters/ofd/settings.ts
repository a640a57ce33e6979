import Type, { type Static } from 'typebox';

export const OfdSettings = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'Address that cash registers connect to.' }),
    port: Type.Integer({ default: 7777, minimum: 0, maximum: 65_535, description: '0: any free one.' }),
    connectionsMax: Type.Integer({ default: 20_000, minimum: 1, description: 'Connections at once; more are closed.' }),
    idleSeconds: Type.Integer({ default: 60, minimum: 1, description: 'A silent connection is closed after this.' }),
    frameSeconds: Type.Integer({
      default: 7,
      minimum: 1,
      description: 'A request has to arrive whole in this time; registers wait for their answers as long.',
    }),
    frameBytesMax: Type.Integer({ default: 1_048_576, minimum: 1_024, description: 'Largest request.' }),
    pendingBytesMax: Type.Integer({
      default: 268_435_456,
      minimum: 1_048_576,
      description: 'Bytes of unfinished requests over all connections.',
    }),
    wrongTokensPerMinute: Type.Integer({
      default: 30,
      minimum: 1,
      description: 'Wrong tokens for a register from one address.',
    }),
    shiftHours: Type.Integer({ default: 24, minimum: 1, description: 'Longest shift.' }),
    offlineHours: Type.Integer({
      default: 72,
      minimum: 1,
      description: 'How long a register may stay offline; later receipts are taken, with an alert.',
    }),
    oldestDays: Type.Integer({ default: 400, minimum: 1, description: 'Receipts older than this are refused.' }),
    receiptUrl: Type.String({
      default: 'http://127.0.0.1:8080/api/public/receipt',
      pattern: '^https?://',
      description: 'Where the QR code of a receipt leads; its query is added.',
    }),
    relay: Type.Boolean({
      default: false,
      description: 'Hand each ticket and shift on to partners of this adapter: other fiscal data operators.',
    }),
  },
  { additionalProperties: false },
);
export type OfdSettings = Static<typeof OfdSettings>;
