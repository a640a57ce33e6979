import type { Language } from '../../core/errors.ts';
import type { DeliveryState, Hold } from '../delivery-states.ts';

export type Texts = Readonly<Record<Language, string>>;

/** Why a delivery that waits does not go now. `{at}` is when it goes at the earliest. */
export const HOLD_TEXTS: Readonly<Record<Hold, Texts>> = {
  retry: {
    en: 'The partner did not take it ({outcome}); attempt {next} follows at {at}.',
    ru: 'Партнёр её не принял ({outcome}); попытка {next} будет в {at}.',
    kk: 'Серіктес оны қабылдамады ({outcome}); {next}-әрекет {at} уақытында болады.',
  },
  lane: {
    en: 'Another message of its lane goes first; it is looked at again at {at}.',
    ru: 'Первым идёт другое сообщение её очереди; к ней вернутся в {at}.',
    kk: 'Алдымен кезегіндегі басқа хабарлама кетеді; оған {at} уақытында қайта оралады.',
  },
  switched_off: {
    en: 'The partner is switched off ({why}); it goes when the partner is switched on again.',
    ru: 'Партнёр отключён ({why}); она уйдёт, когда партнёра включат.',
    kk: 'Серіктес өшірілген ({why}); серіктес қосылғанда кетеді.',
  },
  calendar: {
    en: 'The partner takes nothing until {at}; it goes then.',
    ru: 'Партнёр ничего не принимает до {at}; тогда она и уйдёт.',
    kk: 'Серіктес {at} дейін ештеңе қабылдамайды; хабарлама сонда кетеді.',
  },
  breaker: {
    en: 'The partner has failed too often; at {at} one message tries whether it is well again, then the others follow.',
    ru: 'У партнёра слишком много отказов; в {at} одно сообщение проверит его, затем пойдут остальные.',
    kk: 'Серіктес тым жиі жауап бермеді; {at} уақытында бір хабарлама тексереді, содан кейін қалғандары кетеді.',
  },
  quota: {
    en: "The partner's quota of the day is used up; it goes at {at}.",
    ru: 'Дневная квота партнёра исчерпана; она уйдёт в {at}.',
    kk: 'Серіктестің күндік квотасы таусылды; {at} уақытында кетеді.',
  },
  rate: {
    en: "The partner's rate is used up; it goes at {at}.",
    ru: 'Предел скорости партнёра достигнут; она уйдёт в {at}.',
    kk: 'Серіктестің жылдамдық шегіне жетті; {at} уақытында кетеді.',
  },
  concurrency: {
    en: 'As many messages as the partner takes at once are under way; it goes when one of them has ended, from {at} on.',
    ru: 'В пути столько сообщений, сколько партнёр принимает разом; она уйдёт за одним из них, начиная с {at}.',
    kk: 'Серіктес бірден қабылдайтындай хабарлама жолда; біреуі аяқталғанда, {at} бастап кетеді.',
  },
  removed: {
    en: 'The partner has been removed; it will not go, and is being cancelled.',
    ru: 'Партнёр удалён; она не уйдёт и будет отменена.',
    kk: 'Серіктес жойылған; хабарлама кетпейді және оның күші жойылады.',
  },
  infrastructure: {
    en: 'Something of ours failed before it was sent ({outcome}); it goes again at {at}, and no attempt is spent.',
    ru: 'Сбой на нашей стороне до отправки ({outcome}); снова пойдёт в {at}, попытка не потрачена.',
    kk: 'Жіберілмей тұрып біздің жақта ақау болды ({outcome}); {at} уақытында қайта кетеді, әрекет жұмсалмады.',
  },
  lost: {
    en: 'The worker that sent it died, and nobody knows whether it arrived; it goes again under the same id at {at}.',
    ru: 'Отправлявший её процесс прервался, дошла ли она — неизвестно; снова пойдёт под тем же номером в {at}.',
    kk: 'Жіберіп жатқан үдеріс үзілді, жеткені белгісіз; {at} уақытында сол нөмірмен қайта кетеді.',
  },
  replay: {
    en: 'An operator sent it again; it goes under the same id at {at}.',
    ru: 'Оператор отправил её повторно; она пойдёт под тем же номером в {at}.',
    kk: 'Оператор оны қайта жіберді; {at} уақытында сол нөмірмен кетеді.',
  },
};

