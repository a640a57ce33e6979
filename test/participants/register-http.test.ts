import assert from 'node:assert/strict';
import { CONTACT } from './desk.ts';
import { APPLICATIONS, BASE, type ParticipantsHub, PLACE, REASON, startParticipantsHub, told } from './http-hub.ts';

describe('the register of participants over HTTP', () => {
  let desk: ParticipantsHub;

  before(async function () {
    this.timeout(60_000);
    desk = await startParticipantsHub();
  });
  after(() => desk.stop());

  describe('the operator', () => {
    it('reads what waits, page by page, with contacts', async () => {
      const { bin } = await desk.applied();
      const seen: { bin: string; contact: object; status: string }[] = [];
      let next: string | null = null;
      do {
        const after: string = next === null ? '' : `&after=${next}`;
        const path = `${APPLICATIONS}?status=waiting&limit=2${after}`;
        const { status, body, text } = await desk.hub.call('GET', path, { as: 'operator' });
        assert.equal(status, 200, text);
        assert.ok(!text.includes('ecretHash'));
        seen.push(...body.applications);
        next = body.next;
      } while (next !== null);
      assert.equal(new Set(seen.map((one) => one.bin)).size, seen.length);
      assert.ok(seen.every(({ status }) => status === 'waiting'));
      assert.deepEqual(seen.find((one) => one.bin === bin)?.contact, CONTACT);
    });

    it('sees which wait for too long', async () => {
      const { at, bin } = await desk.applied();
      const id = at.split('/').at(-1);
      const later = `update participant_application set answer_due_at = now() - interval '1 second'`;
      await desk.store.db.query(`${later} where application_id = $1`, [id]);
      const { body } = await desk.hub.call('GET', `${APPLICATIONS}?status=waiting&limit=1000`, { as: 'operator' });
      assert.equal(body.applications.find((one: { bin: string }) => one.bin === bin).overdue, true);
    });

    it('gives a reason of at least three characters', async () => {
      const { at } = await desk.applied();
      const refuse = (reason: string) => desk.hub.call('POST', `${at}/refuse`, { as: 'operator', body: { reason } });
      assert.deepEqual(told(await refuse('no')), [400, 'request.invalid']);
      assert.equal((await refuse('not')).status, 200);
    });

    for (const role of ['manufacturer', 'ofd', 'authority'] as const) {
      it(`is not the role ${role}`, async () => {
        const { at, bin } = await desk.applied();
        const tries: readonly (readonly ['GET' | 'POST' | 'PUT', string, unknown])[] = [
          ['GET', APPLICATIONS, undefined],
          ['POST', `${at}/approve`, undefined],
          ['POST', `${at}/refuse`, REASON],
          ['POST', `${BASE}/${bin}/suspend`, REASON],
          ['POST', `${BASE}/${bin}/reinstate`, REASON],
          ['PUT', `${BASE}/${bin}/name`, { name: 'X', ...REASON }],
          ['PUT', `${BASE}/${bin}/address`, { address: { legalAddress: 'X', kato: '710000000' }, ...REASON }],
        ];
        for (const [method, path, body] of tries) {
          const answer = await desk.hub.call(method, path, { as: role, ...(body === undefined ? {} : { body }) });
          assert.deepEqual(told(answer), [403, 'access.forbidden'], path);
        }
      });
    }

    it('suspends a participant, whose key stops at once, and takes it back', async () => {
      const { bin, key } = await desk.registered();
      assert.deepEqual((await desk.suspend(bin)).body, { bin, active: false });
      assert.deepEqual(told(await desk.hub.call('GET', `${BASE}/${bin}`, key)), [401, 'access.token_unknown']);
      assert.deepEqual(told(await desk.suspend(bin)), [409, 'participants.suspended']);
      const reinstate = () => desk.hub.call('POST', `${BASE}/${bin}/reinstate`, { as: 'operator', body: REASON });
      assert.deepEqual((await reinstate()).body, { bin, active: true });
      assert.equal((await desk.hub.call('GET', `${BASE}/${bin}`, key)).status, 200);
      assert.deepEqual(told(await reinstate()), [409, 'participants.not_suspended']);
    });

    it('does not suspend itself', async () => {
      assert.deepEqual(told(await desk.suspend(desk.hub.binOf('operator'))), [409, 'participants.not_oneself']);
    });

    it('is told of a BIN that nobody has', async () => {
      assert.deepEqual(told(await desk.suspend(desk.newBin())), [404, 'participants.unknown']);
    });

    it('changes name and address, and the history tells it', async () => {
      const { bin, key } = await desk.registered();
      const put = (what: string, body: object) =>
        desk.hub.call('PUT', `${BASE}/${bin}/${what}`, { as: 'operator', body: { ...body, ...REASON } });
      const address = { legalAddress: 'Алматы, Абай 10', kato: '750000000' };
      assert.deepEqual((await put('name', { name: 'ТОО «Басқа»' })).body, { bin, name: 'ТОО «Басқа»' });
      assert.deepEqual((await put('address', { address })).body, { bin, address });
      const shown = await desk.hub.call('GET', `${BASE}/${bin}`, key);
      assert.deepEqual([shown.body.name, shown.body.address], ['ТОО «Басқа»', address]);
      const first = await desk.hub.call('GET', `${BASE}/${bin}/history?limit=2`, key);
      const rest = await desk.hub.call('GET', `${BASE}/${bin}/history?limit=2&after=${first.body.next}`, key);
      assert.deepEqual(
        [...first.body.history, ...rest.body.history].map(({ event, actor }) => [event, actor]),
        ['registered', 'renamed', 'moved'].map((event) => [event, desk.hub.binOf('operator')]),
      );
      assert.equal(rest.body.next, null);
    });
  });

  describe('a participant', () => {
    it('opens and closes places of business', async () => {
      const { bin, key } = await desk.registered();
      const opened = await desk.hub.call('POST', `${BASE}/me/places`, { ...key, body: PLACE });
      assert.equal(opened.status, 201, opened.text);
      const { placeId, createdAt } = opened.body;
      const place = { placeId, ...PLACE, active: true, createdAt, closedAt: null };
      assert.deepEqual(opened.body, place);
      assert.deepEqual((await desk.hub.call('GET', `${BASE}/me/places`, key)).body, { places: [place], next: null });
      const close = () => desk.hub.call('POST', `${BASE}/me/places/${placeId}/close`, key);
      const closed = await close();
      assert.deepEqual([closed.status, closed.body.active], [200, false]);
      assert.deepEqual(told(await close()), [409, 'participants.place_closed']);
      const seen = await desk.hub.call('GET', `${BASE}/${bin}/places`, { as: 'authority' });
      assert.deepEqual(seen.body.places, [closed.body]);
    });

    it('opens places of a known kind only', async () => {
      const call = { as: 'retailer', body: { ...PLACE, kind: 'kiosk' } } as const;
      const { status, body } = await desk.hub.call('POST', `${BASE}/me/places`, call);
      assert.deepEqual([status, body.errors[0].code, body.errors[0].path], [400, 'request.value_choice', '/kind']);
    });

    it('does not close a place that is another’s', async () => {
      const { body } = await desk.hub.call('POST', `${BASE}/me/places`, { as: 'retailer', body: PLACE });
      const answer = await desk.hub.call('POST', `${BASE}/me/places/${body.placeId}/close`, { as: 'wholesaler' });
      assert.deepEqual(told(answer), [404, 'participants.place_unknown']);
    });

    it('changes its contact', async () => {
      const { bin, key } = await desk.registered();
      const other = { ...CONTACT, email: 'other@example.kz' };
      assert.deepEqual((await desk.hub.call('PUT', `${BASE}/me/contact`, { ...key, body: other })).body, other);
      assert.deepEqual((await desk.hub.call('GET', `${BASE}/${bin}`, key)).body.contact, other);
    });

    it('sees of another who it is, and nothing more', async () => {
      const { bin } = await desk.registered();
      const { status, body } = await desk.hub.call('GET', `${BASE}/${bin}`, { as: 'ofd' });
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(body).sort(), ['active', 'bin', 'name', 'registeredAt', 'role']);
      for (const more of ['places', 'history']) {
        const answer = await desk.hub.call('GET', `${BASE}/${bin}/${more}`, { as: 'ofd' });
        assert.deepEqual(told(answer), [403, 'access.forbidden']);
      }
    });

    it('is seen by nobody without a key', async () => {
      assert.equal((await desk.hub.call('GET', `${BASE}/${desk.hub.binOf('retailer')}`)).status, 401);
    });
  });

  describe('the register', () => {
    it('is read by authorities, a contact being a disclosure that is written down', async () => {
      const { bin } = await desk.registered();
      const { body } = await desk.hub.call('GET', `${BASE}/${bin}`, { as: 'authority' });
      assert.deepEqual(body.contact, CONTACT);
      const { rows } = await desk.store.db.query(
        `select bin, details from audit where action = 'participant.disclosed' and subject = $1`,
        [bin],
      );
      assert.deepEqual(rows, [{ bin: desk.hub.binOf('authority'), details: { ground: 'role', what: 'record' } }]);
    });

    it('is listed page by page', async () => {
      const query = '?role=retailer&active=true&limit=1&name=%D0%A2%D0%9E%D0%9E';
      const first = await desk.hub.call('GET', `${BASE}${query}`, { as: 'operator' });
      assert.equal(first.status, 200, first.text);
      assert.equal(first.body.participants.length, 1);
      const second = await desk.hub.call('GET', `${BASE}${query}&after=${first.body.next}`, { as: 'authority' });
      assert.ok(second.body.participants[0].bin > first.body.participants[0].bin);
    });

    it('is no list for others', async () => {
      assert.deepEqual(told(await desk.hub.call('GET', BASE, { as: 'retailer' })), [403, 'access.forbidden']);
    });

    for (const query of ['name=%00', 'role=king', 'active=perhaps', 'after=1', 'limit=0', 'limit=1001', 'order=name']) {
      it(`is not asked for ?${query}`, async () => {
        assert.deepEqual(told(await desk.hub.call('GET', `${BASE}?${query}`, { as: 'operator' })), [
          400,
          'request.invalid',
        ]);
      });
    }

    it('has no BIN of letters', async () => {
      assert.deepEqual(told(await desk.hub.call('GET', `${BASE}/me`, { as: 'operator' })), [400, 'request.invalid']);
    });

    it('writes no contact and no secret into audit log and history', async () => {
      const { secret } = await desk.registered();
      const { rows } = await desk.store.db.query<{ row: string }>(
        'select audit::text as row from audit union all select participant_event::text from participant_event',
      );
      const words = [...Object.values(CONTACT), secret];
      assert.deepEqual(
        rows.filter(({ row }) => words.some((word) => row.includes(word))),
        [],
      );
    });
  });
});
