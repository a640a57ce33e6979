/**
 * A hint which delivery to look at; nothing more. Losing one costs time, a second one costs a look: what is true stands
 * in PostgreSQL.
 */
export interface Carrier {
  readonly deliveryId: string;
  readonly partnerId: string;
  readonly adapter: string;
  /** Counts the carriers of a delivery, for whoever follows one through logs and queues. */
  readonly carrier: number;
  /** Raised after a restore: carriers of an older epoch are acknowledged unseen. */
  readonly epoch: number;
  /** W3C traceparent. */
  readonly trace: string;
}

/** Looks at the delivery; resolves when the carrier may be forgotten. Never rejects. */
export type Look = (carrier: Carrier) => Promise<void>;

export interface Connection {
  /** rabbitmq, redis, bullmq-postgresql: as in metrics. */
  readonly name: string;
  readonly connected: boolean;
}

/** How carriers get from the relay to a worker: at once, or at a later time. */
export interface Transport {
  readonly name: 'embedded' | 'rabbitmq';
  /** Whether carriers can be handed over now; while not, they stay where they are. */
  readonly ready: boolean;
  /** Resolves when it runs, or keeps trying in the background. */
  start(look: Look): Promise<void>;
  /** Resolves when the carrier's carrier has them; rejects when it may not. */
  carry(carriers: readonly Carrier[]): Promise<void>;
  /** Brings the carriers when their time has come. */
  carryLater(carriers: readonly DelayedCarrier[]): Promise<void>;
  /** Forgets all carriers on the way. */
  purge(): Promise<void>;
  connections(): readonly Connection[];
  stop(): Promise<void>;
}

export interface DelayedCarrier {
  readonly carrier: Carrier;
  readonly delayMs: number;
}
