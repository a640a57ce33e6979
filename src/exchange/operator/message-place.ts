import { TanbaError } from '../../core/errors.ts';

/** Where a message stands among all of them; pages go from the newest to the oldest. */
export interface MessagePlace {
  readonly createdAt: Date;
  readonly messageId: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const CURSOR = /^([0-9]{1,15})\.([0-9a-f-]{36})$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function cursorOf({ createdAt, messageId }: MessagePlace): string {
  return `${createdAt.getTime()}.${messageId}`;
}

export function readCursor(cursor: string): MessagePlace {
  const [, createdAt, messageId] = CURSOR.exec(cursor) ?? [];
  if (messageId === undefined || !isUuid(messageId)) {
    throw new TanbaError('request.value_format', { path: '/query/cursor', details: { format: 'cursor' } });
  }
  return { createdAt: new Date(Number(createdAt)), messageId };
}
