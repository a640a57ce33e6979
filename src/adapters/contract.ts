import type { TSchema } from 'typebox';
import type { Limits } from '../config.ts';
import type { Catalogue } from '../core/catalogue/catalogue.ts';
import type { Clock } from '../core/clock.ts';
import type { MarkReader } from '../core/codes/mark-reader.ts';
import type { Sealer } from '../core/codes/seal.ts';
import type { Participants } from '../core/participants/participants.ts';
import type { Reception } from '../core/receipts/reception.ts';
import type { Adapter } from '../exchange/adapter.ts';
import type { InboundDoor } from '../exchange/inbound/door.ts';
import type { Inbox } from '../exchange/inbound/inbox.ts';
import type { Job } from '../exchange/jobs/job.ts';
import type { PartnerDirectory } from '../exchange/partner-directory.ts';
import type { Log } from '../log.ts';
import type { AnyRoute } from '../routes/route.ts';
import type { Database } from '../store/database.ts';

/**
 * receives: the outside world calls us, over a door of its own or over routes. delivers: the exchange hands it messages
 * for its partners. serves: it answers questions of the outside world. schedules: it has jobs by the clock.
 */
export const ADAPTER_CAPABILITIES = ['receives', 'delivers', 'serves', 'schedules'] as const;
export type AdapterCapability = (typeof ADAPTER_CAPABILITIES)[number];

/** A kind of message that crosses the border, in the words of the outside world. */
export interface MessageKind {
  /** Lower-case, stable: `ticket`, `close-shift`. */
  readonly kind: string;
  /** One English sentence. */
  readonly summary: string;
}

export interface SettingProblem {
  /** The name of a property of the schema. */
  readonly setting: string;
  /** What is said after its name: `must be a network`. Repeats no value, which may be a secret. */
  readonly problem: string;
}

/** What an adapter says of itself before it is opened: drawn in /api/v1/adapters and in the documentation. */
export interface AdapterModule {
  /** Lower-case, stable; the name of its folder and of its entry in config/adapters.json. */
  readonly name: string;
  /** One English sentence: who is at the other end, by which protocol. */
  readonly summary: string;
  readonly capabilities: readonly AdapterCapability[];
  /**
   * Of its entry in config/adapters.json: an object. Its defaults make it usable without settings. A property with
   * `writeOnly: true` is a secret and is shown to nobody.
   */
  readonly settings: TSchema;
  /** What it takes in. */
  readonly receives: readonly MessageKind[];
  /** What it sends out. */
  readonly delivers: readonly MessageKind[];
  /** What a schema cannot say of settings that match it. */
  checkSettings?(settings: unknown): readonly SettingProblem[];
  /** Opens no port and calls nobody yet. Throws where its settings cannot be used. */
  open(context: AdapterContext): Promise<OpenAdapter>;
}

/** What the hub lends to an adapter. */
export interface AdapterContext {
  /** Checked against the module's schema, its defaults filled in. */
  readonly settings: unknown;
  readonly production: boolean;
  /** False in a process that leaves the work in the background to others. */
  readonly works: boolean;
  /** False in a process that takes no requests. */
  readonly listens: boolean;
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Secrets at rest, under a key for this purpose alone. */
  readonly sealer: (purpose: string) => Sealer;
  /** A key for this purpose alone, the same in every process of this hub and after every start. */
  readonly deriveKey: (purpose: string) => Buffer;
  /** Limits of the API, for routes. */
  readonly limits: Limits;
  /** Takes each message of a partner once, with an effect of the adapter's own. */
  readonly inbox: Inbox;
  /** Takes what partners say of our messages, acknowledgements and reports, with their effect, into the inbox. */
  readonly partnerDoor: InboundDoor;
  /** The partners that the exchange knows; none before it has started. */
  readonly partners: Pick<PartnerDirectory, 'find' | 'refresh'>;
  /** The door for receipts. */
  readonly reception: Reception;
  readonly markReader: MarkReader;
  readonly catalogue: Catalogue;
  readonly participants: Participants;
}

export interface DemoParticipant {
  readonly role: string;
  readonly bin: string;
}

export interface AdapterHealth {
  readonly state: 'good' | 'degraded' | 'bad';
  /** One English sentence. */
  readonly finding: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** An adapter at work. */
export interface OpenAdapter {
  /** How the exchange delivers to partners of this kind. Has the name of the module; closed by the exchange. */
  readonly delivery?: Adapter;
  /** Operations of the API that it brings along. */
  readonly routes?: readonly AnyRoute[];
  readonly jobs?: readonly Job[];
  /** What demo.json should say, so that a newcomer can try it. After `start`, and again at each start. */
  demo?(participants: readonly DemoParticipant[]): Promise<Readonly<Record<string, unknown>>>;
  /** In every process. Asked often; an answer after two seconds counts as `bad`. */
  health(): Promise<AdapterHealth>;
  /** Opens its doors: after everything else of the hub is at work, and only in a process that takes requests. */
  start(): Promise<void>;
  /** Before everything else, where it was started: takes nothing new, ends what is under way. */
  stop(): Promise<void>;
}
