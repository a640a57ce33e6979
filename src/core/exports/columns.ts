import type { Language } from '../errors.ts';

export const EXPORT_LISTS = ['documents', 'codes', 'transfers'] as const;
export type ExportList = (typeof EXPORT_LISTS)[number];
export const EXPORT_FORMATS = ['csv', 'xlsx'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

type Titles = Readonly<Record<Language, string>>;
const title = (kk: string, ru: string, en: string): Titles => ({ kk, ru, en });

const STATUS = title('Күйі', 'Статус', 'Status');
const NUMBER = title('Нөмірі', 'Номер', 'Number');
const SENDER = title('Жіберуші БСН/ЖСН', 'БИН/ИИН отправителя', 'Sender BIN/IIN');
const RECEIVER = title('Алушы БСН/ЖСН', 'БИН/ИИН получателя', 'Receiver BIN/IIN');

/** The first row of each list; the order is that of the cells of its rows. */
const COLUMNS: Readonly<Record<ExportList, readonly Titles[]>> = {
  documents: [
    title('Құжат идентификаторы', 'Идентификатор документа', 'Document id'),
    title('Түрі', 'Вид', 'Kind'),
    STATUS,
    NUMBER,
    SENDER,
    RECEIVER,
    title('Кодтар саны', 'Количество кодов', 'Codes'),
    title('Қателер саны', 'Количество ошибок', 'Errors'),
    title('Қабылданған уақыты', 'Время приёма', 'Received at'),
    title('Өңделген уақыты', 'Время обработки', 'Completed at'),
  ],
  codes: [
    title('Құжаттағы орны', 'Место в документе', 'Place in the document'),
    title('Сәйкестендіру коды', 'Код идентификации', 'Identification code'),
    title('GTIN', 'GTIN', 'GTIN'),
    title('Код түрі', 'Тип кода', 'Type of code'),
    STATUS,
    title('Шектеу', 'Ограничение', 'Hold'),
    title('Себебі', 'Причина', 'Reason'),
    title('Өндірілген күні', 'Дата производства', 'Production date'),
    title('Жарамдылық мерзімі', 'Годен до', 'Expiry date'),
    title('Топтама', 'Партия', 'Batch'),
    title('Иесінің БСН/ЖСН', 'БИН/ИИН владельца', 'Owner BIN/IIN'),
    title('Қаптама', 'Упаковка', 'Package'),
    title('Сыртқы қаптама', 'Внешняя упаковка', 'Outermost package'),
  ],
  transfers: [
    title('Жөнелту идентификаторы', 'Идентификатор отгрузки', 'Shipment id'),
    NUMBER,
    SENDER,
    RECEIVER,
    STATUS,
    title('Жөнелтілген уақыты', 'Время отгрузки', 'Shipped at'),
    title('Тіркелген уақыты', 'Время регистрации', 'Recorded at'),
    title('Қабылдау мерзімі', 'Срок приёмки', 'Accept by'),
    title('Шешілген уақыты', 'Время решения', 'Decided at'),
  ],
};

export function titlesOf(list: ExportList, language: Language): string[] {
  return COLUMNS[list].map((titles) => titles[language]);
}

const SHEETS: Readonly<Record<ExportList, Titles>> = {
  documents: title('Құжаттар', 'Документы', 'Documents'),
  codes: title('Кодтар', 'Коды', 'Codes'),
  transfers: title('Жөнелтулер', 'Отгрузки', 'Transfers'),
};

export function sheetName(list: ExportList, language: Language): string {
  return SHEETS[list][language];
}