export const TEXTS = {
  turn: {
    en: 'Nothing holds it; it goes as soon as a worker takes it, from {at} on.',
    ru: 'Её ничто не держит; она уйдёт, как только её возьмёт обработчик, начиная с {at}.',
    kk: 'Оны ештеңе ұстап тұрған жоқ; өңдеуші алысымен, {at} бастап кетеді.',
  },
  uncertain: {
    en: 'It was sent ({outcome}), and nobody knows whether it arrived; at {at} the partner is asked, or it goes again under the same id.',
    ru: 'Она была отправлена ({outcome}), дошла ли — неизвестно; в {at} партнёра спросят или она пойдёт снова под тем же номером.',
    kk: 'Ол жіберілді ({outcome}), жеткені белгісіз; {at} уақытында серіктестен сұралады немесе сол нөмірмен қайта кетеді.',
  },
  sending: {
    en: 'Attempt {next} is under way; its outcome is known by {at}, otherwise it counts as uncertain and goes again.',
    ru: 'Идёт попытка {next}; её исход будет известен до {at}, иначе она сочтётся неясной и пойдёт снова.',
    kk: '{next}-әрекет жүріп жатыр; нәтижесі {at} дейін белгілі болады, әйтпесе белгісіз саналып, қайта кетеді.',
  },
  behind: {
    en: 'Before it in its lane there are {ahead}; the first, {head}, is {state} since {since}, and each goes when the one before it is delivered or cancelled.',
    ru: 'Перед ней в очереди стоят {ahead}; первая, {head}, {state} с {since}, и каждая уходит, когда доставлена или отменена предыдущая.',
    kk: 'Кезекте оның алдында {ahead} тұр; біріншісі, {head}, {since} бері {state}, әрқайсысы алдыңғысы жеткізілгенде не күші жойылғанда кетеді.',
  },
  behindParked: {
    en: 'Before it in its lane there are {ahead}; the first, {head}, is parked since {since}, and nothing of the lane goes before an operator sends that one again or cancels it.',
    ru: 'Перед ней в очереди стоят {ahead}; первая, {head}, отложена с {since}, и очередь стоит, пока оператор не отправит её снова или не отменит.',
    kk: 'Кезекте оның алдында {ahead} тұр; біріншісі, {head}, {since} бері тоқтатылған, оператор оны қайта жібермейінше не күшін жоймайынша кезек жүрмейді.',
  },
  head: {
    en: 'It is the next one of its lane, and goes within seconds.',
    ru: 'Она следующая в своей очереди и уйдёт через несколько секунд.',
    kk: 'Ол өз кезегінде келесі, бірнеше секундта кетеді.',
  },
  delivered: {
    en: 'Delivered at {at}; its answer is the receipt.',
    ru: 'Доставлена {at}; ответ партнёра и есть подтверждение.',
    kk: '{at} уақытында жеткізілді; серіктестің жауабы — растау.',
  },
  acknowledged: {
    en: 'Delivered at {at}, acknowledged at {acknowledged}.',
    ru: 'Доставлена {at}, подтверждена {acknowledged}.',
    kk: '{at} уақытында жеткізілді, {acknowledged} уақытында расталды.',
  },
  unacknowledged: {
    en: 'Delivered at {at}; the partner has to acknowledge it by {until}, otherwise a work item is opened.',
    ru: 'Доставлена {at}; партнёр должен подтвердить её до {until}, иначе откроется разбор.',
    kk: '{at} уақытында жеткізілді; серіктес {until} дейін растауы керек, әйтпесе талдау ашылады.',
  },
  cancelled: {
    en: 'Cancelled by an operator at {at}; it does not go any more, unless it is replayed.',
    ru: 'Отменена оператором {at}; больше не уйдёт, если её не отправят повторно.',
    kk: 'Оператор {at} уақытында күшін жойды; қайта жіберілмесе, енді кетпейді.',
  },
  cancelledRemoved: {
    en: 'Cancelled at {at}, since the partner was removed; it does not go any more.',
    ru: 'Отменена {at}, так как партнёр удалён; больше не уйдёт.',
    kk: '{at} уақытында күші жойылды, себебі серіктес жойылған; енді кетпейді.',
  },
  parkedOutOfAttempts: {
    en: 'Parked since {at}: {attempts} attempts failed, the last one with {outcome}; it goes again only when an operator replays it.',
    ru: 'Отложена с {at}: {attempts} попыток не удались, последняя — {outcome}; уйдёт только по решению оператора.',
    kk: '{at} бері тоқтатылған: {attempts} әрекет сәтсіз, соңғысы — {outcome}; тек оператор шешімімен кетеді.',
  },
  parkedRejected: {
    en: 'Parked since {at}: the partner refused it for good ({outcome}); it goes again only when an operator replays it.',
    ru: 'Отложена с {at}: партнёр отказался от неё окончательно ({outcome}); уйдёт только по решению оператора.',
    kk: '{at} бері тоқтатылған: серіктес одан біржола бас тартты ({outcome}); тек оператор шешімімен кетеді.',
  },
  parkedInfrastructure: {
    en: 'Parked since {at}: it failed on our side {losses} times ({outcome}); it goes again only when an operator replays it.',
    ru: 'Отложена с {at}: {losses} сбоев на нашей стороне ({outcome}); уйдёт только по решению оператора.',
    kk: '{at} бері тоқтатылған: біздің жақта {losses} ақау болды ({outcome}); тек оператор шешімімен кетеді.',
  },
  parkedErased: {
    en: 'Parked since {at}: its body has been erased by retention, so it cannot be sent any more.',
    ru: 'Отложена с {at}: её содержание удалено по сроку хранения, отправить её больше нельзя.',
    kk: '{at} бері тоқтатылған: мазмұны сақтау мерзімі бойынша өшірілген, енді жіберілмейді.',
  },
  parkedByOperator: {
    en: 'Parked by an operator since {at}; it goes again only when an operator replays it.',
    ru: 'Отложена оператором с {at}; уйдёт только по решению оператора.',
    kk: '{at} бері оператор тоқтатқан; тек оператор шешімімен кетеді.',
  },
} as const satisfies Record<string, Texts>;

/** Of the first one in a lane. */
export const STATE_WORDS: Readonly<Record<DeliveryState, Texts>> = {
  queued: { en: 'queued', ru: 'стоит в очереди', kk: 'кезекте тұр' },
  waiting: { en: 'waiting', ru: 'ждёт отправки', kk: 'жіберілуін күтуде' },
  sending: { en: 'being sent', ru: 'отправляется', kk: 'жіберілуде' },
  uncertain: { en: 'uncertain', ru: 'отправлена с неясным исходом', kk: 'нәтижесі белгісіз' },
  parked: { en: 'parked', ru: 'отложена', kk: 'тоқтатылған' },
  delivered: { en: 'delivered', ru: 'доставлена', kk: 'жеткізілген' },
  cancelled: { en: 'cancelled', ru: 'отменена', kk: 'күші жойылған' },
};
