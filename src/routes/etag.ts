import Type from 'typebox';
import type { HeaderSpec } from './route.ts';

/** For routes that answer 304 to whoever has what they would answer with. */
export const IF_NONE_MATCH: HeaderSpec = {
  name: 'If-None-Match',
  description: 'The `ETag` of what one has.',
  schema: Type.String({ maxLength: 4_096 }),
};

/** RFC 9110 §13.1.2; a proxy that compresses has made the tag a weak one. */
export function matchesTag(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
