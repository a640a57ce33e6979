import { newId } from '../../store/ids.ts';
import type { Clock } from '../clock.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { Problem } from '../errors.ts';
import { TanbaError } from '../errors.ts';
import { storableText } from '../storable.ts';
import type { Check } from '../validation.ts';
import { createValidation } from '../validation.ts';
import type { ReceiptDesk, SettledReceipt } from './desk.ts';
import type { Mark, PendingReceipt } from './judge.ts';
import { Receipt, receiptDigest } from './receipt.ts';

/** The door of the desk: reads a receipt from what was sent, and hands it over. */
export interface Reception {
  /** @throws TanbaError; nothing has happened then, except for receipts.conflict, where the body is kept as evidence. */
  accept(sender: ReceiptSender, value: unknown, raw: Buffer): Promise<AcceptedReceipt>;
  /** Everything before the desk, for senders who hand over many in order. @throws TanbaError */
  prepare(sender: ReceiptSender, value: unknown, raw: Buffer): Promise<PendingReceipt>;
}

export interface ReceiptSender {
  readonly bin: string;
  readonly ip: string;
  /** A fiscal data operator pushes everybody's receipts, others only their own. */
  readonly forAnyBin: boolean;
}

export interface AcceptedReceipt extends SettledReceipt {
  readonly receipt: Receipt;
}

export interface ReceptionDeps {
  readonly desk: ReceiptDesk;
  readonly markReader: MarkReader;
  readonly clock: Clock;
  readonly marksPerReceipt: number;
}

/** Clocks of registers run ahead by hours at worst; a receipt of the day after tomorrow is an error. */
const AHEAD_MAX_MS = 24 * 3_600_000;
/** Marking began on 1 October 2020 (cigarettes, order 343-НҚ). */
const MARKING_BEGAN = Date.UTC(2020, 9, 1);

export function createReception({ desk, markReader, clock, marksPerReceipt }: ReceptionDeps): Reception {
  const check = createValidation().json(Receipt);

  async function prepare(sender: ReceiptSender, value: unknown, raw: Buffer): Promise<PendingReceipt> {
    const receipt = checkedReceipt(check, value);
    if (!sender.forAnyBin && receipt.bin !== sender.bin) throw new TanbaError('receipts.foreign_bin', { path: '/bin' });
    const now = clock.now();
    const at = checkedTime(receipt.at, now);
    const marks = receipt.items.flatMap(marksOf);
    if (marks.length > marksPerReceipt) {
      throw new TanbaError('receipts.too_many_marks', { path: '/items', details: { limit: marksPerReceipt } });
    }
    return {
      receiptId: newId(now),
      receipt,
      at,
      digest: receiptDigest(receipt, at),
      raw,
      sender: sender.bin,
      ip: sender.ip,
      marks: await readMarks(markReader, marks, at),
    };
  }

  return {
    prepare,
    accept: async (sender, value, raw) => {
      const pending = await prepare(sender, value, raw);
      return { ...(await desk.settle(pending)), receipt: pending.receipt };
    },
  };
}

type SoldMark = Pick<Mark, 'text' | 'price' | 'isPart'>;

const PIECES = '796';

/** Half a pack has one mark and a quantity of 0.5; what is weighed has a mark and a weight. A mark scanned twice is one. */
function marksOf({ marks, price, quantity, measureUnit = PIECES }: Receipt['items'][number]): SoldMark[] {
  const isPart = measureUnit === PIECES && quantity < new Set(marks).size;
  return marks.map((text) => ({ text, price, isPart }));
}

/** A package has the price of all that is in it: only pieces have a range. */
async function readMarks(markReader: MarkReader, marks: readonly SoldMark[], at: Date): Promise<Mark[]> {
  const results = await markReader.read(marks.map(({ text }) => text));
  // Tills sell few goods at a time: their rules are looked up once a receipt.
  const known = new Map<string, SaleRules>();
  return marks.map((mark, index): Mark => {
    const result = results[index];
    if (result === undefined || !result.ok) {
      return { ...mark, text: storableText(mark.text), cis: null, refuseOtherOwner: false, priceRange: null };
    }
    const { cis, gtin } = result.code;
    const rules = gtin === null ? NO_RULES : (known.get(gtin) ?? rulesOfSale(markReader, gtin, at));
    if (gtin !== null) known.set(gtin, rules);
    return { ...mark, cis, ...rules };
  });
}

type SaleRules = Pick<Mark, 'refuseOtherOwner' | 'priceRange'>;

const NO_RULES: SaleRules = { refuseOtherOwner: false, priceRange: null };

function rulesOfSale(markReader: MarkReader, gtin: string, at: Date): SaleRules {
  return {
    refuseOtherOwner: markReader.rulesOf(gtin)?.saleByOtherOwner === 'refuse',
    priceRange: markReader.rulesOf(gtin, at)?.retailPrice ?? null,
  };
}

function checkedReceipt(check: Check, value: unknown): Receipt {
  const problems = check(value);
  if (isReceipt(value, problems)) return value;
  const { path = '' } = problems[0] ?? {};
  throw new TanbaError('receipts.invalid', { path, problems });
}

/** The schema that was checked is the one that the type is made of. */
function isReceipt(_value: unknown, problems: readonly Problem[]): _value is Receipt {
  return problems.length === 0;
}

function checkedTime(text: string, now: Date): Date {
  const at = new Date(text);
  const time = at.getTime();
  // Not written as two comparisons: NaN (a leap second, say) must fail as well.
  if (!(time >= MARKING_BEGAN && time <= now.getTime() + AHEAD_MAX_MS)) {
    throw new TanbaError('receipts.date_out_of_range', { path: '/at' });
  }
  return at;
}
