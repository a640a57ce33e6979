import type { PaperLanguage, ShippedCode } from './accompanying.ts';
import type { TransferStatus } from './transfer-status.ts';

type Outcome = ShippedCode['outcome'];

/** Every word of the accompanying document; `{name}` is filled in. */
export interface AccompanyingTexts {
  readonly title: string;
  readonly numberAndDate: string;
  readonly sender: string;
  readonly receiver: string;
  readonly bin: string;
  readonly notRegistered: string;
  readonly basis: string;
  readonly transport: string;
  readonly carrier: string;
  readonly goods: string;
  readonly noGoods: string;
  readonly columns: GoodsColumns;
  readonly originSign: string;
  readonly customsDeclaration: string;
  readonly nameUnknown: string;
  readonly withoutVat: string;
  readonly total: string;
  readonly linesWithoutPrice: string;
  readonly codes: string;
  readonly outOfPackage: string;
  readonly moreCodes: string;
  readonly state: string;
  readonly shippedAt: string;
  readonly recordedAt: string;
  readonly acceptBy: string;
  readonly decidedAt: string;
  readonly kazakhstanTime: string;
  readonly signature: string;
  readonly signer: string;
  readonly receivedAt: string;
  readonly digest: string;
  readonly signatureNote: string;
  readonly released: string;
  readonly taken: string;
  readonly page: string;
  readonly statuses: Readonly<Record<TransferStatus, string>>;
  readonly outcomes: Readonly<Record<Outcome, string>>;
  /** By the kinds of the shipment's header. */
  readonly transports: Readonly<Record<string, string>>;
}

interface GoodsColumns {
  readonly number: string;
  readonly goods: string;
  readonly quantity: string;
  readonly price: string;
  readonly withoutVat: string;
  readonly vatPercent: string;
  readonly vat: string;
  readonly withVat: string;
}

const KAZAKH: AccompanyingTexts = {
  title: 'Ілеспе құжат',
  numberAndDate: '№ {number}, {date}',
  sender: 'Жөнелтуші',
  receiver: 'Алушы',
  bin: 'БСН/ЖСН',
  notRegistered: 'жүйеде тіркелмеген',
  basis: 'Негіздеме',
  transport: 'Көлік',
  carrier: 'тасымалдаушының БСН/ЖСН',
  goods: 'Тауарлар',
  noGoods: 'Жөнелтуші тауарлардың тізімін көрсетпеген: жөнелтілгені төмендегі кодтар бойынша.',
  columns: {
    number: '№',
    goods: 'GTIN, тауардың атауы',
    quantity: 'Саны',
    price: 'Бағасы, теңге',
    withoutVat: 'ҚҚС-сыз сомасы, теңге',
    vatPercent: 'ҚҚС, %',
    vat: 'ҚҚС сомасы, теңге',
    withVat: 'ҚҚС-пен сомасы, теңге',
  },
  originSign: 'Тауардың шығу белгісі: {value}',
  customsDeclaration: 'Кедендік декларация: {value}',
  nameUnknown: 'тауардың карточкасы жоқ',
  withoutVat: 'ҚҚС-сыз',
  total: 'Барлығы',
  linesWithoutPrice: 'Бағасы көрсетілмеген жолдар: {count}, олар жиынтыққа кірмейді.',
  codes: 'Сәйкестендіру кодтары',
  outOfPackage: '{outcome} (қаптамадан)',
  moreCodes: 'Тағы {count} код бар, толық тізім осы құжаттың XML нұсқасында.',
  state: 'Күйі',
  shippedAt: 'Жөнелтілген күні',
  recordedAt: 'Тіркелген уақыты',
  acceptBy: 'Қабылдаудың соңғы мерзімі',
  decidedAt: 'Шешім қабылданған уақыты',
  kazakhstanTime: '{time} (UTC+5)',
  signature: 'Қолтаңба',
  signer: 'Құжатты жіберген',
  receivedAt: 'Жүйеге түскен уақыты',
  digest: 'Бастапқы құжаттың SHA-256 хеші',
  signatureNote: 'Электрондық цифрлық қолтаңба әзірге қойылмайды: құжаттың өзгермегенін оның хеші көрсетеді.',
  released: 'Босатқан',
  taken: 'Қабылдаған',
  page: '{page}-бет, барлығы {pages}',
  statuses: {
    awaiting_acceptance: 'Қабылдауды күтуде',
    accepted: 'Қабылданды',
    accepted_in_part: 'Ішінара қабылданды',
    refused: 'Алушы бас тартты',
    cancelled: 'Жөнелтуші кері қайтарып алды',
  },
  outcomes: {
    awaiting: 'күтуде',
    accepted: 'қабылданды',
    refused: 'бас тартылды',
    cancelled: 'қайтарып алынды',
    gone: 'жолда шығып қалды',
  },
  transports: {
    ROAD: 'автомобиль көлігі',
    RAIL: 'теміржол көлігі',
    AIR: 'әуе көлігі',
    SEA: 'теңіз көлігі',
    PIPELINE: 'құбыр',
    OTHER: 'өзге көлік',
  },
};

