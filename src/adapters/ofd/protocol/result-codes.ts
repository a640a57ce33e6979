interface Result {
  readonly code: number;
  /** The register keeps its request and sends it again: nothing has happened. */
  readonly retry: boolean;
  /** Shown to the cashier. */
  readonly text: { readonly ru: string; readonly kk: string };
}

const result = (code: number, ru: string, kk: string, retry = false): Result => ({ code, retry, text: { ru, kk } });

/** ResultTypeEnum. */
export const RESULTS = {
  ok: result(0, 'Принято', 'Қабылданды'),
  unknown_id: result(1, 'Касса не зарегистрирована', 'Касса тіркелмеген'),
  invalid_token: result(2, 'Неверный токен', 'Токен қате'),
  protocol_error: result(3, 'Ошибка протокола', 'Хаттама қатесі'),
  unknown_command: result(4, 'Неизвестная команда', 'Белгісіз пәрмен'),
  unsupported_command: result(5, 'Команда не поддерживается', 'Пәрмен қолдау таппайды'),
  invalid_configuration: result(6, 'Неверные настройки кассы', 'Касса баптауы қате'),
  ssl_not_allowed: result(7, 'SSL не разрешён', 'SSL рұқсат етілмеген'),
  invalid_request_number: result(8, 'Неверный номер запроса', 'Сұрау нөмірі қате'),
  invalid_retry: result(9, 'Повтор отличается от первого запроса', 'Қайталау бірінші сұраудан өзгеше'),
  cannot_cancel_ticket: result(
    10,
    'Чек нельзя отменить, оформите возврат',
    'Чекті жоюға болмайды, қайтаруды ресімдеңіз',
  ),
  open_shift_expired: result(11, 'Смена открыта более 24 часов', 'Ауысым 24 сағаттан артық ашық'),
  bad_login: result(12, 'Неверный логин или пароль', 'Логин немесе құпиясөз қате'),
  incorrect_request_data: result(13, 'Неверные данные', 'Деректер қате'),
  not_enough_cash: result(14, 'Недостаточно наличных', 'Қолма-қол ақша жеткіліксіз'),
  blocked: result(15, 'Касса заблокирована', 'Касса бұғатталған'),
  shift_already_opened: result(16, 'Смена уже открыта', 'Ауысым ашылып қойған'),
  same_taxpayer: result(17, 'Продавец и покупатель совпадают', 'Сатушы мен сатып алушы бір тұлға'),
  element_not_found: result(18, 'Товар по штрихкоду не найден', 'Штрихкод бойынша тауар табылмады'),
  temporarily_unavailable: result(254, 'Сервис временно недоступен', 'Қызмет уақытша қолжетімсіз', true),
  unknown_error: result(255, 'Неизвестная ошибка', 'Белгісіз қате', true),
} as const satisfies Readonly<Record<string, Result>>;

export type ResultName = keyof typeof RESULTS;

const NAMES: ReadonlyMap<number, ResultName> = new Map(
  Object.entries(RESULTS).flatMap(([name, { code }]): [number, ResultName][] =>
    isResultName(name) ? [[code, name]] : [],
  ),
);

/** Null: no result of the protocol. */
export function resultNameOf(code: number): ResultName | null {
  return NAMES.get(code) ?? null;
}

function isResultName(name: string): name is ResultName {
  return Object.hasOwn(RESULTS, name);
}
