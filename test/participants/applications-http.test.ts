import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Call } from '../support/hub.ts';
import { CONTACT } from './desk.ts';
import { APPLICATIONS, BASE, type ParticipantsHub, REASON, SECRET, startParticipantsHub, told } from './http-hub.ts';
import { numbered } from './numbers.ts';

const UNKNOWN_ID = '01993f2e-0000-7000-8000-000000000000';

describe('applications over HTTP', () => {
  let desk: ParticipantsHub;

  before(async function () {
    this.timeout(60_000);
    desk = await startParticipantsHub();
  });
  after(() => desk.stop());

  describe('from the application to the key', () => {
    it('an applicant is told its secret, and until when it is answered', async () => {
      const { made } = await desk.applied();
      assert.equal(made.body.status, 'waiting');
      assert.match(made.body.secret, /^[A-Za-z0-9_-]{43}$/);
      const hours = (new Date(made.body.answerDueAt).getTime() - Date.now()) / 3_600_000;
      assert.ok(hours > 23.9 && hours <= 24, String(hours));
      assert.equal(made.headers.get('cache-control'), 'no-store');
    });

    it('an applicant follows its application by its secret, which shows no contact', async () => {
      const { bin, at, secret, headers } = await desk.applied();
      const { status, body, text } = await desk.hub.call('GET', at, { headers });
      assert.deepEqual([status, body.bin, body.status, body.overdue], [200, bin, 'waiting', false]);
      for (const word of [...Object.values(CONTACT), secret]) assert.ok(!text.includes(word), word);
    });

    it('an applicant that is approved fetches a key, and the key works', async () => {
      const { bin, key } = await desk.registered();
      const { status, body } = await desk.hub.call('GET', `${BASE}/${bin}`, key);
      assert.equal(status, 200);
      assert.deepEqual([body.name, body.role, body.active, body.contact], ['ТОО «Жаңа»', 'retailer', true, CONTACT]);
    });

    it('the key is fetched once', async () => {
      const { at, headers } = await desk.registered();
      assert.deepEqual(told(await desk.hub.call('POST', `${at}/key`, { headers })), [409, 'participants.key_taken']);
    });

    it('there is no key before the approval', async () => {
      const { at, headers } = await desk.applied();
      const answer = await desk.hub.call('POST', `${at}/key`, { headers });
      assert.deepEqual(told(answer), [409, 'participants.application_not_approved']);
    });

    it('an applicant that is refused is told why', async () => {
      const { at, headers } = await desk.applied();
      const refused = await desk.hub.call('POST', `${at}/refuse`, { as: 'operator', body: REASON });
      assert.deepEqual([refused.status, refused.body.status], [200, 'refused']);
      const { body } = await desk.hub.call('GET', at, { headers });
      assert.deepEqual([body.status, body.reason], ['refused', REASON.reason]);
    });

    it('an applicant withdraws, and is approved no more', async () => {
      const { at, headers } = await desk.applied();
      const withdrawn = await desk.hub.call('POST', `${at}/withdraw`, { headers });
      assert.deepEqual([withdrawn.status, withdrawn.body.status], [200, 'withdrawn']);
      const approving = await desk.hub.call('POST', `${at}/approve`, { as: 'operator' });
      assert.deepEqual(told(approving), [409, 'participants.application_decided']);
    });

    it('without its secret an application is as little there as one that was never made', async () => {
      const { at, secret, headers } = await desk.applied();
      const wrong = { [SECRET]: `${secret}x` };
      const tries: readonly (readonly [string, Call])[] = [
        [at, {}],
        [at, { headers: wrong }],
        [`${APPLICATIONS}/${UNKNOWN_ID}`, { headers }],
      ];
      for (const [path, call] of tries) {
        assert.deepEqual(told(await desk.hub.call('GET', path, call)), [404, 'participants.application_unknown']);
        for (const deed of ['withdraw', 'key']) {
          const answer = await desk.hub.call('POST', `${path}/${deed}`, call);
          assert.deepEqual(told(answer), [404, 'participants.application_unknown'], deed);
        }
      }
    });

    it('of two operators that approve at the same time one is told that it was too late', async () => {
      const { at } = await desk.applied();
      const answers = await Promise.all([1, 2].map(() => desk.hub.call('POST', `${at}/approve`, { as: 'operator' })));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
    });

    it('of two applications of one BIN at the same time one is taken', async () => {
      const body = desk.application();
      const answers = await Promise.all([desk.apply(body), desk.apply(body)]);
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
    });
  });

  describe('an application is refused', () => {
    const cases: readonly (readonly [what: string, changes: object, code: string, path: string])[] = [
      ['for the role of an operator', { role: 'operator' }, 'request.value_choice', '/role'],
      ['for the role of an authority', { role: 'authority' }, 'request.value_choice', '/role'],
      ['with a number of eleven digits', { bin: '15034000123' }, 'request.value_format', '/bin'],
      ['with a wrong check digit', { bin: '150340001237' }, 'participants.bin_invalid', '/bin'],
      ['with an impossible number', { bin: numbered('22130000001') }, 'participants.number_impossible', '/bin'],
      ['with an empty name', { name: '' }, 'request.value_length', '/name'],
      ['with a name of spaces', { name: '  ' }, 'request.value_format', '/name'],
      ['with a name of 501 characters', { name: 'x'.repeat(501) }, 'request.value_length', '/name'],
      ['with NUL in its name', { name: 'a\u0000b' }, 'request.value_format', '/name'],
      ['with half a character in its address', { legalAddress: 'a\ud800' }, 'request.value_format', '/legalAddress'],
      ['with a region of eight digits', { kato: '71000000' }, 'request.value_format', '/kato'],
      ['without a contact', { contact: undefined }, 'request.value_missing', '/contact'],
      [
        'with a phone without +',
        { contact: { ...CONTACT, phone: '77011234567' } },
        'request.value_format',
        '/contact/phone',
      ],
      ['with a wrong e-mail', { contact: { ...CONTACT, email: 'aigul' } }, 'request.value_format', '/contact/email'],
      [
        'with NUL in a contact',
        { contact: { ...CONTACT, person: '\u0000' } },
        'request.value_format',
        '/contact/person',
      ],
      ['with what nobody asked for', { iban: 'KZ1' }, 'request.value_unexpected', '/iban'],
    ];
    for (const [what, changes, code, path] of cases) {
      it(what, async () => {
        const { status, body } = await desk.apply(desk.application(changes));
        assert.equal(status, 400);
        assert.deepEqual([body.errors[0].code, body.errors[0].path], [code, path]);
      });
    }

    it('of a participant that is registered already', async () => {
      const answer = await desk.apply(desk.application({ bin: desk.hub.binOf('retailer') }));
      assert.deepEqual(told(answer), [409, 'participants.bin_registered']);
    });

    it('or taken, whatever text stands in it, and never a fault of ours', async function () {
      this.timeout(30_000);
      const text = fc.string({ unit: 'binary', maxLength: 600 });
      const changes = fc.oneof(
        fc.record({ name: text }),
        fc.record({ legalAddress: text }),
        fc.record({ kato: text }),
        fc.record({ contact: fc.record({ person: text, phone: fc.constant('+77011234567'), email: text }) }),
      );
      await fc.assert(
        fc.asyncProperty(changes, async (changed) => {
          const { status, text: told } = await desk.apply(desk.application(changed));
          assert.ok(status === 201 || status === 400, told);
        }),
      );
    });

    it('without a word of the contact', async () => {
      const wrong = { person: 'Құпия Адам', phone: '8-701-SECRET', email: 'secret-person' };
      for (const name of ['person', 'phone', 'email'] as const) {
        const { text } = await desk.apply(
          desk.application({ contact: { ...wrong, ...CONTACT, [name]: `${wrong[name]}\u0000` } }),
        );
        for (const word of Object.values(wrong)) assert.ok(!text.includes(word), text);
      }
    });

    it('when one source sends too many, and is told when to come again', async function () {
      this.timeout(30_000);
      const other = await startParticipantsHub(1);
      try {
        assert.equal((await other.apply(other.application())).status, 201);
        const answer = await other.apply(other.application());
        assert.deepEqual(told(answer), [429, 'participants.too_many_applications']);
        assert.ok(Number(answer.headers.get('retry-after')) > 3_000);
      } finally {
        await other.stop();
      }
    });
  });
});
