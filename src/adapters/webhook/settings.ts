import Type, { type Static } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { TanbaError } from '../../core/errors.ts';
import { POINTER_PATTERN } from './mapping.ts';

const closed = { additionalProperties: false };

const MappingSchema = Type.Object(
  {
    version: Type.String({ pattern: '^[A-Za-z0-9._-]{1,32}$', description: 'A name of yours for this mapping.' }),
    fields: Type.Record(
      Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' }),
      Type.String({ maxLength: 256, pattern: POINTER_PATTERN, description: 'A JSON pointer into the envelope.' }),
      { ...closed, minProperties: 1, maxProperties: 100 },
    ),
  },
  closed,
);

export const WebhookSettings = Type.Object(
  {
    url: Type.String({ maxLength: 2_048, pattern: '^https?://', description: 'Where messages are posted.' }),
    mapping: Type.Optional(MappingSchema),
  },
  closed,
);
export type WebhookSettings = Static<typeof WebhookSettings>;

/** Settings as they come from a partner's row or from a dry run. */
export function readSettings(settings: Readonly<Record<string, unknown>>): WebhookSettings {
  if (!Check(WebhookSettings, settings)) {
    const [first] = Errors(WebhookSettings, settings);
    throw new TanbaError('webhooks.settings_invalid', { path: first?.instancePath ?? '' });
  }
  if (!URL.canParse(settings.url)) throw new TanbaError('webhooks.url_invalid', { path: '/url' });
  return settings;
}
