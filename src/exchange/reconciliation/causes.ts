import type { Policy } from '../policy/policy.ts';

/**
 * What can differ between what we sent, what the partner acknowledged and what it reports. Each cause is a query over
 * `pair`, the days of partners that are compared; it gives partner_id, day, message_id and details.
 */
export interface Cause {
  /** Whether this partner's policy promises what is compared. */
  readonly concerns: (policy: Policy) => boolean;
  readonly sql: string;
}

// `not unfinished` says nothing new; it is the condition of the index.
const SENT_THAT_DAY = `
delivery.partner_id = pair.partner_id and delivery.state = 'delivered' and not delivery.unfinished
   and delivery.finished_at >= pair.starts and delivery.finished_at < pair.ends`;

const ITS_MESSAGE = `
message on message.message_id = delivery.message_id and message.created_at = delivery.message_at`;

const SENT_NOT_ACKNOWLEDGED = `
select pair.partner_id, pair.day, delivery.message_id,
       jsonb_build_object('deliveryId', delivery.delivery_id, 'sentAt', delivery.finished_at) as details
  from pair join delivery on ${SENT_THAT_DAY}
 where delivery.acknowledged_at is null and delivery.finished_at <= pair.acknowledged_if_before`;

const ACKNOWLEDGED_DIGEST_DIFFERS = `
select pair.partner_id, pair.day, delivery.message_id,
       jsonb_build_object('deliveryId', delivery.delivery_id, 'digest', encode(message.digest, 'hex'),
                          'acknowledgedDigest', encode(delivery.acknowledged_digest, 'hex')) as details
  from pair join delivery on ${SENT_THAT_DAY} join ${ITS_MESSAGE}
 where delivery.acknowledged_digest <> message.digest`;

// What goes out at midnight stands in the partner's report of the day before or after. A report that is missing as a
// whole is one item, not one for every message. NOT IN: see compareStatement.
const SENT_NOT_IN_REPORT = `
select pair.partner_id, pair.day, delivery.message_id,
       jsonb_build_object('deliveryId', delivery.delivery_id, 'sentAt', delivery.finished_at) as details
  from pair join delivery on ${SENT_THAT_DAY}
 where exists (select from partner_report where partner_id = pair.partner_id and day = pair.day)
   and (pair.partner_id, pair.day, delivery.message_id) not in (
         select near.partner_id, near.day, report.message_id
           from pair near
           join partner_report report
             on report.partner_id = near.partner_id and report.day between near.day - 1 and near.day + 1)`;

// OFFSET 0 keeps the partner out of the look-up: its deliveries are millions, those of one message a few, and a planner
// without statistics took the index of the partner.
const DELIVERED_AS_REPORTED = `
select * from delivery where message_id = report.message_id and state = 'delivered' offset 0`;

// On whatever day: one that was uncertain is found to have been delivered days later.
const IN_REPORT_NOT_SENT = `
select pair.partner_id, pair.day, report.message_id,
       jsonb_build_object('reportedAt', report.reported_at) as details
  from pair join partner_report report on report.partner_id = pair.partner_id and report.day = pair.day
 where not exists (select from (${DELIVERED_AS_REPORTED}) as delivery where delivery.partner_id = report.partner_id)`;

const REPORT_DIGEST_DIFFERS = `
select pair.partner_id, pair.day, report.message_id,
       jsonb_build_object('deliveryId', delivery.delivery_id, 'digest', encode(message.digest, 'hex'),
                          'reportedDigest', encode(report.digest, 'hex')) as details
  from pair
  join partner_report report on report.partner_id = pair.partner_id and report.day = pair.day
  join lateral (${DELIVERED_AS_REPORTED}) as delivery on delivery.partner_id = report.partner_id
  join ${ITS_MESSAGE}
 where report.digest <> message.digest`;

// Who was sent nothing has nothing to report, and an empty report leaves no row.
const REPORT_MISSING = `
select pair.partner_id, pair.day, null::uuid as message_id, jsonb_build_object('sent', sent.count) as details
  from pair cross join lateral (select count(*) from delivery where ${SENT_THAT_DAY}) as sent
 where sent.count > 0
   and not exists (select from partner_report where partner_id = pair.partner_id and day = pair.day)`;

const always = (): boolean => true;
const acknowledges = (policy: Policy): boolean => policy.acknowledgement === 'message';
const reports = (policy: Policy): boolean => policy.dailyReport;

export const CAUSES = {
  sent_not_acknowledged: { concerns: acknowledges, sql: SENT_NOT_ACKNOWLEDGED },
  acknowledged_digest_differs: { concerns: always, sql: ACKNOWLEDGED_DIGEST_DIFFERS },
  sent_not_in_report: { concerns: reports, sql: SENT_NOT_IN_REPORT },
  in_report_not_sent: { concerns: reports, sql: IN_REPORT_NOT_SENT },
  report_digest_differs: { concerns: reports, sql: REPORT_DIGEST_DIFFERS },
  report_missing: { concerns: reports, sql: REPORT_MISSING },
} as const satisfies Record<string, Cause>;

export type WorkItemKind = keyof typeof CAUSES;

export const WORK_ITEM_KINDS = [
  'sent_not_acknowledged',
  'acknowledged_digest_differs',
  'sent_not_in_report',
  'in_report_not_sent',
  'report_digest_differs',
  'report_missing',
] as const satisfies readonly WorkItemKind[];
