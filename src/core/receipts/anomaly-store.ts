import type { Statement } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import type { OutboxMessage } from '../../store/outbox.ts';
import type { Finding } from './finding.ts';
import type { PendingReceipt } from './judge.ts';

/** A finding as it is recorded and told. */
export interface RecordedAnomaly extends Finding {
  readonly anomalyId: string;
  readonly receiptId: string;
  readonly registerId: string;
  readonly at: Date;
  readonly seller: string;
}

export function anomaliesOf(
  { receiptId, receipt, at }: PendingReceipt,
  findings: readonly Finding[],
  now: Date,
): RecordedAnomaly[] {
  const { registerId, bin: seller } = receipt;
  return findings.map((finding) => ({ ...finding, anomalyId: newId(now), receiptId, registerId, at, seller }));
}

const RECORD_ANOMALIES = `
insert into receipt_anomaly (recorded_at, at, anomaly_id, receipt_id, register_id, kind, cis, gtin, seller, owner, details)
select $1, * from unnest($2::timestamptz[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
                         $9::text[], $10::text[], $11::jsonb[])`;

export function anomaliesStatement(anomalies: readonly RecordedAnomaly[], now: Date): Statement {
  return {
    name: 'record_anomalies',
    text: RECORD_ANOMALIES,
    values: [
      now,
      anomalies.map(({ at }) => at),
      anomalies.map(({ anomalyId }) => anomalyId),
      anomalies.map(({ receiptId }) => receiptId),
      anomalies.map(({ registerId }) => registerId),
      anomalies.map(({ kind }) => kind),
      anomalies.map(({ cis }) => cis),
      anomalies.map(({ gtin }) => gtin),
      anomalies.map(({ seller }) => seller),
      anomalies.map(({ owner }) => owner),
      anomalies.map(({ details }) => JSON.stringify(details)),
    ],
  };
}

export const ANOMALY_TOPIC = 'receipts.anomalies';
const TOLD_TOGETHER = 500;

/**
 * Told to the goods' owner, to the seller, and to the authorities that watch over all (law: control of circulation). An
 * owner learns who sold what of theirs and when; nobody learns the rest of the receipt.
 */
export function anomalyMessages(anomalies: readonly RecordedAnomaly[], overseers: readonly string[]): OutboxMessage[] {
  const byReceiver = new Map<string, RecordedAnomaly[]>();
  for (const anomaly of anomalies) {
    const { owner, seller } = anomaly;
    for (const bin of new Set([seller, ...(owner === null ? [] : [owner]), ...overseers])) {
      const own = byReceiver.get(bin) ?? [];
      own.push(anomaly);
      byReceiver.set(bin, own);
    }
  }
  return [...byReceiver].flatMap(([bin, own]) => {
    const parts: OutboxMessage[] = [];
    for (let from = 0; from < own.length; from += TOLD_TOGETHER) {
      parts.push(messageTo(bin, own.slice(from, from + TOLD_TOGETHER), overseers));
    }
    return parts;
  });
}

function messageTo(bin: string, anomalies: readonly RecordedAnomaly[], overseers: readonly string[]): OutboxMessage {
  const keys = anomalies.flatMap(({ receiptId, gtin }) => [
    `receipt:${receiptId}`,
    ...(gtin === null ? [] : [`gtin:${gtin}`]),
  ]);
  const payload = {
    ground: overseers.includes(bin) ? 'oversight' : 'own_goods_or_sales',
    anomalies: anomalies.map(({ anomalyId, kind, cis, receiptId, at, seller }) => ({
      anomalyId,
      kind,
      cis,
      receiptId,
      at: at.toISOString(),
      seller,
    })),
  };
  return { topic: ANOMALY_TOPIC, bin, keys: [...new Set(keys)], trace: null, payload };
}
