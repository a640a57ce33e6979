import type { Catalogue } from '../../../core/catalogue/catalogue.ts';
import type { Command } from './commands.ts';
import { NOTHING_ELSE } from './handled.ts';

/** NomenclatureResultTypeEnum, ElementTypeEnum. */
const RESULT_OK = 0;
const RESULT_NO_VERSION = 2;
const RESULT_NOT_FOUND = 3;
const ITEM = 1;
/** Result 18 says there that the register is not registered any more: it would stop. */
const UNREGISTERED_SINCE = 204;
const NOT_FOUND = { nomenclature: { version: 0, elements: [], result: RESULT_NOT_FOUND } };
const GTIN_DIGITS = 14;

/**
 * COMMAND_NOMENCLATURE: goods by their barcode, with the sign that they are subject to marking. There is no list of all
 * goods to load: a register asks for those that it meets.
 */
export function nomenclatureCommand(catalogue: Pick<Catalogue, 'find'>, now: () => Date): Command {
  return async ({ request: { nomenclature }, version }) => {
    const barcode = nomenclature?.barcode ?? '';
    const created_time = Math.floor(now().getTime() / 1_000);
    if (barcode === '') {
      const response = {
        nomenclature: { version: 0, created_time: BigInt(created_time), elements: [], result: RESULT_NO_VERSION },
      };
      return { ...NOTHING_ELSE, result: 'ok', response, keepsReply: false };
    }
    const gtin = barcode.padStart(GTIN_DIGITS, '0');
    const product = (await catalogue.find([gtin])).get(gtin);
    if (product === undefined && version < UNREGISTERED_SINCE) {
      return { ...NOTHING_ELSE, result: 'element_not_found', keepsReply: false };
    }
    if (product === undefined) return { ...NOTHING_ELSE, result: 'ok', response: NOT_FOUND, keepsReply: false };
    const { ru, kk } = product.card.tradeName;
    const element = {
      type: ITEM,
      title: ru,
      title_kk: kk,
      item: { barcode, description: ru, ntin: gtin, is_markedeac: true },
    };
    const response = {
      nomenclature: { version: 0, created_time: BigInt(created_time), elements: [element], result: RESULT_OK },
    };
    return { ...NOTHING_ELSE, result: 'ok', response, keepsReply: false };
  };
}
