import { createHash } from 'node:crypto';
import { createTill, type Till, type TillOptions } from '../../../simulators/tills/till.ts';
import type { AdapterContext, OpenAdapter } from '../../../src/adapters/contract.ts';
import { adapter } from '../../../src/adapters/ofd/adapter.ts';
import { askOfd, type OfdAddress } from '../../../src/adapters/ofd/client.ts';
import { createCodec } from '../../../src/adapters/ofd/protocol/codec.ts';
import type { Request, Response } from '../../../src/adapters/ofd/protocol/messages.ts';
import { loadConfig } from '../../../src/config.ts';
import { createCatalogue } from '../../../src/core/catalogue/catalogue.ts';
import type { Clock } from '../../../src/core/clock.ts';
import { createMarkReader } from '../../../src/core/codes/mark-reader.ts';
import { createSealer } from '../../../src/core/codes/seal.ts';
import { createParticipants } from '../../../src/core/participants/participants.ts';
import { loadProductGroups } from '../../../src/core/reference/product-groups.ts';
import { createInboundDoor } from '../../../src/exchange/inbound/door.ts';
import { createInbox } from '../../../src/exchange/inbound/inbox.ts';
import { createLog } from '../../../src/log.ts';
import type { TestDatabase } from '../../support/database.ts';
import { type Circulation, OFD, openCirculation, push, RETAILER } from '../../support/goods.ts';

export const codec = createCodec();
export const REGISTER = { deviceId: 4_001, registrationNumber: '010100004001', bin: RETAILER, token: 555 } as const;

export interface TestOfd {
  readonly address: OfdAddress;
  readonly adapter: OpenAdapter;
  /** The same door as REST. */
  push(receipt: object): Promise<{ readonly outcomes: readonly { readonly outcome: string }[] }>;
  till(options?: Partial<TillOptions>): Till;
  /** One request under any header. */
  ask(
    header: { deviceId?: number; token: number; requestNumber: number; version?: number },
    request: Request,
  ): Promise<Asked>;
  stop(): Promise<void>;
}

export interface Asked {
  readonly token: number;
  readonly version: number;
  readonly requestNumber: number;
  readonly response: Response;
  readonly payload: Buffer;
}

/** The adapter on a free port, over a store with a register. */
export async function startOfd(
  store: TestDatabase,
  clock: Clock,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<TestOfd> {
  const circulation = openCirculation(store, clock);
  const opened = await adapter.open(contextOf(store, clock, circulation, settings));
  await opened.start();
  const { details } = await opened.health();
  const address = { host: '127.0.0.1', port: Number(details['port']) };
  return {
    address,
    adapter: opened,
    push: (receipt) => push(circulation, receipt),
    till: (options = {}) => createTill({ address, codec, ...REGISTER, restMs: 1, timeoutMs: 5_000, ...options }),
    ask: async ({ deviceId = REGISTER.deviceId, token, requestNumber, version = 203 }, request) => {
      const payload = codec.encodeRequest(request);
      const frame = { version, deviceId, token, requestNumber, payload };
      const answer = await askOfd(address, frame, AbortSignal.timeout(5_000));
      return { ...answer, response: codec.decodeResponse(answer.payload) };
    },
    stop: async () => {
      await opened.stop();
      await circulation.stop();
    },
  };
}

function contextOf(
  { db }: TestDatabase,
  clock: Clock,
  { reception }: Circulation,
  settings: Readonly<Record<string, unknown>>,
): AdapterContext {
  const productGroups = loadProductGroups(new URL('../../../config/product-groups/', import.meta.url));
  const catalogue = createCatalogue({ db, clock });
  const inbox = createInbox(db, clock);
  const directory = { find: () => undefined, refresh: async () => {} };
  return {
    settings: { port: 0, ...settings },
    production: false,
    works: true,
    listens: true,
    db,
    clock,
    log: createLog('silent'),
    sealer: (purpose) => createSealer(Buffer.alloc(32, 1), purpose),
    deriveKey: (purpose) => createHash('sha256').update(purpose).digest(),
    limits: loadConfig({}).limits,
    inbox,
    partnerDoor: createInboundDoor({ inbox, directory }),
    partners: directory,
    reception,
    markReader: createMarkReader({ catalogue, productGroups, clock }),
    catalogue,
    participants: createParticipants({ db, clock }),
  };
}

export async function addRegister(store: TestDatabase, changes: Partial<typeof REGISTER> | object = {}): Promise<void> {
  const { deviceId, registrationNumber, bin, token } = { ...REGISTER, ...changes };
  await store.db.query(
    `insert into cash_register (device_id, registration_number, bin, ofd_bin, token, registered_at) values ($1, $2, $3, $5, $4, now())
     on conflict (device_id) do update set token = excluded.token, used_token = null, request_number = null, command = null,
       digest = null, reply = null, blocked = false, counted_sign = null, shift_number = null, shift_opened_at = null`,
    [deviceId, registrationNumber, bin, token, OFD],
  );
  await store.db.query('delete from register_shift where device_id = $1', [deviceId]);
}
