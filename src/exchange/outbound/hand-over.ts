import type { Queryable } from '../../store/database.ts';
import type { Carrier, Transport } from '../transports/transport.ts';

const UNCARRY = `
update delivery set carried_until = null
 where delivery_id = any($1) and state in ('waiting', 'uncertain') and carried_until is not null`;

/**
 * Gives carriers to the transport. Where that fails, nobody waits for them in vain: their deliveries get others as soon
 * as the transport is there again. Some may have gone all the same; a second look costs nothing but itself.
 */
export async function handOver(
  db: Queryable,
  transport: Pick<Transport, 'carry'>,
  carriers: readonly Carrier[],
): Promise<void> {
  if (carriers.length === 0) return;
  try {
    await transport.carry(carriers);
  } catch (error) {
    const deliveryIds = carriers.map(({ deliveryId }) => deliveryId);
    await db.query({ name: 'uncarry', text: UNCARRY, values: [deliveryIds] });
    throw error;
  }
}
