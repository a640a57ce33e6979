import type { Language } from '../errors.ts';
import type { Anomaly } from '../receipts/decision-table.ts';

/**
 * Why a code must not be sold now, in the order in which it is looked for: what the mark itself says, what its
 * verification code says, then what its sale would be found to be (the receipts' own decision table), then its expiry
 * date. A sale by another than the owner is refused only where the product group's rule says so.
 */
export const TILL_REASONS = [
  'malformed',
  'not_in_catalogue',
  'forged',
  'too_many_failures',
  'unknown',
  'not_in_circulation',
  'sold',
  'withdrawn',
  'written_off',
  'blocked',
  'awaiting_acceptance',
  'customs_control',
  'awaiting_remark',
  'other_owner',
  'expired',
] as const;
export type TillReason = (typeof TILL_REASONS)[number];

/** Why a sale would have no effect, by the anomaly that its receipt would have. */
export const REASON_OF_ANOMALY: Readonly<Partial<Record<Anomaly, TillReason>>> = {
  unknown_code: 'unknown',
  sold_before_application: 'not_in_circulation',
  sold_before_introduction: 'not_in_circulation',
  already_sold: 'sold',
  sold_after_withdrawal: 'withdrawn',
  sold_after_write_off: 'written_off',
  sold_by_other_owner: 'other_owner',
};

/** For the cashier. */
export const TILL_TEXTS: Readonly<Record<TillReason, Readonly<Record<Language, string>>>> = {
  malformed: {
    kk: 'Бұл таңбалау коды емес.',
    ru: 'Это не код маркировки.',
    en: 'This is no marking code.',
  },
  not_in_catalogue: {
    kk: 'Тауар каталогта жоқ.',
    ru: 'Товара нет в каталоге.',
    en: 'The goods are not in the catalogue.',
  },
  forged: {
    kk: 'Тексеру коды жалған. Сатуға болмайды.',
    ru: 'Код проверки поддельный. Продавать нельзя.',
    en: 'The verification code is forged. Do not sell.',
  },
  too_many_failures: {
    kk: 'Жалған кодтар тым көп, код тексерілмеді.',
    ru: 'Слишком много неверных кодов, код не проверен.',
    en: 'Too many wrong codes lately: this one was not verified.',
  },
  unknown: {
    kk: 'Мұндай код шығарылмаған.',
    ru: 'Такой код не выпускался.',
    en: 'This code was never issued.',
  },
  not_in_circulation: {
    kk: 'Тауар айналымға енгізілмеген.',
    ru: 'Товар не введён в оборот.',
    en: 'The goods are not in circulation.',
  },
  sold: { kk: 'Тауар сатылып қойған.', ru: 'Товар уже продан.', en: 'The goods have been sold already.' },
  withdrawn: {
    kk: 'Тауар айналымнан шығарылған.',
    ru: 'Товар выведен из оборота.',
    en: 'The goods have been withdrawn from circulation.',
  },
  written_off: { kk: 'Тауар есептен шығарылған.', ru: 'Товар списан.', en: 'The goods have been written off.' },
  blocked: {
    kk: 'Тауарды уәкілетті орган бұғаттаған. Сатуға болмайды.',
    ru: 'Товар заблокирован уполномоченным органом. Продавать нельзя.',
    en: 'The goods are blocked by an authority. Do not sell.',
  },
  awaiting_acceptance: {
    kk: 'Тауар әлі қабылданбаған.',
    ru: 'Товар ещё не принят.',
    en: 'The goods have not been accepted yet.',
  },
  customs_control: {
    kk: 'Тауар кедендік бақылауда.',
    ru: 'Товар под таможенным контролем.',
    en: 'The goods are under customs control.',
  },
  awaiting_remark: {
    kk: 'Тауар қайта таңбалауды күтуде.',
    ru: 'Товар ждёт перемаркировки.',
    en: 'The goods wait to be marked anew.',
  },
  other_owner: {
    kk: 'Тауар сізге тиесілі емес.',
    ru: 'Товар вам не принадлежит.',
    en: 'The goods are not yours.',
  },
  expired: {
    kk: 'Жарамдылық мерзімі өткен.',
    ru: 'Срок годности истёк.',
    en: 'The goods are past their expiry date.',
  },
};
