/**
 * Every error that Tanba answers with, in one table: stable code, kind, and the text in Kazakh, Russian and English.
 * A code that is retired is never used again. `{name}` in a text is filled from the error's details.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'unsupported'
  | 'too_many'
  | 'unavailable'
  | 'internal';

export type Language = 'kk' | 'ru' | 'en';

interface ErrorEntry {
  readonly kind: ErrorKind;
  readonly kk: string;
  readonly ru: string;
  readonly en: string;
}

export const errorTable = {
  'adapters.not_found': {
    kind: 'not_found',
    kk: 'Бұл хабта «{name}» адаптері жоқ.',
    ru: 'В этом хабе нет адаптера «{name}».',
    en: 'This hub has no adapter "{name}".',
  },
  'access.demo_key_in_production': {
    kind: 'internal',
    kk: 'Өндірістік режимде демо кілттер белсенді. Оларды қайтарып алыңыз: tanba participant revoke <bin> demo.',
    ru: 'В рабочем режиме действуют демонстрационные ключи. Отзовите их: tanba participant revoke <bin> demo.',
    en: 'Demo keys are active in production. Revoke them: tanba participant revoke <bin> demo.',
  },
  'documents.unknown_kind': {
    kind: 'invalid',
    kk: 'Құжаттың мұндай түрі жоқ: {kind}.',
    ru: 'Нет такого вида документа: {kind}.',
    en: 'There is no such kind of document: {kind}.',
  },
  'documents.invalid': {
    kind: 'invalid',
    kk: 'Құжат схемаға сай емес: қателер тізімін қараңыз.',
    ru: 'Документ не соответствует схеме: смотрите список ошибок.',
    en: 'The document does not match its schema: see the list of errors.',
  },
  'documents.xml_malformed': {
    kind: 'invalid',
    kk: 'XML дұрыс құрылмаған, {line}-жол: {problem}',
    ru: 'XML составлен с ошибкой, строка {line}: {problem}',
    en: 'The XML is not well-formed, line {line}: {problem}',
  },
  'documents.xml_doctype': {
    kind: 'invalid',
    kk: 'XML ішінде DOCTYPE бар, мұндай құжат қабылданбайды.',
    ru: 'XML содержит DOCTYPE, такой документ не принимается.',
    en: 'The XML has a DOCTYPE, and such a document is not accepted.',
  },
  'documents.xml_invalid': {
    kind: 'invalid',
    kk: 'XML өз схемасына (XSD) сай емес, {line}-жол: {problem}',
    ru: 'XML не соответствует своей схеме (XSD), строка {line}: {problem}',
    en: 'The XML does not match its schema (XSD), line {line}: {problem}',
  },
  'documents.schema_not_found': {
    kind: 'not_found',
    kk: 'Мұндай схема жоқ: {file}.',
    ru: 'Нет такой схемы: {file}.',
    en: 'There is no such schema: {file}.',
  },
  'documents.not_found': {
    kind: 'not_found',
    kk: 'Құжат табылмады.',
    ru: 'Документ не найден.',
    en: 'The document was not found.',
  },
  'documents.failed': {
    kind: 'internal',
    kk: 'Құжатты өңдеу мүмкін болмады, операторға хабарланды.',
    ru: 'Документ не удалось обработать, оператор извещён.',
    en: 'The document could not be processed; the operator has been told.',
  },
  'documents.too_many_codes': {
    kind: 'too_large',
    kk: 'Құжатта кодтар тым көп, шегі {limit}.',
    ru: 'В документе слишком много кодов, предел {limit}.',
    en: 'Too many codes in the document, the limit is {limit}.',
  },
  'documents.no_codes': {
    kind: 'invalid',
    kk: 'Құжатта код жоқ.',
    ru: 'В документе нет кодов.',
    en: 'The document has no codes.',
  },
  'documents.line_malformed': {
    kind: 'invalid',
    kk: '{line}-жолда JSON қатесі.',
    ru: 'Ошибка JSON в строке {line}.',
    en: 'Broken JSON on line {line}.',
  },
  'documents.line_too_long': {
    kind: 'invalid',
    kk: '{line}-жол тым ұзын.',
    ru: 'Строка {line} слишком длинная.',
    en: 'Line {line} is too long.',
  },
  'documents.code_malformed': {
    kind: 'invalid',
    kk: 'Жол таңбалау коды емес.',
    ru: 'Строка не является кодом маркировки.',
    en: 'The string is not a marking code.',
  },
  'documents.code_not_found': {
    kind: 'invalid',
    kk: 'Мұндай таңбалау коды жоқ.',
    ru: 'Такого кода маркировки нет.',
    en: 'There is no such marking code.',
  },
  'documents.code_repeated': {
    kind: 'invalid',
    kk: 'Код құжатта қайталанған.',
    ru: 'Код повторён в документе.',
    en: 'The code is repeated in the document.',
  },
  'documents.not_owner': {
    kind: 'invalid',
    kk: 'Код сізге тиесілі емес.',
    ru: 'Код вам не принадлежит.',
    en: 'The code does not belong to you.',
  },
  'documents.wrong_status': {
    kind: 'invalid',
    kk: 'Код «{status}» күйінде, бұл әрекетке рұқсат жоқ.',
    ru: 'Код в статусе «{status}», действие не разрешено.',
    en: 'The code has the status {status}, which does not allow this.',
  },
  'documents.wrong_type': {
    kind: 'invalid',
    kk: 'Мұндай түрдегі код бұл құжатқа жарамайды.',
    ru: 'Код такого вида не подходит для этого документа.',
    en: 'A code of this type does not fit this document.',
  },
  'documents.on_hold': {
    kind: 'invalid',
    kk: 'Код ұсталып тұр: {hold}.',
    ru: 'Код удержан: {hold}.',
    en: 'The code is on hold: {hold}.',
  },
  'documents.date_too_early': {
    kind: 'invalid',
    kk: 'Күн тым ерте: {earliest} күнінен бұрын болмауы керек.',
    ru: 'Дата слишком ранняя: не раньше {earliest}.',
    en: 'The date is too early: not before {earliest}.',
  },
  'documents.date_in_future': {
    kind: 'invalid',
    kk: 'Күн болашақта.',
    ru: 'Дата в будущем.',
    en: 'The date lies in the future.',
  },
  'documents.expiry_before_production': {
    kind: 'invalid',
    kk: 'Жарамдылық мерзімі өндіру күнінен ерте.',
    ru: 'Срок годности раньше даты производства.',
    en: 'The expiry date is before the production date.',
  },
  'documents.customs_declaration_missing': {
    kind: 'invalid',
    kk: 'Импортқа кедендік декларация қажет.',
    ru: 'Для импорта нужна таможенная декларация.',
    en: 'An import needs a customs declaration.',
  },
  'documents.kind_not_yours': {
    kind: 'forbidden',
    kk: 'Қатысушының рөлі мұндай құжатқа құқық бермейді: {kind}.',
    ru: 'Роль участника не даёт права на такой документ: {kind}.',
    en: 'The participant’s role does not allow this kind of document: {kind}.',
  },
  'documents.validations_busy': {
    kind: 'too_many',
    kk: 'Құжаттарды тексеру кезегі толы, кейінірек қайталаңыз.',
    ru: 'Очередь проверки документов заполнена, повторите позже.',
    en: 'Too many documents are being validated; try again later.',
  },
  'documents.place_unknown': {
    kind: 'invalid',
    kk: 'Жіберушінің мұндай ашық қызмет орны жоқ.',
    ru: 'У отправителя нет такого действующего места деятельности.',
    en: 'The sender has no such open place of business.',
  },
  'documents.not_held': {
    kind: 'conflict',
    kk: 'Код бұл құжат аяқтайтын күйде емес: {hold}.',
    ru: 'Код не находится в состоянии, которое завершает этот документ: {hold}.',
    en: 'The code is not in the hold that this document ends: {hold}.',
  },
  'documents.blocked_inside': {
    kind: 'conflict',
    kk: 'Қаптаманың ішінде бұғатталған тауар бар, оны тұтас жылжытуға болмайды.',
    ru: 'В упаковке есть заблокированный товар, целиком её перемещать нельзя.',
    en: 'Something inside the package is blocked; it cannot go whole.',
  },
  'documents.inside_package': {
    kind: 'conflict',
    kk: 'Код қаптаманың ішінде тұр: қаптаманың өзін көрсетіңіз.',
    ru: 'Код находится в упаковке: укажите саму упаковку.',
    en: 'The code is inside a package: name the package.',
  },
  'documents.act_missing': {
    kind: 'invalid',
    kk: 'Бұл себеппен шығару үшін растайтын құжат (акт) көрсетілуі керек.',
    ru: 'Для этой причины нужен подтверждающий документ (акт).',
    en: 'This reason needs the document (act) that attests it.',
  },
  'documents.comment_missing': {
    kind: 'invalid',
    kk: '«OTHER» себебі үшін түсініктеме керек.',
    ru: 'Для причины «OTHER» нужен комментарий.',
    en: 'The reason OTHER needs a comment.',
  },
  'documents.late': {
    kind: 'conflict',
    kk: 'Мерзімі өтіп кеткен: {due} дейін берілуі тиіс еді.',
    ru: 'Подано с опозданием: срок был до {due}.',
    en: 'Late: it was due by {due}.',
  },
  'documents.late_after_outage': {
    kind: 'conflict',
    kk: 'Мерзімі өтіп кеткен: {due} дейін берілуі тиіс еді, жүйе тоқтап қалғаннан кейін {keyInBy} дейін енгізуге болатын.',
    ru: 'Подано с опозданием: срок был до {due}, после перерыва в работе системы внести можно было до {keyInBy}.',
    en: 'Late: it was due by {due}, and after the outage it could be keyed in until {keyInBy}.',
  },
  'documents.gtin_repeated': {
    kind: 'invalid',
    kk: 'GTIN {gtin} екі рет көрсетілген.',
    ru: 'GTIN {gtin} указан дважды.',
    en: 'GTIN {gtin} is named twice.',
  },
  'transfers.not_found': {
    kind: 'not_found',
    kk: 'Мұндай жөнелтілім жоқ немесе ол сізге арналмаған.',
    ru: 'Такой отгрузки нет, или она адресована не вам.',
    en: 'There is no such shipment, or it is not yours to decide.',
  },
  'transfers.decided': {
    kind: 'conflict',
    kk: 'Жөнелтілім бойынша шешім қабылданып қойған: {status}.',
    ru: 'По отгрузке решение уже принято: {status}.',
    en: 'The shipment has been decided already: {status}.',
  },
  'transfers.not_in_shipment': {
    kind: 'conflict',
    kk: 'Код бұл жөнелтілімде қабылдауды күтіп тұрған жоқ.',
    ru: 'Код не ожидает приёмки в этой отгрузке.',
    en: 'The code is not awaiting acceptance in this shipment.',
  },
  'transfers.to_oneself': {
    kind: 'invalid',
    kk: 'Тауарды өзіне жөнелтуге болмайды.',
    ru: 'Отгрузить товар самому себе нельзя.',
    en: 'Goods cannot be shipped to oneself.',
  },
  'transfers.receiver_suspended': {
    kind: 'conflict',
    kk: 'Алушының қатысуы тоқтатылған.',
    ru: 'Участие получателя приостановлено.',
    en: 'The receiver’s participation is suspended.',
  },
  'transfers.receiver_does_not_trade': {
    kind: 'conflict',
    kk: 'Алушының рөлі тауар қабылдауға құқық бермейді.',
    ru: 'Роль получателя не позволяет принимать товар.',
    en: 'The receiver’s role does not let it take goods.',
  },
  'blocks.not_found': {
    kind: 'not_found',
    kk: 'Мұндай бұғаттау жоқ немесе ол сіздікі емес.',
    ru: 'Такой блокировки нет, или она не ваша.',
    en: 'There is no such blocking, or it is not yours to end.',
  },
  'blocks.nothing_left': {
    kind: 'conflict',
    kk: 'Бұл бұғаттаудан босатылмаған код қалмады.',
    ru: 'По этой блокировке не осталось заблокированных кодов.',
    en: 'Nothing is left that this blocking holds.',
  },
  'blocks.not_in_blocking': {
    kind: 'conflict',
    kk: 'Код бұл бұғаттаумен ұсталып тұрған жоқ.',
    ru: 'Код не удерживается этой блокировкой.',
    en: 'The code is not held by this blocking.',
  },
  'customs.introduction_type_missing': {
    kind: 'invalid',
    kk: 'Айналымға енгізе отырып босату үшін introductionType «IMPORT» болуы керек.',
    ru: 'Для выпуска с вводом в оборот introductionType должен быть «IMPORT».',
    en: 'A release into circulation needs the introductionType IMPORT.',
  },
  'remarking.counts_differ': {
    kind: 'invalid',
    kk: 'Ескі кодтардың саны ({replaces}) жаңа кодтардың санына ({codes}) тең емес.',
    ru: 'Число старых кодов ({replaces}) не равно числу новых ({codes}).',
    en: 'There are {replaces} old codes and {codes} new ones; each needs its counterpart.',
  },
  'remarking.old_repeated': {
    kind: 'invalid',
    kk: 'Ескі код екі рет көрсетілген.',
    ru: 'Старый код указан дважды.',
    en: 'The old code is named twice.',
  },
  'remarking.old_not_yours': {
    kind: 'invalid',
    kk: 'Мұндай ескі код жоқ немесе ол сізге тиесілі емес.',
    ru: 'Такого старого кода нет, или он вам не принадлежит.',
    en: 'There is no such old code, or it does not belong to you.',
  },
  'remarking.old_still_in_circulation': {
    kind: 'conflict',
    kk: 'Ескі код айналымнан шықпаған: ол есептен шығарылуы немесе айналымнан кассасыз шығарылуы және қаптамадан тыс тұруы керек.',
    ru: 'Старый код не выбыл из оборота: он должен быть списан или выведен не через кассу и находиться вне упаковки.',
    en: 'The old code has not left circulation: it must be written off, or withdrawn other than by a till, and stand alone.',
  },
  'remarking.old_never_in_circulation': {
    kind: 'conflict',
    kk: 'Ескі код айналымда ешқашан болмаған, оның тауарын қайта таңбалауға болмайды.',
    ru: 'Старый код никогда не был в обороте, его товар нельзя перемаркировать.',
    en: 'The old code was never in circulation; its goods cannot be re-marked.',
  },
  'remarking.old_remarked_already': {
    kind: 'conflict',
    kk: 'Ескі код басқа кодпен ауыстырылып қойған.',
    ru: 'Старый код уже заменён другим кодом.',
    en: 'The old code has been replaced by another one already.',
  },
  'remarking.other_gtin': {
    kind: 'invalid',
    kk: 'Ескі код пен жаңа кодтың GTIN нөмірлері әртүрлі.',
    ru: 'GTIN старого и нового кода различаются.',
    en: 'The old code and the new one have different GTINs.',
  },
  'documents.header_missing': {
    kind: 'invalid',
    kk: 'Ағынның бірінші жолы құжаттың тақырыбы болуы керек: kind пен body.',
    ru: 'Первая строка потока должна быть заголовком документа: kind и body.',
    en: 'The first line of the stream must be the document header: kind and body.',
  },
  'aggregation.sscc_malformed': {
    kind: 'invalid',
    kk: 'SSCC дұрыс емес: 18 цифр және бақылау цифры керек.',
    ru: 'Неверный SSCC: нужны 18 цифр и верная контрольная цифра.',
    en: 'Malformed SSCC: 18 digits with a right check digit are needed.',
  },
  'aggregation.sscc_used': {
    kind: 'invalid',
    kk: 'Бұл SSCC бұрын пайдаланылған.',
    ru: 'Этот SSCC уже использован.',
    en: 'This SSCC has been used already.',
  },
  'aggregation.into_itself': {
    kind: 'invalid',
    kk: 'Қорапты өзіне салуға болмайды.',
    ru: 'Упаковку нельзя вложить в саму себя.',
    en: 'A package cannot be packed into itself.',
  },
  'aggregation.already_packed': {
    kind: 'invalid',
    kk: 'Код басқа қорапта тұр.',
    ru: 'Код уже лежит в другой упаковке.',
    en: 'The code is inside another package already.',
  },
  'aggregation.too_deep': {
    kind: 'invalid',
    kk: 'Қораптар деңгейі {limit}-тен аспауы керек.',
    ru: 'Вложенность упаковок больше {limit} уровней.',
    en: 'Packages are nested deeper than {limit} levels.',
  },
  'aggregation.package_empty': {
    kind: 'invalid',
    kk: 'Қорап бос.',
    ru: 'Упаковка пуста.',
    en: 'The package is empty.',
  },
  'aggregation.not_a_package': {
    kind: 'invalid',
    kk: 'Бұл код көлік қорабы емес.',
    ru: 'Этот код не транспортная упаковка.',
    en: 'This code is not a transport package.',
  },
  'codes.not_found': {
    kind: 'not_found',
    kk: 'Код табылмады.',
    ru: 'Код не найден.',
    en: 'The code was not found.',
  },
  'codes.too_many': {
    kind: 'too_large',
    kk: 'Бір сұрауда кодтар тым көп, шегі {limit}.',
    ru: 'Слишком много кодов в одном запросе, предел {limit}.',
    en: 'Too many codes in one request, the limit is {limit}.',
  },
  'codes.search_by_one': {
    kind: 'invalid',
    kk: 'Кодтар дәл біреуі бойынша ізделеді: parent, document немесе order; gtin тек order-мен бірге беріледі.',
    ru: 'Коды ищут ровно по одному из параметров: parent, document или order; gtin указывают только вместе с order.',
    en: 'Codes are searched by exactly one of parent, document and order; gtin goes with order only.',
  },
  'exports.not_found': {
    kind: 'not_found',
    kk: 'Экспорт табылмады.',
    ru: 'Экспорт не найден.',
    en: 'The export was not found.',
  },
  'exports.not_ready': {
    kind: 'conflict',
    kk: 'Экспорт файлы әлі дайын емес. Күйін сұрап, кейінірек қайталаңыз.',
    ru: 'Файл экспорта ещё не готов. Узнайте состояние и повторите позже.',
    en: 'The file of the export is not ready yet. Ask for its state and try again later.',
  },
  'exports.has_failed': {
    kind: 'conflict',
    kk: 'Экспорт орындалмады, файл жоқ. Себебі экспорттың күйінде көрсетілген.',
    ru: 'Экспорт не выполнен, файла нет. Причина указана в состоянии экспорта.',
    en: 'The export has failed and has no file. Its state tells why.',
  },
  'exports.expired': {
    kind: 'not_found',
    kk: 'Экспорт файлының сақтау мерзімі өтті. Жаңасына тапсырыс беріңіз.',
    ru: 'Срок хранения файла экспорта истёк. Закажите новый.',
    en: 'The file of the export has expired. Ask for a new one.',
  },
  'exports.too_many': {
    kind: 'too_many',
    kk: 'Экспорттар тым көп, шегі {limit}. Қажетсізін жойыңыз немесе мерзімі өткенін күтіңіз.',
    ru: 'Слишком много экспортов, предел {limit}. Удалите ненужный или дождитесь окончания срока хранения.',
    en: 'Too many exports, the limit is {limit}. Delete one that is not needed, or wait until one expires.',
  },
  'exports.too_many_rows': {
    kind: 'too_large',
    kk: 'Экспортта жолдар тым көп, бұл пішімнің шегі {limit}. Сүзгіні тарылтыңыз.',
    ru: 'В экспорте слишком много строк, предел этого формата {limit}. Сузьте фильтр.',
    en: 'The export has too many rows, the limit of this format is {limit}. Narrow the filter.',
  },
  'exports.failed': {
    kind: 'internal',
    kk: 'Экспортты орындау мүмкін болмады, операторға хабарланды.',
    ru: 'Экспорт не удалось выполнить, оператор извещён.',
    en: 'The export could not be carried out; the operator has been told.',
  },
  'checks.too_many_failures': {
    kind: 'too_many',
    kk: 'Жалған кодтармен тым көп әрекет. Кейінірек қайталаңыз.',
    ru: 'Слишком много проверок с неверными кодами. Повторите позже.',
    en: 'Too many checks with wrong codes. Try again later.',
  },
  'registers.unknown': {
    kind: 'not_found',
    kk: '{deviceId} кассасы тіркелмеген.',
    ru: 'Касса {deviceId} не зарегистрирована.',
    en: 'There is no cash register {deviceId}.',
  },
  'registers.already_registered': {
    kind: 'conflict',
    kk: 'Мұндай нөмірлі касса тіркелген.',
    ru: 'Касса с таким номером уже зарегистрирована.',
    en: 'A cash register with this number is registered already.',
  },
  'receipts.sequence_gap': {
    kind: 'conflict',
    kk: 'Нөмірлер қалып кетті: келесі күтілетін нөмір {expected}.',
    ru: 'Номера пропущены: ожидается номер {expected}.',
    en: 'Numbers are left out: the next expected one is {expected}.',
  },
  'receipts.not_found': {
    kind: 'not_found',
    kk: 'Мұндай чек жоқ.',
    ru: 'Такого чека нет.',
    en: 'There is no such receipt.',
  },
  'adapters.partner_settings_invalid': {
    kind: 'invalid',
    kk: 'Серіктес баптауы жарамсыз.',
    ru: 'Настройки партнёра неверны.',
    en: 'The settings of the partner cannot be used.',
  },
  'checks.till_too_slow': {
    kind: 'unavailable',
    kk: 'Тексеру уақытында аяқталмады. Офлайн тізімді пайдаланыңыз.',
    ru: 'Проверка не успела. Используйте офлайн-список.',
    en: 'The check was not done in time. Use the offline list.',
  },
  'checks.block_list_unknown': {
    kind: 'not_found',
    kk: '{sequence} тізімі жоқ: ағымдағы тізімдерді сұраңыз.',
    ru: 'Списка {sequence} нет: запросите действующие списки.',
    en: 'There is no block list {sequence}: ask for the current ones.',
  },
  'checks.code_missing': {
    kind: 'invalid',
    kk: 'code параметрі қажет.',
    ru: 'Нужен параметр code.',
    en: 'The parameter code is needed.',
  },
  'receipts.unknown_code': {
    kind: 'invalid',
    kk: 'Мұндай таңбалау коды жоқ.',
    ru: 'Такого кода маркировки нет.',
    en: 'There is no such marking code.',
  },
  'receipts.malformed_code': {
    kind: 'invalid',
    kk: 'Жол таңбалау коды емес.',
    ru: 'Строка не является кодом маркировки.',
    en: 'The string is not a marking code.',
  },
  'receipts.repeated_in_receipt': {
    kind: 'invalid',
    kk: 'Код осы чекте қайталанған.',
    ru: 'Код повторён в этом чеке.',
    en: 'The code is repeated in this receipt.',
  },
  'receipts.sold_before_application': {
    kind: 'invalid',
    kk: 'Код тауарға түсірілмеген.',
    ru: 'Код не нанесён на товар.',
    en: 'The code has not been applied to goods.',
  },
  'receipts.sold_before_introduction': {
    kind: 'invalid',
    kk: 'Тауар айналымға енгізілмеген.',
    ru: 'Товар не введён в оборот.',
    en: 'The goods have not been put into circulation.',
  },
  'receipts.sold_by_other_owner': {
    kind: 'invalid',
    kk: 'Тауар чекті берген салық төлеушіге тиесілі емес.',
    ru: 'Товар не принадлежит налогоплательщику чека.',
    en: 'The goods do not belong to the taxpayer of the receipt.',
  },
  'receipts.already_sold': {
    kind: 'invalid',
    kk: 'Код бұрын сатылған.',
    ru: 'Код уже продан.',
    en: 'The code has already been sold.',
  },
  'receipts.sold_after_withdrawal': {
    kind: 'invalid',
    kk: 'Тауар айналымнан шығарылған.',
    ru: 'Товар выведен из оборота.',
    en: 'The goods have been withdrawn from circulation.',
  },
  'receipts.sold_after_write_off': {
    kind: 'invalid',
    kk: 'Код есептен шығарылған.',
    ru: 'Код списан.',
    en: 'The code has been written off.',
  },
  'receipts.sold_before_acceptance': {
    kind: 'invalid',
    kk: 'Тауар жолда: қабылдау расталмаған.',
    ru: 'Товар в пути: приёмка не подтверждена.',
    en: 'The goods are in transit: acceptance is not confirmed.',
  },
  'receipts.sold_under_customs_control': {
    kind: 'invalid',
    kk: 'Тауар кедендік бақылауда.',
    ru: 'Товар под таможенным контролем.',
    en: 'The goods are under customs control.',
  },
  'receipts.sold_before_remark': {
    kind: 'invalid',
    kk: 'Тауар қайта таңбалауды күтуде.',
    ru: 'Товар ожидает перемаркировки.',
    en: 'The goods await re-marking.',
  },
  'receipts.sold_while_blocked': {
    kind: 'invalid',
    kk: 'Тауарды уәкілетті орган бұғаттаған.',
    ru: 'Товар заблокирован уполномоченным органом.',
    en: 'The goods are blocked by an authority.',
  },
  'receipts.sold_after_expiry': {
    kind: 'invalid',
    kk: 'Жарамдылық мерзімі өткен тауар сатылды.',
    ru: 'Продан товар с истёкшим сроком годности.',
    en: 'The goods were sold after their expiry date.',
  },
  'receipts.price_out_of_range': {
    kind: 'invalid',
    kk: 'Баға осы тауарға белгіленген шектен тыс.',
    ru: 'Цена вне пределов, установленных для товара.',
    en: 'The price is outside the limits set for these goods.',
  },
  'receipts.part_of_unit': {
    kind: 'invalid',
    kk: 'Бірліктің бір бөлігі ғана сатылды немесе қайтарылды, код өзгермейді.',
    ru: 'Продана или возвращена часть единицы товара, код не меняется.',
    en: 'Only a part of the unit was sold or returned; the code stays as it is.',
  },
  'receipts.returned_without_sale': {
    kind: 'invalid',
    kk: 'Код кассада сатылмаған.',
    ru: 'Код не был продан на кассе.',
    en: 'The code was not sold at a till.',
  },
  'receipts.returned_to_other_seller': {
    kind: 'invalid',
    kk: 'Кодты басқа сатушы сатқан.',
    ru: 'Код был продан другим продавцом.',
    en: 'The code was sold by another seller.',
  },
  'receipts.returned_after_write_off': {
    kind: 'invalid',
    kk: 'Код есептен шығарылған, қайтарылмайды.',
    ru: 'Код списан и не возвращается.',
    en: 'The code has been written off and does not come back.',
  },
  'receipts.purchased_before_introduction': {
    kind: 'invalid',
    kk: 'Сатып алынған тауар айналымға енгізілмеген.',
    ru: 'Купленный товар не введён в оборот.',
    en: 'The purchased goods have not been put into circulation.',
  },
  'receipts.purchased_own_goods': {
    kind: 'invalid',
    kk: 'Сатып алынған тауар сатып алушының өзінде тұр.',
    ru: 'Купленный товар уже числится за покупателем.',
    en: 'The purchased goods already belong to the buyer.',
  },
  'receipts.purchased_after_withdrawal': {
    kind: 'invalid',
    kk: 'Сатып алынған тауар айналымнан шығарылған.',
    ru: 'Купленный товар выведен из оборота.',
    en: 'The purchased goods have left circulation.',
  },
  'receipts.conflict': {
    kind: 'conflict',
    kk: 'Осы касса, фискалдық белгі және уақыт бойынша басқа мазмұнды чек қабылданған. Екеуі де сақталды, екіншісінің әсері жоқ.',
    ru: 'Чек с этой кассой, фискальным признаком и временем уже принят с другим содержанием. Сохранены оба, второй действия не имеет.',
    en: 'A receipt with this register, fiscal sign and time was accepted with another content. Both are kept; the second has no effect.',
  },
  'receipts.foreign_bin': {
    kind: 'forbidden',
    kk: 'Басқа салық төлеушінің чегін тек фискалдық деректер операторы береді.',
    ru: 'Чек другого налогоплательщика передаёт только оператор фискальных данных.',
    en: 'Only a fiscal data operator may push the receipt of another taxpayer.',
  },
  'receipts.date_out_of_range': {
    kind: 'invalid',
    kk: 'Чектің күні болашақта немесе таңбалау басталғанға дейін.',
    ru: 'Дата чека в будущем или раньше начала маркировки.',
    en: 'The date of the receipt lies in the future or before marking began.',
  },
  'receipts.too_many_marks': {
    kind: 'invalid',
    kk: 'Чекте кодтар тым көп, шегі {limit}.',
    ru: 'В чеке слишком много кодов, предел {limit}.',
    en: 'Too many codes in the receipt, the limit is {limit}.',
  },
  'receipts.too_many': {
    kind: 'too_large',
    kk: 'Бір сұрауда чектер тым көп, шегі {limit}. NDJSON ағынын пайдаланыңыз.',
    ru: 'Слишком много чеков в одном запросе, предел {limit}. Используйте поток NDJSON.',
    en: 'Too many receipts in one request, the limit is {limit}. Use an NDJSON stream.',
  },
  'receipts.invalid': {
    kind: 'invalid',
    kk: 'Чек схемаға сай емес: қателер тізімін қараңыз.',
    ru: 'Чек не соответствует схеме: смотрите список ошибок.',
    en: 'The receipt does not match its schema: see the list of errors.',
  },
  'receipts.not_storable': {
    kind: 'invalid',
    kk: 'Чекте сақтауға келмейтін мән бар.',
    ru: 'В чеке есть значение, которое нельзя сохранить.',
    en: 'The receipt holds a value that cannot be stored.',
  },
  'receipts.queue_full': {
    kind: 'too_many',
    kk: 'Чектер кезегі толы. Сәл кейін қайталаңыз.',
    ru: 'Очередь чеков заполнена. Повторите чуть позже.',
    en: 'The queue of receipts is full. Try again shortly.',
  },
  'receipts.busy': {
    kind: 'unavailable',
    kk: 'Чектегі кодты басқа құжат ұзақ ұстап тұр. Чекті қайталаңыз.',
    ru: 'Код из чека долго занят другим документом. Повторите отправку чека.',
    en: 'A code of the receipt is held by another document for long. Send the receipt again.',
  },
  'exchange.time_zone_unknown': {
    kind: 'invalid',
    kk: '«{timeZone}» уақыт белдеуі белгісіз. IANA атауын беріңіз, мысалы Asia/Almaty.',
    ru: 'Часовой пояс «{timeZone}» неизвестен. Укажите имя IANA, например Asia/Almaty.',
    en: 'The time zone "{timeZone}" is unknown. Give an IANA name, for example Asia/Almaty.',
  },
  'exchange.window_reversed': {
    kind: 'invalid',
    kk: 'Қабылдау уақытының соңы {to} басынан {from} кейін болуы керек.',
    ru: 'Конец времени приёма {to} должен быть позже начала {from}.',
    en: 'The end of a window, {to}, must be after its beginning, {from}.',
  },
  'exchange.job_unknown': {
    kind: 'not_found',
    kk: '«{name}» жоспарлы жұмысы жоқ.',
    ru: 'Планового задания «{name}» нет.',
    en: 'There is no scheduled job "{name}".',
  },
  'exchange.work_item_unknown': {
    kind: 'not_found',
    kk: 'Тізімде мұндай алшақтық жоқ.',
    ru: 'Такого расхождения в списке разбора нет.',
    en: 'There is no such work item.',
  },
  'exchange.work_item_resolved': {
    kind: 'conflict',
    kk: 'Бұл алшақтық шешіліп қойған: {by}.',
    ru: 'Это расхождение уже разобрано: {by}.',
    en: 'This work item has been resolved already, by {by}.',
  },
  'store.unavailable': {
    kind: 'unavailable',
    kk: 'Деректер қоймасы уақытша қолжетімсіз. Қайталаңыз.',
    ru: 'Хранилище временно недоступно. Повторите.',
    en: 'The store is unavailable for the moment. Try again.',
  },
  internal: {
    kind: 'internal',
    kk: 'Ішкі қате. Сұрау нөмірін операторға хабарлаңыз.',
    ru: 'Внутренняя ошибка. Сообщите оператору номер запроса.',
    en: 'Internal error. Please tell the operator the request number.',
  },
  'access.token_missing': {
    kind: 'unauthenticated',
    kk: 'Сұрауда кілт жоқ. Оны Authorization: Bearer тақырыбында жіберіңіз.',
    ru: 'В запросе нет ключа. Передайте его в заголовке Authorization: Bearer.',
    en: 'The request carries no key. Send it in the header Authorization: Bearer.',
  },
  'access.token_unknown': {
    kind: 'unauthenticated',
    kk: 'Кілт белгісіз немесе қайтарып алынған.',
    ru: 'Ключ неизвестен или отозван.',
    en: 'The key is unknown or revoked.',
  },
  'access.forbidden': {
    kind: 'forbidden',
    kk: '«{role}» рөліне бұл әрекетке рұқсат жоқ.',
    ru: 'Роли «{role}» это действие не разрешено.',
    en: 'The role "{role}" is not allowed to do this.',
  },
  'access.on_behalf_malformed': {
    kind: 'invalid',
    kk: 'Tanba-On-Behalf-Of тақырыбында бір дұрыс БСН немесе ЖСН болуы керек.',
    ru: 'В заголовке Tanba-On-Behalf-Of должен стоять один верный БИН или ИИН.',
    en: 'The header Tanba-On-Behalf-Of takes one right BIN or IIN.',
  },
  'access.not_on_behalf': {
    kind: 'forbidden',
    kk: 'БСН {bin} қатысушысының атынан бұл әрекетті жасауға күші бар сенімхатыңыз жоқ.',
    ru: 'У вас нет действующей доверенности на это действие от имени участника с БИН {bin}.',
    en: 'You have no standing power of attorney to do this on behalf of the participant with the BIN {bin}.',
  },
  'access.label_invalid': {
    kind: 'invalid',
    kk: 'Кілттің атауы бос болмауы және {max} таңбадан аспауы керек.',
    ru: 'Название ключа не должно быть пустым или длиннее {max} знаков.',
    en: 'The label of a key must not be empty or longer than {max} characters.',
  },
  'participants.bin_invalid': {
    kind: 'invalid',
    kk: '«{bin}» БСН қате: 12 цифр және дұрыс бақылау цифры керек.',
    ru: 'БИН «{bin}» неверен: нужны 12 цифр с верной контрольной цифрой.',
    en: 'The BIN "{bin}" is wrong: it takes 12 digits with a right check digit.',
  },
  'participants.name_invalid': {
    kind: 'invalid',
    kk: 'Қатысушының атауы бос болмауы және {max} таңбадан аспауы керек.',
    ru: 'Наименование участника не должно быть пустым или длиннее {max} знаков.',
    en: "The participant's name must not be empty or longer than {max} characters.",
  },
  'participants.already_registered': {
    kind: 'conflict',
    kk: 'БСН {bin} басқа атаумен немесе рөлмен тіркелген.',
    ru: 'БИН {bin} уже зарегистрирован с другим наименованием или ролью.',
    en: 'The BIN {bin} is already registered under another name or role.',
  },
  'participants.unknown': {
    kind: 'not_found',
    kk: 'БСН {bin} қатысушысы тіркелмеген.',
    ru: 'Участник с БИН {bin} не зарегистрирован.',
    en: 'No participant with the BIN {bin} is registered.',
  },
  'participants.number_impossible': {
    kind: 'invalid',
    kk: '{bin} нөмірі БСН де, ЖСН де бола алмайды: тіркелген айы, ұйым түрі немесе туған күні мүмкін емес.',
    ru: 'Номер {bin} не может быть ни БИН, ни ИИН: невозможны месяц регистрации и тип организации или дата рождения.',
    en: 'The number {bin} can be neither a BIN nor an IIN: its month and kind of organisation, or its date of birth, are impossible.',
  },
  'participants.bin_registered': {
    kind: 'conflict',
    kk: 'БСН {bin} қатысушысы бұрын тіркелген.',
    ru: 'Участник с БИН {bin} уже зарегистрирован.',
    en: 'A participant with the BIN {bin} is registered already.',
  },
  'participants.suspended': {
    kind: 'conflict',
    kk: 'БСН {bin} қатысушысының тіркелуі тоқтатыла тұрған. Операторға жүгініңіз.',
    ru: 'Регистрация участника с БИН {bin} приостановлена. Обратитесь к оператору.',
    en: 'The registration of the participant with the BIN {bin} is suspended. Turn to the operator.',
  },
  'participants.not_suspended': {
    kind: 'conflict',
    kk: 'БСН {bin} қатысушысының тіркелуі тоқтатылмаған.',
    ru: 'Регистрация участника с БИН {bin} не приостановлена.',
    en: 'The registration of the participant with the BIN {bin} is not suspended.',
  },
  'participants.not_oneself': {
    kind: 'conflict',
    kk: 'Оператор өз тіркелуін тоқтата алмайды.',
    ru: 'Оператор не может приостановить собственную регистрацию.',
    en: 'An operator cannot suspend its own registration.',
  },
  'participants.application_waiting': {
    kind: 'conflict',
    kk: 'БСН {bin} бойынша өтінім қаралуда: шешімін күтіңіз немесе оны кері қайтарып алыңыз.',
    ru: 'Заявка по БИН {bin} уже рассматривается: дождитесь решения или отзовите её.',
    en: 'An application of the BIN {bin} is waiting already: wait for its answer, or withdraw it.',
  },
  'participants.application_unknown': {
    kind: 'not_found',
    kk: 'Мұндай өтінім жоқ немесе оның құпия кілті қате.',
    ru: 'Такой заявки нет или её секретный ключ неверен.',
    en: 'There is no such application, or its secret is wrong.',
  },
  'participants.application_decided': {
    kind: 'conflict',
    kk: 'Өтінім бойынша шешім қабылданған, оның күйі: {status}.',
    ru: 'По заявке уже принято решение, её состояние: {status}.',
    en: 'The application is decided already: it is {status}.',
  },
  'participants.application_not_approved': {
    kind: 'conflict',
    kk: 'Кілт мақұлданған өтінім бойынша ғана беріледі. Бұл өтінімнің күйі: {status}.',
    ru: 'Ключ выдаётся только по одобренной заявке. Состояние этой заявки: {status}.',
    en: 'A key is given for an approved application only. This one is {status}.',
  },
  'participants.key_taken': {
    kind: 'conflict',
    kk: 'Бұл өтінімнің алғашқы кілті бұрын берілген. Жаңа кілтті оператордан сұраңыз.',
    ru: 'Первый ключ этой заявки уже выдан. Новый ключ запросите у оператора.',
    en: 'The first key of this application has been given already. Ask the operator for another.',
  },
  'participants.too_many_applications': {
    kind: 'too_many',
    kk: 'Бұл мекенжайдан өтінімдер тым көп келді. Кейінірек қайталаңыз.',
    ru: 'С этого адреса поступило слишком много заявок. Повторите позже.',
    en: 'Too many applications have come from this address. Try again later.',
  },
  'participants.place_unknown': {
    kind: 'not_found',
    kk: 'Сізде мұндай қызмет орны жоқ.',
    ru: 'У вас нет такого места деятельности.',
    en: 'You have no such place of business.',
  },
  'participants.place_closed': {
    kind: 'conflict',
    kk: 'Бұл қызмет орны бұрын жабылған.',
    ru: 'Это место деятельности уже закрыто.',
    en: 'This place of business is closed already.',
  },
  'participants.too_many_places': {
    kind: 'conflict',
    kk: 'Ашық қызмет орындары тым көп, шегі {limit}. Пайдаланылмайтындарын жабыңыз.',
    ru: 'Слишком много открытых мест деятельности, предел {limit}. Закройте те, что не используются.',
    en: 'Too many open places of business, the limit is {limit}. Close those that are not used.',
  },
  'attorney.to_oneself': {
    kind: 'invalid',
    kk: 'Сенімхатты өзіңізге беруге болмайды.',
    ru: 'Доверенность нельзя выдать самому себе.',
    en: 'A power of attorney cannot be given to oneself.',
  },
  'attorney.not_a_provider': {
    kind: 'conflict',
    kk: 'БСН {bin} қатысушысы қызмет көрсетуші болып тіркелмеген.',
    ru: 'Участник с БИН {bin} не зарегистрирован как поставщик услуг.',
    en: 'The participant with the BIN {bin} is not registered as a service provider.',
  },
  'attorney.period_reversed': {
    kind: 'invalid',
    kk: 'Сенімхат мерзімінің соңы басынан кейін болуы керек.',
    ru: 'Срок доверенности должен заканчиваться позже, чем начинается.',
    en: 'A power of attorney must end after it begins.',
  },
  'attorney.period_too_long': {
    kind: 'invalid',
    kk: 'Сенімхат мерзімі тым ұзақ, шегі {years} жыл.',
    ru: 'Срок доверенности слишком велик, предел в годах: {years}.',
    en: 'The power of attorney lasts too long, the limit is {years} years.',
  },
  'attorney.period_over': {
    kind: 'invalid',
    kk: 'Сенімхат мерзімі өтіп кеткен.',
    ru: 'Срок доверенности уже истёк.',
    en: 'The term of the power of attorney is over already.',
  },
  'attorney.scope_empty': {
    kind: 'invalid',
    kk: 'Сенімхатта кемінде бір өкілеттік көрсетілуі керек.',
    ru: 'В доверенности нужно указать хотя бы одно полномочие.',
    en: 'A power of attorney needs at least one permission.',
  },
  'attorney.scope_beyond': {
    kind: 'forbidden',
    kk: 'Сіздің «{role}» рөліңіз мұндай өкілеттікті бере алмайды: {permissions}.',
    ru: 'Ваша роль «{role}» не может передать такие полномочия: {permissions}.',
    en: 'Your role "{role}" cannot give these permissions: {permissions}.',
  },
  'attorney.not_found': {
    kind: 'not_found',
    kk: 'Мұндай сенімхат жоқ немесе сіз оның тарабы емессіз.',
    ru: 'Такой доверенности нет, или вы не её сторона.',
    en: 'There is no such power of attorney, or you are not a side of it.',
  },
  'attorney.revoked': {
    kind: 'conflict',
    kk: 'Сенімхат бұрын кері қайтарып алынған.',
    ru: 'Доверенность уже отозвана.',
    en: 'The power of attorney is revoked already.',
  },
  'catalogue.gtin_taken': {
    kind: 'conflict',
    kk: 'GTIN {gtin} басқа қатысушының атына тіркелген.',
    ru: 'GTIN {gtin} уже зарегистрирован другим участником.',
    en: 'The GTIN {gtin} is already registered by another participant.',
  },
  'catalogue.gtin_of_other_group': {
    kind: 'conflict',
    kk: 'GTIN {gtin} «{productGroup}» тауар тобында жарияланған, тобы өзгермейді.',
    ru: 'GTIN {gtin} опубликован в товарной группе «{productGroup}», группа не меняется.',
    en: 'The GTIN {gtin} is published in the product group "{productGroup}", which does not change.',
  },
  'catalogue.not_found': {
    kind: 'not_found',
    kk: 'GTIN {gtin} бойынша тауар карточкасы жоқ.',
    ru: 'Карточки товара с GTIN {gtin} нет.',
    en: 'There is no goods card with the GTIN {gtin}.',
  },
  'catalogue.not_yours': {
    kind: 'forbidden',
    kk: 'GTIN {gtin} карточкасы басқа қатысушыға тиесілі.',
    ru: 'Карточка с GTIN {gtin} принадлежит другому участнику.',
    en: 'The card with the GTIN {gtin} belongs to another participant.',
  },
  'catalogue.step_not_allowed': {
    kind: 'conflict',
    kk: 'Карточканың қазіргі күйінде бұл қадам мүмкін емес: «{step}», жобасы — «{draft}», жарияланғаны — «{published}».',
    ru: 'В этом состоянии карточки шаг «{step}» невозможен: черновик — «{draft}», опубликованная — «{published}».',
    en: 'The step "{step}" is not possible in this state of the card: draft "{draft}", published side "{published}".',
  },
  'catalogue.version_conflict': {
    kind: 'conflict',
    kk: 'Карточка осы арада өзгерді: қазіргі нұсқасы {version}. Қайта оқып, қайталаңыз.',
    ru: 'Карточка тем временем изменена: сейчас версия {version}. Прочитайте её заново и повторите.',
    en: 'The card has changed meanwhile: its version is now {version}. Read it again and repeat.',
  },
  'catalogue.attribute_missing': {
    kind: 'invalid',
    kk: 'Карточкада тауар тобы талап ететін «{name}» мәні жоқ.',
    ru: 'В карточке нет значения «{name}», которого требует товарная группа.',
    en: 'The card lacks "{name}", which its product group asks for.',
  },
  'catalogue.attribute_invalid': {
    kind: 'invalid',
    kk: '«{name}» атрибутының мәні қате, күтілетіні: {expected}.',
    ru: 'Неверное значение атрибута «{name}», ожидается: {expected}.',
    en: 'The attribute "{name}" has a wrong value, expected is: {expected}.',
  },
  'catalogue.attribute_unknown': {
    kind: 'invalid',
    kk: 'Бұл тауар тобында «{name}» деген атрибут жоқ.',
    ru: 'В этой товарной группе нет атрибута «{name}».',
    en: 'This product group has no attribute "{name}".',
  },
  'catalogue.hs_code_not_of_group': {
    kind: 'invalid',
    kk: 'СЭҚ ТН {hsCode} коды бұл тауар тобына жатпайды. Рұқсат етілген бастаулар: {allowed}.',
    ru: 'Код ТН ВЭД {hsCode} не относится к этой товарной группе. Допустимые начала: {allowed}.',
    en: 'The HS code {hsCode} is not of this product group. Allowed beginnings: {allowed}.',
  },
  'catalogue.content_not_expected': {
    kind: 'invalid',
    kk: 'Құрамы тек топтық, жинақ немесе көлік қаптамасының карточкасында көрсетіледі.',
    ru: 'Состав указывается только в карточке групповой, наборной или транспортной упаковки.',
    en: 'Only the card of a group, a set or a transport package has a content.',
  },
  'catalogue.content_repeated': {
    kind: 'invalid',
    kk: 'GTIN {gtin} қаптама құрамында қайталанған.',
    ru: 'GTIN {gtin} повторён в составе упаковки.',
    en: 'The GTIN {gtin} is repeated in the content of the package.',
  },
  'catalogue.content_not_published': {
    kind: 'invalid',
    kk: 'Қаптамадағы GTIN {gtin} карточкасы жарияланбаған: алдымен соны жариялаңыз.',
    ru: 'Карточка вложенного GTIN {gtin} не опубликована: сначала опубликуйте её.',
    en: 'The card of the packed GTIN {gtin} is not published: it has to be published first.',
  },
  'catalogue.content_of_other_owner': {
    kind: 'invalid',
    kk: 'Қаптамадағы GTIN {gtin} басқа қатысушыға тиесілі.',
    ru: 'Вложенный GTIN {gtin} принадлежит другому участнику.',
    en: 'The packed GTIN {gtin} belongs to another participant.',
  },
  'catalogue.contains_itself': {
    kind: 'invalid',
    kk: 'GTIN {gtin} қаптамасы өзін тікелей немесе басқа қаптамалар арқылы қамтиды.',
    ru: 'Упаковка с GTIN {gtin} содержит саму себя, прямо или через другие упаковки.',
    en: 'The package with the GTIN {gtin} contains itself, directly or through other packages.',
  },
  'catalogue.content_too_deep': {
    kind: 'invalid',
    kk: 'Қаптаманың ішіндегі деңгейлер саны {levels} мәнінен аспауы керек.',
    ru: 'Внутри упаковки может быть не больше {levels} уровней.',
    en: 'A package may have at most {levels} levels inside.',
  },
  'catalogue.technical_gtin_not_allowed': {
    kind: 'invalid',
    kk: '«{productGroup}» тауар тобында техникалық GTIN берілмейді.',
    ru: 'В товарной группе «{productGroup}» технические GTIN не выдаются.',
    en: 'No technical GTINs are issued in the product group "{productGroup}".',
  },
  'catalogue.technical_gtin_out_of_range': {
    kind: 'invalid',
    kk: 'GTIN {gtin} ішкі пайдалануға арналған нөмір: техникалық GTIN 0290–0299 деп басталады және жүйе береді.',
    ru: 'GTIN {gtin} — номер для внутреннего использования: технический GTIN начинается с 0290–0299 и выдаётся системой.',
    en: 'The GTIN {gtin} is a number for internal use: a technical GTIN begins with 0290–0299 and is issued by the system.',
  },
  'catalogue.technical_gtin_not_issued': {
    kind: 'invalid',
    kk: 'Техникалық GTIN {gtin} сізге бұл тауар тобында берілмеген.',
    ru: 'Технический GTIN {gtin} вам в этой товарной группе не выдавался.',
    en: 'The technical GTIN {gtin} was not issued to you in this product group.',
  },
  'catalogue.trust_in_oneself': {
    kind: 'invalid',
    kk: 'БСН {bin} — GTIN иесінің өзі: оған сенім білдірудің қажеті жоқ.',
    ru: 'БИН {bin} — сам владелец GTIN: доверие ему не нужно.',
    en: 'The BIN {bin} is the owner of the GTIN, who needs no trust.',
  },
  'catalogue.trust_not_found': {
    kind: 'not_found',
    kk: 'БСН {bin} қатысушысына GTIN {gtin} бойынша сенім білдірілмеген.',
    ru: 'Участнику с БИН {bin} не доверен GTIN {gtin}.',
    en: 'The participant with the BIN {bin} is not trusted with the GTIN {gtin}.',
  },
  'catalogue.card_invalid': {
    kind: 'invalid',
    kk: 'Тауар карточкасы толық емес: сауда атауы мен өндіруші үш тілде (1000 таңбаға дейін), ел — ISO 3166-1 бойынша екі бас әріп.',
    ru: 'Карточка товара неполна: торговое наименование и производитель на трёх языках (до 1000 знаков), страна — две заглавные буквы по ISO 3166-1.',
    en: 'The goods card is not complete: trade name and manufacturer in three languages (up to 1,000 characters), the country as two capital letters of ISO 3166-1.',
  },
  'reference.unknown_classifier': {
    kind: 'not_found',
    kk: '«{name}» деген жіктеуіш жоқ.',
    ru: 'Классификатора «{name}» нет.',
    en: 'There is no classifier "{name}".',
  },
  'request.not_found': {
    kind: 'not_found',
    kk: 'Бұл мекенжайда ештеңе жоқ.',
    ru: 'По этому адресу ничего нет.',
    en: 'There is nothing at this address.',
  },
  'request.method_not_allowed': {
    kind: 'unsupported',
    kk: 'Бұл мекенжай {method} әдісін қабылдамайды. Рұқсат етілгені: {allowed}.',
    ru: 'Этот адрес не принимает метод {method}. Разрешены: {allowed}.',
    en: 'This address does not take the method {method}. Allowed: {allowed}.',
  },
  'request.malformed_path': {
    kind: 'invalid',
    kk: 'Мекенжайдағы % таңбаларының кодталуы бұзылған.',
    ru: 'Кодирование знаков % в адресе нарушено.',
    en: 'The percent-encoding of the address is broken.',
  },
  'request.body_missing': {
    kind: 'invalid',
    kk: 'Сұраудың денесі бос.',
    ru: 'Тело запроса пусто.',
    en: 'The request has no body.',
  },
  'request.body_too_large': {
    kind: 'too_large',
    kk: 'Сұраудың денесі тым үлкен: ең көбі {limit} байт.',
    ru: 'Тело запроса слишком велико: не более {limit} байт.',
    en: 'The body is too large: at most {limit} bytes.',
  },
  'request.content_type': {
    kind: 'unsupported',
    kk: 'Content-Type қабылданбайды. Қабылданатыны: {accepted}, кодтауы UTF-8.',
    ru: 'Content-Type не принимается. Принимаются: {accepted} в кодировке UTF-8.',
    en: 'This Content-Type is not taken. Taken are: {accepted}, in UTF-8.',
  },
  'request.encoding_unsupported': {
    kind: 'unsupported',
    kk: 'Content-Encoding қабылданбайды. Қабылданатыны: gzip, deflate, br.',
    ru: 'Content-Encoding не принимается. Принимаются: gzip, deflate, br.',
    en: 'This Content-Encoding is not taken. Taken are: gzip, deflate, br.',
  },
  'request.encoding_broken': {
    kind: 'invalid',
    kk: 'Дененің қысылған деректері бұзылған.',
    ru: 'Сжатые данные тела повреждены.',
    en: 'The compressed data of the body is damaged.',
  },
  'request.invalid_utf8': {
    kind: 'invalid',
    kk: 'Дене UTF-8 емес: {position}-байт қате.',
    ru: 'Тело не в UTF-8: неверен байт {position}.',
    en: 'The body is not UTF-8: byte {position} is wrong.',
  },
  'request.malformed_json': {
    kind: 'invalid',
    kk: 'JSON бұзылған: {line}-жол, {column}-баған ({position}-таңба).',
    ru: 'JSON нарушен: строка {line}, столбец {column} (знак {position}).',
    en: 'The JSON is broken: line {line}, column {column} (character {position}).',
  },
  'request.forbidden_key': {
    kind: 'invalid',
    kk: '«__proto__» деген өріс атауына рұқсат жоқ.',
    ru: 'Имя поля «__proto__» не допускается.',
    en: 'The field name "__proto__" is not allowed.',
  },
  'request.invalid': {
    kind: 'invalid',
    kk: 'Сұрау дұрыс толтырылмаған; қателер тізімде.',
    ru: 'Запрос заполнен неверно; ошибки в списке.',
    en: 'The request is not filled in correctly; see the list of errors.',
  },
  'request.value_missing': {
    kind: 'invalid',
    kk: '«{field}» міндетті мәні жоқ.',
    ru: 'Нет обязательного значения «{field}».',
    en: 'The required value "{field}" is missing.',
  },
  'request.value_unexpected': {
    kind: 'invalid',
    kk: '«{field}» мәні бұл жерде күтілмейді.',
    ru: 'Значение «{field}» здесь не ожидается.',
    en: 'The value "{field}" is not expected here.',
  },
  'request.value_type': {
    kind: 'invalid',
    kk: 'Мәннің түрі қате: {expected} күтіледі.',
    ru: 'Неверный тип значения: ожидается {expected}.',
    en: 'The value has the wrong type: {expected} is expected.',
  },
  'request.value_range': {
    kind: 'invalid',
    kk: 'Мән рұқсат етілген шектен тыс: {comparison} {limit} болуы керек.',
    ru: 'Значение вне допустимых пределов: должно быть {comparison} {limit}.',
    en: 'The value is out of range: it must be {comparison} {limit}.',
  },
  'request.value_length': {
    kind: 'invalid',
    kk: 'Мәтін ұзындығы рұқсат етілген шектен тыс: {comparison} {limit} таңба болуы керек.',
    ru: 'Длина текста вне допустимых пределов: должно быть {comparison} {limit} знаков.',
    en: 'The length of the text is out of range: it must be {comparison} {limit} characters.',
  },
  'request.value_format': {
    kind: 'invalid',
    kk: 'Мән пішімге сай емес: {format}.',
    ru: 'Значение не соответствует формату: {format}.',
    en: 'The value does not match the format: {format}.',
  },
  'request.value_choice': {
    kind: 'invalid',
    kk: 'Мән рұқсат етілгендердің бірі емес: {allowed}.',
    ru: 'Значение не из числа допустимых: {allowed}.',
    en: 'The value is not one of those allowed: {allowed}.',
  },
  'request.value_shape': {
    kind: 'invalid',
    kk: 'Мән рұқсат етілген құрылымдардың ешқайсысына сай емес.',
    ru: 'Значение не соответствует ни одной из допустимых структур.',
    en: 'The value fits none of the allowed shapes.',
  },
  'request.items_count': {
    kind: 'invalid',
    kk: 'Тізімдегі элементтер саны шектен тыс: {comparison} {limit} болуы керек.',
    ru: 'Число элементов списка вне допустимых пределов: должно быть {comparison} {limit}.',
    en: 'The number of items is out of range: it must be {comparison} {limit}.',
  },
  'request.items_repeated': {
    kind: 'invalid',
    kk: 'Тізімде {first} және {second} элементтері бірдей.',
    ru: 'Элементы списка {first} и {second} одинаковы.',
    en: 'The items {first} and {second} of the list are the same.',
  },
  'code.malformed': {
    kind: 'invalid',
    kk: 'Жол таңбалау коды емес: 01 мен 21 немесе 00 топтары күтіледі.',
    ru: 'Строка не является кодом маркировки: ожидаются группы 01 и 21 или группа 00.',
    en: 'The string is not a marking code: it takes the groups 01 and 21, or the group 00.',
  },
  'code.too_long': {
    kind: 'invalid',
    kk: 'Жол таңбалау коды үшін тым ұзын.',
    ru: 'Строка слишком длинна для кода маркировки.',
    en: 'The string is too long for a marking code.',
  },
  'code.gtin_malformed': {
    kind: 'invalid',
    kk: 'GTIN 14 цифрдан тұруы керек.',
    ru: 'GTIN должен состоять из 14 цифр.',
    en: 'A GTIN takes 14 digits.',
  },
  'code.gtin_check_digit': {
    kind: 'invalid',
    kk: 'GTIN бақылау цифры қате.',
    ru: 'Контрольная цифра GTIN неверна.',
    en: 'The check digit of the GTIN is wrong.',
  },
  'code.sscc_malformed': {
    kind: 'invalid',
    kk: 'SSCC 18 цифрдан тұруы керек.',
    ru: 'SSCC должен состоять из 18 цифр.',
    en: 'An SSCC takes 18 digits.',
  },
  'code.sscc_check_digit': {
    kind: 'invalid',
    kk: 'SSCC бақылау цифры қате.',
    ru: 'Контрольная цифра SSCC неверна.',
    en: 'The check digit of the SSCC is wrong.',
  },
  'code.serial_length': {
    kind: 'invalid',
    kk: 'Сериялық нөмірдің ұзындығы тауар тобының үлгісіне сай емес.',
    ru: 'Длина серийного номера не соответствует шаблону товарной группы.',
    en: 'The length of the serial number does not fit the template of the product group.',
  },
  'code.serial_alphabet': {
    kind: 'invalid',
    kk: 'Сериялық нөмірде рұқсат етілмеген таңба бар (рұқсат етілгені: GS1 CSET 82).',
    ru: 'В серийном номере недопустимый знак (допустим набор GS1 CSET 82).',
    en: 'The serial number holds a character that is not allowed (GS1 CSET 82 is).',
  },
  'code.serial_prefix': {
    kind: 'invalid',
    kk: 'Сериялық нөмір тауар тобының үлгісінде көрсетілген таңбадан басталмайды.',
    ru: 'Серийный номер начинается не с того знака, которого требует шаблон товарной группы.',
    en: 'The serial number does not begin as the template of the product group requires.',
  },
  'code.tail_malformed': {
    kind: 'invalid',
    kk: 'Тексеру бөлігі (91 және 92 немесе 93 топтары) толық емес немесе ұзындығы қате.',
    ru: 'Проверочная часть (группы 91 и 92 или 93) неполна или неверной длины.',
    en: 'The verification part (groups 91 and 92, or 93) is incomplete or of a wrong length.',
  },
  'keys.file_missing': {
    kind: 'unavailable',
    kk: 'Кілттер файлы {file} жоқ. Оны сақтық көшірмеден қалпына келтіріңіз: tanba keys restore.',
    ru: 'Файла ключей {file} нет. Восстановите его из резервной копии: tanba keys restore.',
    en: 'The key file {file} is absent. Restore it from its backup: tanba keys restore.',
  },
  'keys.file_incomplete': {
    kind: 'unavailable',
    kk: 'Кілттер файлында {file} дерекқордағы кілт жоқ: {keyIds}. Соңғы сақтық көшірмені қалпына келтіріңіз.',
    ru: 'В файле ключей {file} нет ключей, которые есть в базе: {keyIds}. Восстановите последнюю резервную копию.',
    en: 'The key file {file} lacks keys that the database has: {keyIds}. Restore the latest backup.',
  },
  'keys.file_damaged': {
    kind: 'unavailable',
    kk: 'Кілттер файлы {file} бүлінген: {problem}.',
    ru: 'Файл ключей {file} повреждён: {problem}.',
    en: 'The key file {file} is damaged: {problem}.',
  },
  'keys.wrong_master_key': {
    kind: 'unavailable',
    kk: 'Бас кілт кілттер файлына {file} сәйкес емес.',
    ru: 'Главный ключ не подходит к файлу ключей {file}.',
    en: 'The master key does not fit the key file {file}.',
  },
  'keys.master_key_missing': {
    kind: 'unavailable',
    kk: 'Бас кілт жоқ. TANBA_MASTER_KEY айнымалысын беріңіз немесе {file} файлын қалпына келтіріңіз.',
    ru: 'Главного ключа нет. Задайте TANBA_MASTER_KEY или восстановите файл {file}.',
    en: 'There is no master key. Set TANBA_MASTER_KEY or restore the file {file}.',
  },
  'keys.master_key_malformed': {
    kind: 'unavailable',
    kk: 'Бас кілт 64 он алтылық цифрдан тұруы керек ({source}).',
    ru: 'Главный ключ должен состоять из 64 шестнадцатеричных цифр ({source}).',
    en: 'A master key takes 64 hexadecimal digits ({source}).',
  },
  'keys.unknown': {
    kind: 'not_found',
    kk: '{keyId} кілті кілттер жинағында жоқ.',
    ru: 'Ключа {keyId} нет в связке ключей.',
    en: 'The key {keyId} is not in the key ring.',
  },
  'keys.none_current': {
    kind: 'unavailable',
    kk: 'Қазір қол қоятын {algorithm} кілті жоқ. Сервер сағатын тексеріңіз.',
    ru: 'Сейчас нет ключа {algorithm}, которым подписывают. Проверьте часы сервера.',
    en: 'No {algorithm} key signs at this time. Check the clock of the server.',
  },
  'keys.algorithm_differs': {
    kind: 'internal',
    kk: '{keyId} кілті {algorithm} үлгісіне жарамайды.',
    ru: 'Ключ {keyId} не подходит для шаблона с {algorithm}.',
    en: 'The key {keyId} does not serve a template with {algorithm}.',
  },
  'keys.seal_broken': {
    kind: 'unavailable',
    kk: 'Шифрланған мән ашылмайды: бас кілт басқа немесе мән өзгертілген.',
    ru: 'Зашифрованное значение не открывается: главный ключ другой или значение изменено.',
    en: 'The sealed value does not open: the master key is another one, or the value was changed.',
  },
  'keys.backup_exists': {
    kind: 'conflict',
    kk: '{file} файлы бар, үстінен жазылмайды.',
    ru: 'Файл {file} уже есть и не будет перезаписан.',
    en: 'The file {file} exists and is not overwritten.',
  },
  'keys.restore_would_lose': {
    kind: 'conflict',
    kk: 'Сақтық көшірмеде кілттер файлындағы кілттер жоқ: {keyIds}. Қалпына келтіру оларды жояр еді.',
    ru: 'В резервной копии нет ключей из файла ключей: {keyIds}. Восстановление потеряло бы их.',
    en: 'The backup lacks keys of the key file: {keyIds}. Restoring it would lose them.',
  },
  'outages.not_found': {
    kind: 'not_found',
    kk: 'Жүйе жұмысында мұндай үзіліс жарияланбаған.',
    ru: 'Такой перерыв в работе системы не объявлялся.',
    en: 'No such outage has been announced.',
  },
  'outages.ended': {
    kind: 'conflict',
    kk: 'Бұл үзіліс аяқталған.',
    ru: 'Этот перерыв уже закончился.',
    en: 'This outage has ended already.',
  },
  'outages.period_invalid': {
    kind: 'invalid',
    kk: 'Уақыт {earliest} мен {latest} аралығында болуы керек.',
    ru: 'Время должно быть между {earliest} и {latest}.',
    en: 'The time must lie between {earliest} and {latest}.',
  },
  'prints.too_many': {
    kind: 'conflict',
    kk: 'Берілген кодтардан артық басып шығарылған: берілгені {handedOver}, бұрын басылғаны {printed}.',
    ru: 'Напечатано больше кодов, чем выдано: выдано {handedOver}, напечатано раньше {printed}.',
    en: 'More prints than codes handed over: {handedOver} were handed over, {printed} have been printed before.',
  },
  'prints.reason_missing': {
    kind: 'invalid',
    kk: 'Қайта басып шығарудың себебі көрсетілмеген.',
    ru: 'Не указана причина повторной печати.',
    en: 'A reprint needs its reason.',
  },
  'prints.time_implausible': {
    kind: 'invalid',
    kk: 'Басып шығару уақыты тапсырыс берілген {earliest} мен қазіргі {latest} аралығында болуы керек.',
    ru: 'Время печати должно быть между временем заказа {earliest} и текущим {latest}.',
    en: 'The time of printing must lie between the order ({earliest}) and now ({latest}).',
  },
  'orders.not_found': {
    kind: 'not_found',
    kk: 'Мұндай тапсырыс жоқ.',
    ru: 'Такого заказа нет.',
    en: 'There is no such order.',
  },
  'orders.unknown_product_group': {
    kind: 'invalid',
    kk: '«{productGroup}» тауар тобы белгісіз.',
    ru: 'Товарная группа «{productGroup}» неизвестна.',
    en: 'The product group "{productGroup}" is unknown.',
  },
  'orders.no_products': {
    kind: 'invalid',
    kk: 'Тапсырыста бірде-бір тауар жоқ.',
    ru: 'В заказе нет ни одного товара.',
    en: 'The order names no goods.',
  },
  'orders.too_many_gtins': {
    kind: 'invalid',
    kk: 'Бір тапсырыста GTIN тым көп, шегі {limit}.',
    ru: 'Слишком много GTIN в одном заказе, предел {limit}.',
    en: 'Too many GTINs in one order, the limit is {limit}.',
  },
  'orders.gtin_repeated': {
    kind: 'invalid',
    kk: 'GTIN {gtin} тапсырыста қайталанған.',
    ru: 'GTIN {gtin} повторён в заказе.',
    en: 'The GTIN {gtin} is repeated in the order.',
  },
  'orders.gtin_not_in_catalogue': {
    kind: 'invalid',
    kk: 'GTIN {gtin} тауарлар тізілімінде жоқ.',
    ru: 'GTIN {gtin} отсутствует в реестре товаров.',
    en: 'The GTIN {gtin} is not in the register of goods.',
  },
  'orders.gtin_not_yours': {
    kind: 'invalid',
    kk: 'GTIN {gtin} басқа қатысушыға тиесілі.',
    ru: 'GTIN {gtin} принадлежит другому участнику.',
    en: 'The GTIN {gtin} belongs to another participant.',
  },
  'orders.gtin_blocked': {
    kind: 'invalid',
    kk: 'GTIN {gtin} карточкасын оператор бұғаттаған: оған код берілмейді.',
    ru: 'Карточка GTIN {gtin} заблокирована оператором: коды на неё не выдаются.',
    en: 'The card of the GTIN {gtin} is blocked by the operator: no codes are issued for it.',
  },
  'orders.gtin_archived': {
    kind: 'invalid',
    kk: 'GTIN {gtin} карточкасы мұрағатта: оған код берілмейді.',
    ru: 'Карточка GTIN {gtin} в архиве: коды на неё не выдаются.',
    en: 'The card of the GTIN {gtin} is archived: no codes are issued for it.',
  },
  'orders.gtin_of_other_group': {
    kind: 'invalid',
    kk: 'GTIN {gtin} «{productGroup}» тауар тобына жатады.',
    ru: 'GTIN {gtin} относится к товарной группе «{productGroup}».',
    en: 'The GTIN {gtin} is of the product group "{productGroup}".',
  },
  'orders.quantity_invalid': {
    kind: 'invalid',
    kk: 'Кодтар саны 1-ден кем емес бүтін сан болуы керек.',
    ru: 'Количество кодов должно быть целым числом не меньше 1.',
    en: 'The quantity of codes must be a whole number of at least 1.',
  },
  'orders.quantity_too_large': {
    kind: 'invalid',
    kk: 'Бір GTIN-ге тапсырыстағы кодтар тым көп, шегі {limit}.',
    ru: 'Слишком много кодов на один GTIN в заказе, предел {limit}.',
    en: 'Too many codes for one GTIN in an order, the limit is {limit}.',
  },
  'orders.serials_not_expected': {
    kind: 'invalid',
    kk: 'Сериялық нөмірлерді оператор жасайды: тізім берілмейді.',
    ru: 'Серийные номера создаёт оператор: список не передаётся.',
    en: 'The operator makes the serial numbers: no list is given.',
  },
  'orders.serials_missing': {
    kind: 'invalid',
    kk: 'Өз сериялық нөмірлерінің тізімі жоқ.',
    ru: 'Нет списка собственных серийных номеров.',
    en: 'The list of own serial numbers is missing.',
  },
  'orders.serials_count_differs': {
    kind: 'invalid',
    kk: 'Сериялық нөмірлер саны ({count}) тапсырылған санға ({quantity}) тең емес.',
    ru: 'Число серийных номеров ({count}) не равно заказанному количеству ({quantity}).',
    en: 'The number of serial numbers ({count}) differs from the quantity ordered ({quantity}).',
  },
  'orders.serial_repeated': {
    kind: 'invalid',
    kk: '«{serial}» сериялық нөмірі тізімде қайталанған.',
    ru: 'Серийный номер «{serial}» повторён в списке.',
    en: 'The serial number "{serial}" is repeated in the list.',
  },
  'orders.serial_already_issued': {
    kind: 'conflict',
    kk: 'Мұндай сериялық нөмірлі код бұрын шығарылған.',
    ru: 'Код с таким серийным номером уже был выпущен.',
    en: 'A code with this serial number has already been issued.',
  },
  'orders.quota_exceeded': {
    kind: 'too_many',
    kk: 'Тәуліктік квота {quota} код, қалғаны {left}.',
    ru: 'Суточная квота {quota} кодов, осталось {left}.',
    en: 'The daily quota is {quota} codes, {left} are left.',
  },
  'orders.too_many_active': {
    kind: 'too_many',
    kk: 'Ашық тапсырыстар тым көп, шегі {limit}. Аяқталғандарын жабыңыз.',
    ru: 'Слишком много открытых заказов, предел {limit}. Закройте завершённые.',
    en: 'Too many open orders, the limit is {limit}. Close those that are done.',
  },
  'orders.serial_space_exhausted': {
    kind: 'conflict',
    kk: 'GTIN {gtin} үшін сериялық нөмірлер қоры таусылды: ең көбі {limit} код, әйтпесе кодты табу ықтималдығы рұқсат етілгеннен асады.',
    ru: 'Запас серийных номеров GTIN {gtin} исчерпан: не более {limit} кодов, иначе вероятность угадать код превысит допустимую.',
    en: 'The serial numbers of the GTIN {gtin} are used up: {limit} codes at most, or a code becomes easier to guess than allowed.',
  },
  'orders.journal_lost': {
    kind: 'unavailable',
    kk: 'Шығару журналы осы дерекқорға белгілі журнал емес ({reason}). Дұрыс TANBA_ISSUE_JOURNAL қалтасын көрсетіңіз; журнал шынымен жоғалса: tanba recover --journal-lost.',
    ru: 'Журнал выпуска не тот, который знает эта база ({reason}). Укажите верную папку TANBA_ISSUE_JOURNAL; если журнал действительно утерян: tanba recover --journal-lost.',
    en: 'The issue journal is not the one that this database knows ({reason}). Name the right folder in TANBA_ISSUE_JOURNAL; if the journal is really lost: tanba recover --journal-lost.',
  },
  'orders.issuing_locked': {
    kind: 'unavailable',
    kk: 'Оператор шығару журналын қайта орындағанша (tanba recover) код шығару бұғатталған.',
    ru: 'Выпуск кодов заблокирован, пока оператор не воспроизведёт журнал выпуска (tanba recover).',
    en: 'Issuing codes is locked until the operator has replayed the issue journal (tanba recover).',
  },
  'orders.gtin_not_in_order': {
    kind: 'not_found',
    kk: 'Тапсырыста бұл GTIN жоқ.',
    ru: 'В заказе нет этого GTIN.',
    en: 'The order has no such GTIN.',
  },
  'orders.not_ready': {
    kind: 'conflict',
    kk: 'Кодтар әлі дайындалуда.',
    ru: 'Коды ещё готовятся.',
    en: 'The codes are still being made.',
  },
  'orders.line_rejected': {
    kind: 'conflict',
    kk: 'GTIN {gtin} бойынша код шығарудан бас тартылды.',
    ru: 'В выпуске кодов для GTIN {gtin} отказано.',
    en: 'Codes for the GTIN {gtin} were refused.',
  },
  'orders.buffer_exhausted': {
    kind: 'conflict',
    kk: 'GTIN {gtin} бойынша барлық кодтар берілген.',
    ru: 'Все коды для GTIN {gtin} уже выданы.',
    en: 'All codes for the GTIN {gtin} have been handed over.',
  },
  'orders.closed': {
    kind: 'conflict',
    kk: 'Тапсырыс жабық: бұрын берілген кодтарды ғана қайта алуға болады.',
    ru: 'Заказ закрыт: можно только повторно получить уже выданные коды.',
    en: 'The order is closed: only packs handed over before can be fetched again.',
  },
  'orders.pack_unknown': {
    kind: 'invalid',
    kk: 'Бұл тапсырыста мұндай топтама (lastPackId) жоқ.',
    ru: 'В этом заказе нет такой пачки (lastPackId).',
    en: 'This order has no such pack (lastPackId).',
  },
  'orders.pack_size': {
    kind: 'invalid',
    kk: 'Топтамадағы кодтар саны 1-ден {limit}-ге дейін болуы керек.',
    ru: 'Количество кодов в пачке должно быть от 1 до {limit}.',
    en: 'A pack takes from 1 to {limit} codes.',
  },
  'orders.too_many_downloads': {
    kind: 'too_many',
    kk: 'Қазір кодтарды жүктеулер тым көп. Сәл кейін қайталаңыз.',
    ru: 'Сейчас слишком много загрузок кодов. Повторите чуть позже.',
    en: 'Too many downloads of codes at the moment. Try again shortly.',
  },
  'exchange.inbox_conflict': {
    kind: 'conflict',
    kk: '{messageId} нөмірлі хабарлама басқа мазмұнмен келген.',
    ru: 'Сообщение с номером {messageId} уже приходило с другим содержанием.',
    en: 'A message with the id {messageId} has come with another content before.',
  },
  'exchange.message_unknown': {
    kind: 'not_found',
    kk: 'Мұндай хабарлама жоқ.',
    ru: 'Такого сообщения нет.',
    en: 'There is no such message.',
  },
  'exchange.delivery_unknown': {
    kind: 'not_found',
    kk: 'Мұндай жеткізу жоқ.',
    ru: 'Такой доставки нет.',
    en: 'There is no such delivery.',
  },
  'exchange.delivery_state': {
    kind: 'conflict',
    kk: 'Жеткізудің күйі {state}: бұл әрекет мүмкін емес.',
    ru: 'Доставка в состоянии {state}: это действие невозможно.',
    en: 'The delivery is {state}: that cannot be done to it.',
  },
  'exchange.partner_unknown': {
    kind: 'not_found',
    kk: 'Мұндай серіктес жоқ.',
    ru: 'Такого партнёра нет.',
    en: 'There is no such partner.',
  },
  'exchange.search_without_key': {
    kind: 'invalid',
    kk: 'Іздеу үшін кемінде бір кілт, серіктес, күй немесе тақырып керек.',
    ru: 'Для поиска нужен хотя бы один ключ, партнёр, состояние или тема.',
    en: 'A search needs at least one key, a partner, a state or a topic.',
  },
  'exchange.reason_needed': {
    kind: 'invalid',
    kk: 'Шешімнің себебін {min}-{max} таңбамен жазыңыз.',
    ru: 'Укажите причину решения, от {min} до {max} символов.',
    en: 'Give the reason for the decision, {min} to {max} characters.',
  },
  'exchange.adapter_unknown': {
    kind: 'invalid',
    kk: '«{adapter}» адаптері жоқ. Мүмкін болатындары: {allowed}.',
    ru: 'Нет адаптера «{adapter}». Возможные: {allowed}.',
    en: 'There is no adapter "{adapter}". Possible are: {allowed}.',
  },
  'exchange.adapter_fixed': {
    kind: 'conflict',
    kk: 'Серіктестің адаптері {adapter}, оны ауыстыруға болмайды. Басқа атаумен тіркеңіз.',
    ru: 'Адаптер партнёра — {adapter}, сменить его нельзя. Зарегистрируйте под другим именем.',
    en: 'The adapter of the partner is {adapter} and cannot be changed. Register it under another id.',
  },
  'exchange.partner_foreign': {
    kind: 'conflict',
    kk: 'Бұл серіктес {bin} қатысушысының өз жүйесі: оны қатысушының өзі ғана өзгертеді.',
    ru: 'Этот партнёр — собственная система участника {bin}: её меняет только он сам.',
    en: 'This partner is a system of the participant {bin}, who alone changes it.',
  },
  'exchange.partner_removed': {
    kind: 'conflict',
    kk: 'Бұл атауы бар серіктес жойылған, атауы қайта қолданылмайды.',
    ru: 'Партнёр с таким именем удалён, имя больше не используется.',
    en: 'A partner with this id has been removed; the id is not used again.',
  },
  'exchange.reach_timeout': {
    kind: 'unavailable',
    kk: 'Серіктестің қолжетімділігін тексеру {seconds} секундта аяқталмады.',
    ru: 'Проверка доступности партнёра не закончилась за {seconds} секунд.',
    en: 'The check whether the partner can be reached did not end within {seconds} seconds.',
  },
  'exchange.selection_too_large': {
    kind: 'too_large',
    kk: 'Таңдауда {count} жеткізу бар, шегі {limit}. Мерзімді қысқартыңыз.',
    ru: 'В выборке {count} доставок, предел {limit}. Сузьте период.',
    en: 'The selection has {count} deliveries, the limit is {limit}. Narrow the time range.',
  },
  'request.idempotency_conflict': {
    kind: 'conflict',
    kk: 'Осы Idempotency-Key басқа мазмұнмен қолданылған.',
    ru: 'Этот Idempotency-Key уже использован с другим содержанием.',
    en: 'This Idempotency-Key has been used with another content.',
  },
  'webhooks.not_found': {
    kind: 'not_found',
    kk: 'Вебхук табылмады.',
    ru: 'Вебхук не найден.',
    en: 'The webhook was not found.',
  },
  'webhooks.too_many': {
    kind: 'conflict',
    kk: 'Вебхуктар тым көп, шегі {limit}. Қажетсізін жойыңыз.',
    ru: 'Слишком много вебхуков, предел {limit}. Удалите ненужный.',
    en: 'Too many webhooks, the limit is {limit}. Remove one that is not needed.',
  },
  'webhooks.topic_unknown': {
    kind: 'invalid',
    kk: '«{topic}» деген тақырып жоқ. Мүмкін болатындары: {allowed}.',
    ru: 'Нет темы «{topic}». Возможные: {allowed}.',
    en: 'There is no topic "{topic}". Possible are: {allowed}.',
  },
  'webhooks.url_invalid': {
    kind: 'invalid',
    kk: 'Мекенжай https:// деп басталатын, аты мен құпиясөзі жоқ толық URL болуы керек.',
    ru: 'Адрес должен быть полным URL с https://, без имени и пароля.',
    en: 'The address must be a whole URL with https://, without a user name or password.',
  },
  'webhooks.https_needed': {
    kind: 'invalid',
    kk: 'Мекенжай https:// деп басталуы керек.',
    ru: 'Адрес должен начинаться с https://.',
    en: 'The address must begin with https://.',
  },
  'webhooks.port_refused': {
    kind: 'invalid',
    kk: '{port} портына вебхук жіберілмейді.',
    ru: 'На порт {port} вебхуки не отправляются.',
    en: 'Webhooks are not sent to port {port}.',
  },
  'webhooks.address_refused': {
    kind: 'invalid',
    kk: '{address} мекенжайына вебхук жіберілмейді: ол жалпыға қолжетімді желіде емес.',
    ru: 'На адрес {address} вебхуки не отправляются: он не в общедоступной сети.',
    en: 'Webhooks are not sent to {address}: it does not lie in the public network.',
  },
  'webhooks.settings_invalid': {
    kind: 'invalid',
    kk: 'Вебхук баптаулары схемаға сай емес: қателер тізімін қараңыз.',
    ru: 'Настройки вебхука не соответствуют схеме: смотрите список ошибок.',
    en: 'The settings of the webhook do not match their schema: see the list of errors.',
  },
  'webhooks.too_many_secrets': {
    kind: 'conflict',
    kk: 'Қазір {limit} құпия кілт жарамды. Ескісінің мерзімі біткенін күтіңіз немесе overlapHours мәнін 0 етіңіз.',
    ru: 'Сейчас действуют {limit} секретных ключа. Дождитесь конца срока старого или передайте overlapHours 0.',
    en: 'At present {limit} secrets are valid. Wait until an old one expires, or send overlapHours 0.',
  },
  'webhooks.reachability_busy': {
    kind: 'too_many',
    kk: 'Сіздің вебхугіңіз қазір тексерілуде. Сәл кейін қайталаңыз.',
    ru: 'Ваш вебхук уже проверяется. Повторите чуть позже.',
    en: 'A webhook of yours is being checked now. Try again shortly.',
  },
  'import.file_missing': {
    kind: 'invalid',
    kk: 'Импорт файлы жоқ: {file}.',
    ru: 'Нет файла импорта: {file}.',
    en: 'A file of the import is missing: {file}.',
  },
  'import.running': {
    kind: 'conflict',
    kk: 'Қазір басқа импорт жүріп жатыр. Оның аяқталуын күтіңіз.',
    ru: 'Сейчас идёт другой импорт. Дождитесь его окончания.',
    en: 'Another import is running. Wait until it has ended.',
  },
  'import.changed_meanwhile': {
    kind: 'conflict',
    kk: 'Импорт кезінде қоймада осындай код пайда болды. Импортты қайталаңыз: ол тоқтаған жерінен жалғасады.',
    ru: 'Во время импорта такой код появился в хранилище. Повторите импорт: он продолжится с места остановки.',
    en: 'Such a code has come into the store during the import. Run it again: it goes on where it stopped.',
  },
  'import.line_invalid': {
    kind: 'invalid',
    kk: 'Жол пішімге сай емес: {field}.',
    ru: 'Строка не соответствует формату: {field}.',
    en: 'The line does not match its format: {field}.',
  },
  'import.repeated': {
    kind: 'invalid',
    kk: 'Бұл жазба файлда бар, {first}-жолда.',
    ru: 'Эта запись уже есть в файле, строка {first}.',
    en: 'This entry stands in the file already, on line {first}.',
  },
  'import.gtin_unknown': {
    kind: 'invalid',
    kk: 'GTIN {gtin} импортта да, каталогта да жоқ.',
    ru: 'GTIN {gtin} нет ни в импорте, ни в каталоге.',
    en: 'The GTIN {gtin} is neither in the import nor in the catalogue.',
  },
  'import.code_exists': {
    kind: 'conflict',
    kk: 'Мұндай код қоймада бар, ол өзгертілмейді.',
    ru: 'Такой код уже есть в хранилище, он не изменяется.',
    en: 'Such a code is in the store already and is never overwritten.',
  },
  'import.key_is_ours': {
    kind: 'conflict',
    kk: 'Тексеру кілтінің {keyId} белгісі осы жүйенің кілтіне тиесілі.',
    ru: 'Идентификатор ключа проверки {keyId} принадлежит ключу этой системы.',
    en: 'The key id {keyId} of the verification code is that of a key of this system.',
  },
  'import.type_differs': {
    kind: 'invalid',
    kk: 'Код түрі «{type}» кодтың өзіне сай емес.',
    ru: 'Вид кода «{type}» не соответствует самому коду.',
    en: 'The type "{type}" does not fit the code itself.',
  },
  'import.package_status': {
    kind: 'invalid',
    kk: 'Көлік қаптамасы {status} күйінде болуы мүмкін емес.',
    ru: 'Транспортная упаковка не может быть в статусе {status}.',
    en: 'A transport package cannot have the status {status}.',
  },
  'import.parent_missing': {
    kind: 'invalid',
    kk: '{parent} қаптамасы импортта жоқ немесе оның жолы қате.',
    ru: 'Упаковки {parent} нет в импорте, или её строка с ошибкой.',
    en: 'The package {parent} is not in the import, or its line is wrong.',
  },
  'import.parent_no_package': {
    kind: 'invalid',
    kk: '{parent} — көлік қаптамасы емес.',
    ru: '{parent} не является транспортной упаковкой.',
    en: '{parent} is no transport package.',
  },
  'import.parent_of_other_owner': {
    kind: 'invalid',
    kk: '{parent} қаптамасының иесі басқа.',
    ru: 'У упаковки {parent} другой владелец.',
    en: 'The package {parent} has another owner.',
  },
  'import.content_status': {
    kind: 'invalid',
    kk: 'Мұндай күйдегі код {parent} қаптамасының ішінде болуы мүмкін емес.',
    ru: 'Код в таком статусе не может находиться в упаковке {parent}.',
    en: 'A code of this status cannot be inside the package {parent}.',
  },
  'import.package_depth': {
    kind: 'invalid',
    kk: 'Қаптамалар бір-бірін шеңбер бойымен қамтиды немесе {limit} деңгейден терең.',
    ru: 'Упаковки вложены по кругу или глубже {limit} уровней.',
    en: 'The packages stand inside each other in a circle, or more than {limit} levels deep.',
  },
  'export.folder_not_empty': {
    kind: 'conflict',
    kk: '{folder} қалтасы бос емес.',
    ru: 'Папка {folder} не пуста.',
    en: 'The folder {folder} is not empty.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** One thing wrong, and where: `path` is a JSON pointer into what was sent, `cis` the code it is about. */
export interface Problem {
  readonly code: ErrorCode;
  readonly path?: string;
  readonly cis?: string;
  readonly details?: ErrorDetails;
}

export interface TanbaErrorOptions {
  readonly path?: string;
  readonly cis?: string;
  readonly details?: ErrorDetails;
  /** Further problems of the same request. */
  readonly problems?: readonly Problem[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An error that its caller can understand and act on. Anything else thrown is a fault of ours. */
export class TanbaError extends Error {
  override readonly name = 'TanbaError';
  readonly code: ErrorCode;
  readonly options: TanbaErrorOptions;

  constructor(code: ErrorCode, options: TanbaErrorOptions = {}) {
    super(`${code}: ${errorText(code, 'en', options.details)}`, { cause: options.cause });
    this.code = code;
    this.options = options;
  }
}

export function errorKind(code: ErrorCode): ErrorKind {
  return errorTable[code].kind;
}

export function errorText(code: ErrorCode, language: Language, details: ErrorDetails = {}): string {
  return errorTable[code][language].replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}

export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(errorTable, value);
}
