import assert from 'node:assert/strict';
import { errorTable } from '../../src/core/errors.ts';
import type { CodeHold, CodeStatus } from '../../src/core/lifecycle/transitions.ts';
import { CODE_HOLDS } from '../../src/core/lifecycle/transitions.ts';
import type { Operation, Owner, SeenStatus } from '../../src/core/receipts/decision-table.ts';
import { DECISIONS, decide, OPERATIONS, OWNERS, SEEN_STATUSES } from '../../src/core/receipts/decision-table.ts';

const SELLER = '190240012344';
const OTHER = '180540001239';

// operation, status: effect and anomaly for the seller's own code | for another owner's
const EXPECTED = `
sale unknown              none unknown_code                | none unknown_code
sale emitted              none sold_before_application     | none sold_before_application
sale applied              none sold_before_introduction    | none sold_before_introduction
sale in_circulation       sell -                           | sell sold_by_other_owner
sale sold                 none already_sold                | none already_sold
sale withdrawn            none sold_after_withdrawal       | none sold_after_withdrawal
sale written_off          none sold_after_write_off        | none sold_after_write_off
sale_return unknown           none unknown_code            | none unknown_code
sale_return emitted           none returned_without_sale   | none returned_without_sale
sale_return applied           none returned_without_sale   | none returned_without_sale
sale_return in_circulation    none returned_without_sale   | none returned_without_sale
sale_return sold              return -                     | return returned_to_other_seller
sale_return withdrawn         none returned_without_sale   | none returned_without_sale
sale_return written_off       none returned_after_write_off | none returned_after_write_off
purchase unknown          none unknown_code                | none unknown_code
purchase emitted          none purchased_before_introduction | none purchased_before_introduction
purchase applied          none purchased_before_introduction | none purchased_before_introduction
purchase in_circulation   none purchased_own_goods         | none -
purchase sold             none -                           | none -
purchase withdrawn        none purchased_after_withdrawal  | none purchased_after_withdrawal
purchase written_off      none purchased_after_withdrawal  | none purchased_after_withdrawal
purchase_return unknown        none unknown_code           | none unknown_code
purchase_return emitted        none purchased_before_introduction | none purchased_before_introduction
purchase_return applied        none purchased_before_introduction | none purchased_before_introduction
purchase_return in_circulation none -                      | none -
purchase_return sold           none -                      | none -
purchase_return withdrawn      none purchased_after_withdrawal | none purchased_after_withdrawal
purchase_return written_off    none purchased_after_withdrawal | none purchased_after_withdrawal
`;

interface Cell {
  readonly operation: string;
  readonly status: string;
  readonly owner: Owner;
  readonly effect: string;
  readonly anomaly: string | null;
}

const cells: Cell[] = EXPECTED.trim()
  .split('\n')
  .flatMap((line) => {
    const [operation = '', status = '', ...rest] = line.replaceAll('|', ' ').trim().split(/\s+/);
    return OWNERS.map((owner, index): Cell => {
      const [effect = '', anomaly = ''] = rest.slice(index * 2, index * 2 + 2);
      return { operation, status, owner, effect, anomaly: anomaly === '-' ? null : anomaly };
    });
  });

function codeIn(status: string, owner: Owner, hold: CodeHold = 'none') {
  if (status === 'unknown') return null;
  const stored: CodeStatus = status === 'sold' ? 'withdrawn' : statusNamed(status);
  const reason = status === 'sold' ? 'RETAIL' : status === 'withdrawn' ? 'OWN_USE' : null;
  return { status: stored, hold, owner: owner === 'seller' ? SELLER : OTHER, reason };
}

function statusNamed(name: string): CodeStatus {
  const found = SEEN_STATUSES.find((status) => status === name);
  assert(found !== undefined && found !== 'unknown' && found !== 'sold');
  return found;
}

function operationNamed(name: string): Operation {
  const found = OPERATIONS.find((operation) => operation === name);
  assert(found !== undefined);
  return found;
}

describe('the decision table of receipts', () => {
  it('has exactly the cells listed here', () => {
    const listed = cells.map(({ operation, status, owner }) => `${operation} ${status} ${owner}`).sort();
    const there = OPERATIONS.flatMap((operation) =>
      Object.keys(DECISIONS[operation]).flatMap((status) => OWNERS.map((owner) => `${operation} ${status} ${owner}`)),
    ).sort();
    assert.deepEqual(listed, there);
  });

  for (const { operation, status, owner, effect, anomaly } of cells) {
    it(`${operation} of a code that is ${status}, owner ${owner}: ${effect}, ${anomaly ?? 'no anomaly'}`, () => {
      const decision = decide(operationNamed(operation), codeIn(status, owner), SELLER, false);
      assert.deepEqual(decision, { effect, anomaly });
    });
  }

  it('leaves another owner’s code in circulation where the product group gates sales by acceptance', () => {
    const decision = decide('sale', codeIn('in_circulation', 'other'), SELLER, true);
    assert.deepEqual(decision, { effect: 'none', anomaly: 'sold_by_other_owner' });
  });

  it('sells the seller’s own code behind the gate', () => {
    assert.deepEqual(decide('sale', codeIn('in_circulation', 'seller'), SELLER, true), {
      effect: 'sell',
      anomaly: null,
    });
  });

  for (const hold of CODE_HOLDS.filter((name) => name !== 'none')) {
    it(`sells a code that is on hold (${hold}) and says so`, () => {
      const decision = decide('sale', codeIn('in_circulation', 'seller', hold), SELLER, false);
      assert.equal(decision.effect, 'sell');
      assert.notEqual(decision.anomaly, null);
    });
  }

  it('has three texts for every anomaly', () => {
    const anomalies = new Set(cells.map(({ anomaly }) => anomaly).filter((anomaly) => anomaly !== null));
    for (const anomaly of anomalies) assert(Object.hasOwn(errorTable, `receipts.${anomaly}`), anomaly);
  });

  it('knows every status a code can be seen in', () => {
    const seen: readonly SeenStatus[] = SEEN_STATUSES;
    for (const operation of OPERATIONS) assert.deepEqual(Object.keys(DECISIONS[operation]).sort(), [...seen].sort());
  });
});
