import Type, { type Static } from 'typebox';
import { Check, Errors } from 'typebox/value';

/** What goes wrong with a request, as the network and careless programs do it. */
export const FAULTS = [
  'none',
  'reset_before_accept',
  'reset_after_accept',
  'hang',
  'slow',
  'refuse',
  'garbage',
  'truncate',
  'error_in_success',
  'twice',
] as const;

/** Faults one after the other, each for so many requests; behind the last one all is well, or it begins again. */
export const FaultScript = Type.Object(
  {
    steps: Type.Array(
      Type.Object(
        {
          fault: Type.Enum([...FAULTS]),
          requests: Type.Integer({ minimum: 1, default: 1 }),
          delayMs: Type.Optional(Type.Integer({ minimum: 0, description: 'Of slow.' })),
          code: Type.Optional(Type.Integer({ description: "Of refuse: the protocol's own failure." })),
        },
        { additionalProperties: false },
      ),
    ),
    repeat: Type.Boolean({ default: false }),
  },
  { additionalProperties: false },
);
export type FaultScript = Static<typeof FaultScript>;
export type FaultStep = FaultScript['steps'][number];

export interface Faults {
  /** What happens to the next request. */
  next(): FaultStep;
}

const WELL: FaultStep = { fault: 'none', requests: 1 };

export function playFaults({ steps, repeat }: FaultScript): Faults {
  const all = steps.flatMap((step) => Array.from({ length: step.requests }, () => step));
  let at = 0;
  return {
    next: () => {
      const step = all[repeat && all.length > 0 ? at % all.length : at];
      at += 1;
      return step ?? WELL;
    },
  };
}

export const ALL_WELL: FaultScript = { steps: [], repeat: false };

/** @throws Error that names what is wrong. */
export function readFaultScript(value: unknown): FaultScript {
  if (Check(FaultScript, value)) return value;
  const problems = Errors(FaultScript, value).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
  throw new Error(`The fault script is not usable:\n  ${problems.join('\n  ')}`);
}
