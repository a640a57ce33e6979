import type { OrderRight } from '../catalogue/order-rights.ts';
import type { Problem } from '../errors.ts';
import { gtinProblem, serialProblem } from './gs1.ts';
import { MAX_LINE_CODES } from './line-codes.ts';
import type { CodeTemplate } from './template.ts';

export const RELEASE_METHOD_TYPES = ['PRIMARY', 'REMAINS', 'COMMISSION', 'REMARK'] as const;
export type ReleaseMethodType = (typeof RELEASE_METHOD_TYPES)[number];
export const SERIAL_NUMBER_TYPES = ['OPERATOR', 'SELF_MADE'] as const;
export type SerialNumberType = (typeof SERIAL_NUMBER_TYPES)[number];
export const CIS_TYPES = ['UNIT', 'GROUP', 'SET'] as const;
export type CisType = (typeof CIS_TYPES)[number];

export interface OrderProduct {
  readonly gtin: string;
  readonly quantity: number;
  readonly serialNumberType: SerialNumberType;
  readonly serialNumbers?: readonly string[];
  readonly cisType: CisType;
}

export interface OrderRequest {
  readonly productGroup: string;
  readonly products: readonly OrderProduct[];
  readonly releaseMethodType: ReleaseMethodType;
}

export interface OrderLimits {
  readonly codesPerGtinPerOrder: number;
  readonly gtinsPerOrder: number;
  readonly activeOrders: number;
  readonly codesPerPack: number;
  readonly codesPerDayDefault: number;
  readonly errorsPerDocument: number;
  readonly waitSecondsMax: number;
}

/** Enough to recognise what was sent; answers do not repeat texts of any length. */
const SHOWN_CHARACTERS = 40;

/** What the request itself says, with the catalogue as it is: everything wrong with it at once. */
export async function requestProblems(
  request: OrderRequest,
  template: CodeTemplate | undefined,
  limits: OrderLimits,
  rightsTo: (gtins: readonly string[]) => Promise<ReadonlyMap<string, OrderRight>>,
): Promise<Problem[]> {
  const group: Problem[] = template === undefined ? [unknownGroup(request)] : [];
  if (request.products.length === 0) return [...group, { code: 'orders.no_products', path: '/products' }];
  if (request.products.length > limits.gtinsPerOrder) {
    return [...group, { code: 'orders.too_many_gtins', path: '/products', details: { limit: limits.gtinsPerOrder } }];
  }
  const wellFormed = request.products.map((product) => product.gtin).filter((gtin) => gtinProblem(gtin) === undefined);
  const known = await rightsTo(wellFormed);
  const seen = new Set<string>();
  const knownGroup = template === undefined ? undefined : request.productGroup;
  const products = request.products.flatMap((product, index) => {
    const path = `/products/${index}`;
    const repeated = seen.has(product.gtin);
    seen.add(product.gtin);
    const gtin: Problem[] = repeated
      ? [
          {
            code: 'orders.gtin_repeated',
            path: `${path}/gtin`,
            details: { gtin: product.gtin.slice(0, SHOWN_CHARACTERS) },
          },
        ]
      : gtinProblems(product.gtin, `${path}/gtin`, known.get(product.gtin), knownGroup);
    return [...gtin, ...quantityProblems(product, path, limits), ...serialProblems(product, template, path, limits)];
  });
  return [...group, ...products];
}

function unknownGroup({ productGroup }: OrderRequest): Problem {
  return {
    code: 'orders.unknown_product_group',
    path: '/productGroup',
    details: { productGroup: productGroup.slice(0, SHOWN_CHARACTERS) },
  };
}

/** The grounds of refusal of order 44-н/қ, paragraph 23, and the states of a card in which no codes are issued. */
function gtinProblems(
  gtin: string,
  path: string,
  right: OrderRight | undefined,
  productGroup: string | undefined,
): Problem[] {
  const malformed = gtinProblem(gtin);
  if (malformed !== undefined) return [{ code: malformed, path, details: { gtin: gtin.slice(0, SHOWN_CHARACTERS) } }];
  if (right === undefined) return [{ code: 'orders.gtin_not_in_catalogue', path, details: { gtin } }];
  const problems: Problem[] = [];
  if (!right.mayOrder) problems.push({ code: 'orders.gtin_not_yours', path, details: { gtin } });
  if (productGroup !== undefined && right.productGroup !== productGroup) {
    problems.push({ code: 'orders.gtin_of_other_group', path, details: { gtin, productGroup: right.productGroup } });
  }
  if (right.status !== 'published') problems.push({ code: `orders.gtin_${right.status}`, path, details: { gtin } });
  return problems;
}

function quantityProblems(product: OrderProduct, path: string, limits: OrderLimits): Problem[] {
  if (!Number.isSafeInteger(product.quantity) || product.quantity < 1) {
    return [{ code: 'orders.quantity_invalid', path: `${path}/quantity`, details: { quantity: product.quantity } }];
  }
  const limit = Math.min(limits.codesPerGtinPerOrder, MAX_LINE_CODES);
  if (product.quantity <= limit) return [];
  return [{ code: 'orders.quantity_too_large', path: `${path}/quantity`, details: { limit } }];
}

function serialProblems(
  product: OrderProduct,
  template: CodeTemplate | undefined,
  path: string,
  limits: OrderLimits,
): Problem[] {
  const listPath = `${path}/serialNumbers`;
  const serials = product.serialNumbers ?? [];
  if (product.serialNumberType === 'OPERATOR') {
    return serials.length === 0 ? [] : [{ code: 'orders.serials_not_expected', path: listPath }];
  }
  if (serials.length === 0) return [{ code: 'orders.serials_missing', path: listPath }];
  if (serials.length !== product.quantity) {
    const details = { quantity: product.quantity, count: serials.length };
    return [{ code: 'orders.serials_count_differs', path: listPath, details }];
  }
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [index, serial] of serials.entries()) {
    const code = seen.has(serial) ? 'orders.serial_repeated' : template && serialProblem(serial, template);
    seen.add(serial);
    if (code !== undefined)
      problems.push({ code, path: `${listPath}/${index}`, details: { serial: serial.slice(0, SHOWN_CHARACTERS) } });
    if (problems.length >= limits.errorsPerDocument) break;
  }
  return problems;
}
