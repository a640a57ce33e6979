import type { Queryable } from '../store/database.ts';
import type { Adapter } from './adapter.ts';
import type { Partner } from './partner.ts';
import { takes } from './partner.ts';
import type { Policy } from './policy/policy.ts';
import { effectivePolicy } from './policy/policy.ts';

/** A partner with all that is needed to serve it. */
export interface KnownPartner {
  readonly partner: Partner;
  readonly policy: Policy;
  readonly adapter: Adapter;
}

/** The partners as they were at the last refresh: what an operator changes holds a second later. */
export interface PartnerDirectory {
  refresh(): Promise<void>;
  /** Whose row has changed since this was asked last; at first everybody. */
  takeChanged(): readonly string[];
  find(partnerId: string): KnownPartner | undefined;
  partners(): readonly KnownPartner[];
  /** Who takes a message of this topic about this participant. */
  takersOf(topic: string, bin: string): readonly KnownPartner[];
}

interface PartnerRow extends Partner {
  readonly version: string;
}

interface Versioned extends KnownPartner {
  readonly version: string;
}

// Every change of a row has a transaction number of its own, whatever the clocks and in whatever order they commit.
const LAST_CHANGE = `select count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) as state from partner`;

const PARTNER_COLUMNS = `
partner_id as "partnerId", adapter, bin, name, topics, settings, policy, switched_off as "switchedOff",
xmin::text as version`;

const PARTNERS = `select ${PARTNER_COLUMNS} from partner where removed_at is null order by partner_id`;

export function createPartnerDirectory(db: Queryable, adapters: readonly Adapter[]): PartnerDirectory {
  const adapterOf = new Map(adapters.map((adapter) => [adapter.name, adapter]));
  const changed = new Set<string>();
  let seen = '';
  let known: ReadonlyMap<string, Versioned> = new Map();
  let byBin: ReadonlyMap<string | null, readonly KnownPartner[]> = new Map();

  async function refresh(): Promise<void> {
    const state = (await db.query<{ state: string }>(LAST_CHANGE)).rows[0]?.state ?? '';
    if (state === seen) return;
    const found = await db.query<PartnerRow>(PARTNERS);
    const before = known;
    known = new Map(
      found.rows.flatMap(({ version, ...partner }) => {
        // A partner of an adapter that this hub does not have waits for a hub that has it.
        const adapter = adapterOf.get(partner.adapter);
        if (adapter === undefined) return [];
        return [
          [partner.partnerId, { partner, adapter, version, policy: effectivePolicy(adapter.policy, partner.policy) }],
        ];
      }),
    );
    byBin = groupedByBin([...known.values()]);
    seen = state;
    const isNew = ({ partner, version }: Versioned): boolean => before.get(partner.partnerId)?.version !== version;
    for (const one of known.values()) if (isNew(one)) changed.add(one.partner.partnerId);
  }

  return {
    refresh,
    takeChanged: () => {
      const taken = [...changed];
      changed.clear();
      return taken;
    },
    find: (partnerId) => known.get(partnerId),
    partners: () => [...known.values()],
    takersOf: (topic, bin) =>
      [...(byBin.get(null) ?? []), ...(byBin.get(bin) ?? [])].filter(({ partner }) => takes(partner.topics, topic)),
  };
}

function groupedByBin(partners: readonly KnownPartner[]): Map<string | null, KnownPartner[]> {
  const groups = new Map<string | null, KnownPartner[]>();
  for (const known of partners) {
    const group = groups.get(known.partner.bin) ?? [];
    group.push(known);
    groups.set(known.partner.bin, group);
  }
  return groups;
}