const RUSSIAN: AccompanyingTexts = {
  title: 'Сопроводительный документ',
  numberAndDate: '№ {number} от {date}',
  sender: 'Отправитель',
  receiver: 'Получатель',
  bin: 'БИН/ИИН',
  notRegistered: 'не зарегистрирован в системе',
  basis: 'Основание',
  transport: 'Транспорт',
  carrier: 'БИН/ИИН перевозчика',
  goods: 'Товары',
  noGoods: 'Отправитель не указал перечень товаров: отгружено по кодам ниже.',
  columns: {
    number: '№',
    goods: 'GTIN, наименование товара',
    quantity: 'Кол-во',
    price: 'Цена, тенге',
    withoutVat: 'Сумма без НДС, тенге',
    vatPercent: 'НДС, %',
    vat: 'Сумма НДС, тенге',
    withVat: 'Сумма с НДС, тенге',
  },
  originSign: 'Признак происхождения товара: {value}',
  customsDeclaration: 'Таможенная декларация: {value}',
  nameUnknown: 'карточки товара нет',
  withoutVat: 'без НДС',
  total: 'Итого',
  linesWithoutPrice: 'Строк без цены: {count}, в итог они не входят.',
  codes: 'Коды идентификации',
  outOfPackage: '{outcome} (из упаковки)',
  moreCodes: 'Ещё кодов: {count}. Полный список — в этом же документе в виде XML.',
  state: 'Состояние',
  shippedAt: 'Дата отгрузки',
  recordedAt: 'Время регистрации',
  acceptBy: 'Принять не позднее',
  decidedAt: 'Время решения',
  kazakhstanTime: '{time} (UTC+5)',
  signature: 'Подпись',
  signer: 'Документ направил',
  receivedAt: 'Получено системой',
  digest: 'Хеш SHA-256 исходного документа',
  signatureNote: 'Электронная цифровая подпись пока не ставится: неизменность документа показывает его хеш.',
  released: 'Отпустил',
  taken: 'Принял',
  page: 'Страница {page} из {pages}',
  statuses: {
    awaiting_acceptance: 'Ожидает приёмки',
    accepted: 'Принято',
    accepted_in_part: 'Принято частично',
    refused: 'Получатель отказался',
    cancelled: 'Отозвано отправителем',
  },
  outcomes: {
    awaiting: 'ожидает',
    accepted: 'принят',
    refused: 'отказ',
    cancelled: 'отозван',
    gone: 'выбыл в пути',
  },
  transports: {
    ROAD: 'автомобильный',
    RAIL: 'железнодорожный',
    AIR: 'воздушный',
    SEA: 'морской',
    PIPELINE: 'трубопроводный',
    OTHER: 'иной',
  },
};

export const ACCOMPANYING_TEXTS: Readonly<Record<PaperLanguage, AccompanyingTexts>> = { kk: KAZAKH, ru: RUSSIAN };

export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
