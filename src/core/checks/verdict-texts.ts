import type { Language } from '../errors.ts';
import type { Verdict } from './check.ts';

/** What a citizen reads under a verdict. */
export const VERDICT_TEXTS: Readonly<Record<Verdict, Readonly<Record<Language, string>>>> = {
  genuine: {
    kk: 'Код түпнұсқа, тауар айналымда.',
    ru: 'Код подлинный, товар в обороте.',
    en: 'The code is genuine and the goods are on sale.',
  },
  sold: {
    kk: 'Код түпнұсқа, бірақ тауар бұрын сатылған.',
    ru: 'Код подлинный, но товар уже продан.',
    en: 'The code is genuine, but the goods have already been sold.',
  },
  withdrawn: {
    kk: 'Код түпнұсқа, бірақ тауар айналымнан шығарылған.',
    ru: 'Код подлинный, но товар выведен из оборота.',
    en: 'The code is genuine, but the goods have been withdrawn from circulation.',
  },
  not_in_circulation: {
    kk: 'Код түпнұсқа, бірақ тауар айналымға енгізілмеген.',
    ru: 'Код подлинный, но товар не введён в оборот.',
    en: 'The code is genuine, but the goods have not been put into circulation.',
  },
  unknown: {
    kk: 'Мұндай код шығарылмаған. Операторға хабарланды.',
    ru: 'Такой код не выпускался. Оператор извещён.',
    en: 'Such a code was never issued. The operator has been told.',
  },
  forged: {
    kk: 'Код жалған: тексеру коды сәйкес келмейді.',
    ru: 'Код поддельный: код проверки не сходится.',
    en: 'The code is forged: its verification code does not match.',
  },
  unverified: {
    kk: 'Түпнұсқалығын растау мүмкін емес: тексеру коды жоқ немесе ол басқа жүйеде жасалған. DataMatrix кодын толық сканерлеңіз.',
    ru: 'Подлинность подтвердить нельзя: кода проверки нет или он создан в другой системе. Отсканируйте код DataMatrix целиком.',
    en: 'It cannot be verified: there is no verification code, or another system has made it. Scan the whole DataMatrix code.',
  },
  malformed: {
    kk: 'Бұл таңбалау коды емес.',
    ru: 'Это не код маркировки.',
    en: 'This is not a marking code.',
  },
};
