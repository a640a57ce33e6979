import { createHash, randomBytes } from 'node:crypto';
import { type Database, sqlState, type Transaction } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import { writeAudit } from '../audit/audit.ts';
import { orderRights } from '../catalogue/order-rights.ts';
import type { Clock } from '../clock.ts';
import { type Problem, TanbaError } from '../errors.ts';
import type { ProductGroups } from '../reference/product-groups.ts';
import type { IssueGuard } from './issue-guard.ts';
import type { KeyRing } from './key-ring.ts';
import { cisPrefix } from './line-codes.ts';
import {
  type CisType,
  type OrderLimits,
  type OrderProduct,
  type OrderRequest,
  requestProblems,
} from './order-request.ts';
import { codesByGtin, existingCodes, findByIdempotencyKey, insertOrder, type NewLine } from './order-store.ts';
import { lockOrdering, quotaProblems, secondsToMidnight } from './quota.ts';
import { SEED_BYTES, seedContext, serialSpace } from './serials.ts';
import { algorithmOf, type CodeTemplate } from './template.ts';

/** The participant that asks, and from where. */
export interface Asker {
  readonly bin: string;
  readonly ip: string | null;
  /** W3C traceparent of the request. */
  readonly trace?: string;
}

export interface PlacedOrder {
  readonly orderId: string;
  readonly productGroup: string;
  readonly createdAt: Date;
}

export interface PlaceOrderDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly productGroups: ProductGroups;
  readonly keyRing: Pick<KeyRing, 'currentKey' | 'seal'>;
  readonly guard: IssueGuard;
  readonly limits: OrderLimits;
}

/** Order 44-н/қ, paragraph 18: the chance to guess a serial that exists stays below 1 in 10,000. */
const GUESSES_PER_HIT = 10_000;

/** Takes an order or refuses it with everything that is wrong with it. The same key and request: the same answer. */
export async function placeOrder(
  deps: PlaceOrderDeps,
  asker: Asker,
  request: OrderRequest,
  idempotencyKey: string | undefined,
): Promise<PlacedOrder> {
  const digest = requestDigest(request);
  const answered = await answeredBefore(deps, asker.bin, idempotencyKey, digest);
  if (answered !== undefined) return answered;
  await deps.guard.mayIssue();
  deps.guard.assertOpen();
  const now = deps.clock.now();
  const template = deps.productGroups.at(request.productGroup, now)?.template;
  const problems = await requestProblems(request, template, deps.limits, (gtins) =>
    orderRights(deps.db, gtins, asker.bin),
  );
  if (problems.length === 0) problems.push(...(await issuedProblems(deps, request)));
  if (template === undefined || problems.length > 0) throw refusal(problems, now);
  const { bin, trace = null } = asker;
  const order = { orderId: newId(now), bin, request, idempotencyKey: idempotencyKey ?? null, digest, trace };
  const lines = request.products.map((product) => newLine(deps, order.orderId, product, template));
  try {
    await deps.db.transaction(async (tx) => {
      await lockOrdering(tx, asker.bin, request.productGroup);
      const refused = await roomProblems(tx, deps, asker.bin, request, template, now);
      if (refused.length > 0) throw refusal(refused, now);
      await insertOrder(tx, { ...order, lines }, now);
      await writeAudit(tx, {
        at: now,
        bin: asker.bin,
        ip: asker.ip,
        action: 'order.placed',
        subject: order.orderId,
        details: { productGroup: request.productGroup, codes: codesOf(request) },
      });
    });
  } catch (error) {
    const raced = await answerOfRival(deps, asker.bin, idempotencyKey, digest, error);
    if (raced !== undefined) return raced;
    throw error;
  }
  return { orderId: order.orderId, productGroup: request.productGroup, createdAt: now };
}

