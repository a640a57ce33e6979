import Type, { type Static } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { TanbaError } from '../../../core/errors.ts';

const closed = { additionalProperties: false };
const Unsigned = Type.Integer({ minimum: 1, maximum: 4_294_967_295 });

/** A partner of this adapter: another fiscal data operator that gets the tickets of some registers. */
export const RelaySettings = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 253 }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    registers: Type.Array(
      Type.Object(
        {
          deviceId: Unsigned,
          theirDeviceId: Unsigned,
          token: Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'The first token they gave.' }),
        },
        closed,
      ),
      { maxItems: 100_000, description: 'Which registers it serves, and under what number there.' },
    ),
  },
  closed,
);
export type RelaySettings = Static<typeof RelaySettings>;

export function readRelaySettings(settings: Readonly<Record<string, unknown>>): RelaySettings {
  if (Check(RelaySettings, settings)) return settings;
  const [first] = Errors(RelaySettings, settings);
  throw new TanbaError('adapters.partner_settings_invalid', { path: first?.instancePath ?? '' });
}