/** Of the request's meaning, not of its spelling: members may come in any order. */
function requestDigest({ productGroup, releaseMethodType, products }: OrderRequest): Buffer {
  const lines = products.map((product) => [
    product.gtin,
    product.quantity,
    product.serialNumberType,
    product.cisType,
    product.serialNumbers ?? null,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([productGroup, releaseMethodType, lines]))
    .digest();
}

async function answeredBefore(
  deps: Pick<PlaceOrderDeps, 'db'>,
  bin: string,
  key: string | undefined,
  digest: Buffer,
): Promise<PlacedOrder | undefined> {
  const order = key === undefined ? undefined : await findByIdempotencyKey(deps.db, bin, key);
  if (order === undefined) return undefined;
  if (order.digest?.equals(digest) !== true) throw new TanbaError('request.idempotency_conflict');
  return { orderId: order.orderId, productGroup: order.productGroup, createdAt: order.createdAt };
}

/** The same key at the same time: the other one was faster, and may have used up the quota. */
async function answerOfRival(
  deps: Pick<PlaceOrderDeps, 'db'>,
  bin: string,
  key: string | undefined,
  digest: Buffer,
  error: unknown,
): Promise<PlacedOrder | undefined> {
  if (key === undefined || !(sqlState(error) === '23505' || error instanceof TanbaError)) return undefined;
  return await answeredBefore(deps, bin, key, digest);
}

function codesOf(request: OrderRequest): number {
  return request.products.reduce((sum, product) => sum + product.quantity, 0);
}

function refusal(problems: readonly Problem[], now: Date): TanbaError {
  const [first] = problems;
  if (first === undefined) return new TanbaError('internal');
  const { code, ...place } = first;
  const daily = problems.some((problem) => problem.code === 'orders.quota_exceeded');
  return new TanbaError(code, {
    ...place,
    problems,
    ...(daily ? { retryAfterSeconds: secondsToMidnight(now) } : {}),
  });
}

/** Own serials of which a code exists. The primary key says so finally; this says it at once and by name. */
async function issuedProblems({ db, limits }: PlaceOrderDeps, request: OrderRequest): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, product] of request.products.entries()) {
    if (product.serialNumbers === undefined) continue;
    const prefix = cisPrefix(product.gtin);
    const wanted = product.serialNumbers.map((serial) => prefix + serial);
    const found = new Set(await existingCodes(db, wanted, limits.errorsPerDocument - problems.length));
    if (found.size === 0) continue;
    for (const [i, cis] of wanted.entries()) {
      const path = `/products/${index}/serialNumbers/${i}`;
      if (found.has(cis)) problems.push({ code: 'orders.serial_already_issued', path, cis });
    }
  }
  return problems;
}

/** Is there room for the order: in the participant's quota, and in the GTINs' serials? */
async function roomProblems(
  tx: Transaction,
  { limits }: PlaceOrderDeps,
  bin: string,
  request: OrderRequest,
  template: CodeTemplate,
  now: Date,
): Promise<Problem[]> {
  const { productGroup, products } = request;
  const problems = await quotaProblems(tx, limits, { bin, productGroup, quantity: codesOf(request) }, now);
  const issued = await codesByGtin(
    tx,
    products.map((product) => product.gtin),
  );
  const limit = Math.floor(serialSpace(template) / GUESSES_PER_HIT);
  for (const [index, { gtin, quantity }] of products.entries()) {
    if ((issued.get(gtin) ?? 0) + quantity <= limit) continue;
    const path = `/products/${index}/quantity`;
    problems.push({ code: 'orders.serial_space_exhausted', path, details: { gtin, limit } });
  }
  return problems;
}

const CIS_TYPE_ROWS: Readonly<Record<CisType, Lowercase<CisType>>> = { UNIT: 'unit', GROUP: 'group', SET: 'set' };

function newLine({ keyRing }: PlaceOrderDeps, orderId: string, product: OrderProduct, template: CodeTemplate): NewLine {
  const { gtin, quantity, serialNumberType, cisType } = product;
  const operator = serialNumberType === 'OPERATOR';
  return {
    gtin,
    quantity,
    serialNumberType,
    cisType: CIS_TYPE_ROWS[cisType],
    template: template.name,
    keyId: keyRing.currentKey(algorithmOf(template)).keyId,
    sealedSeed: operator ? keyRing.seal(randomBytes(SEED_BYTES), seedContext(orderId, gtin)) : null,
    serialNumbers: operator ? null : (product.serialNumbers ?? []),
  };
}
