import assert from 'node:assert/strict';
import { isOverdue } from '../../src/core/participants/applications.ts';
import {
  ADDRESS,
  APPLICANT_IP,
  CONTACT,
  isCode,
  OPERATOR,
  OTHER_OPERATOR,
  openRegister,
  type Register,
} from './desk.ts';
import { numbered } from './numbers.ts';

const UNKNOWN_ID = '01993f2e-0000-7000-8000-000000000000';

describe('an application', () => {
  let register: Register;

  before(async () => {
    register = await openRegister();
  });
  after(() => register.close());

  async function applied(changes: Parameters<Register['request']>[0] = {}) {
    const request = register.request(changes);
    const { applicationId, secret, ...made } = await register.applications.apply(request, APPLICANT_IP);
    return { request, applicationId, applicant: { secret, ip: APPLICANT_IP }, made };
  }

  async function approved(changes: Parameters<Register['request']>[0] = {}) {
    const application = await applied(changes);
    await register.applications.approve(OPERATOR, application.applicationId);
    return application;
  }

  const stored = async (applicationId: string) => {
    const text = 'select contact, secret_hash::text as hash from participant_application where application_id = $1';
    return (await register.db.query<{ contact: object | null; hash: string }>(text, [applicationId])).rows[0];
  };

  describe('that is made', () => {
    it('waits, and is answered within 24 hours', async () => {
      const { made } = await applied();
      const tomorrow = new Date(register.clock.now().getTime() + 24 * 3_600_000);
      assert.deepEqual(made, { status: 'waiting', answerDueAt: tomorrow });
    });

    it('has a secret of 256 bits, of which only the digest is kept', async () => {
      const { applicationId, applicant } = await applied();
      assert.match(applicant.secret, /^[A-Za-z0-9_-]{43}$/);
      assert.ok(!(await stored(applicationId))?.hash.includes(applicant.secret));
    });

    it('is found by its secret', async () => {
      const { request, applicationId, applicant } = await applied();
      const { bin, name, role, status, legalAddress } = await register.applications.find(applicant, applicationId);
      assert.deepEqual(
        { bin, name, role, status, legalAddress },
        {
          bin: request.bin,
          name: request.name,
          role: request.role,
          status: 'waiting',
          legalAddress: ADDRESS.legalAddress,
        },
      );
    });

    it('is not there for a secret that is wrong in one character, or missing', async () => {
      const { applicationId, applicant } = await applied();
      const { secret } = applicant;
      const wrong = `${secret.startsWith('A') ? 'B' : 'A'}${secret.slice(1)}`;
      for (const tried of [wrong, '', undefined]) {
        const looking = register.applications.find({ secret: tried, ip: APPLICANT_IP }, applicationId);
        await assert.rejects(looking, isCode('participants.application_unknown'));
      }
    });

    it('is not there under an id that nobody was given', async () => {
      const { applicant } = await applied();
      const looking = register.applications.find(applicant, UNKNOWN_ID);
      await assert.rejects(looking, isCode('participants.application_unknown'));
    });

    it('may name a sole trader by IIN', async () => {
      const { made } = await applied({ bin: numbered('90013130001') });
      assert.equal(made.status, 'waiting');
    });

    it('leaves a line in the audit log, without the contact', async () => {
      const { request, applicationId } = await applied();
      assert.deepEqual(await register.audited(applicationId), [
        {
          action: 'participant_application.made',
          bin: null,
          details: { of: request.bin, role: 'retailer' },
        },
      ]);
    });
  });

  describe('is refused at once', () => {
    const refused = (request: ReturnType<Register['request']>, code: string) =>
      assert.rejects(register.applications.apply(request, APPLICANT_IP), isCode(code));

    it('with a wrong check digit', async () => {
      const bin = register.newBin();
      const wrong = bin.slice(0, 11) + ((Number(bin[11]) + 1) % 10);
      await refused(register.request({ bin: wrong }), 'participants.bin_invalid');
    });

    it('with a number that nobody can have, the check digit being right', async () => {
      await refused(register.request({ bin: numbered('22130000001') }), 'participants.number_impossible');
    });

    it('with an empty name', async () => {
      await refused(register.request({ name: ' ' }), 'participants.name_invalid');
    });

    it('of a participant that is registered', async () => {
      await refused(register.request({ bin: await register.registered() }), 'participants.bin_registered');
    });

    it('of a participant that is suspended: it is reinstated, or not', async () => {
      const bin = await register.registered();
      await register.supervision.suspend(OPERATOR, bin, 'Not there');
      await refused(register.request({ bin }), 'participants.suspended');
    });

    it('while another of the same BIN waits', async () => {
      const { request } = await applied();
      await refused(request, 'participants.application_waiting');
    });

    it('when two of one BIN come at the same time: one waits', async () => {
      const request = register.request();
      const made = await Promise.allSettled([1, 2, 3].map(() => register.applications.apply(request, APPLICANT_IP)));
      const codes = made.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
      assert.deepEqual(codes, ['participants.application_waiting', 'participants.application_waiting']);
    });
  });

  it('of a participant that a recovery found lost makes it whole', async () => {
    const bin = register.newBin();
    await register.db.query(
      `insert into participant (bin, name, role, active, registered_at) values ($1, $1, 'manufacturer', false, now())`,
      [bin],
    );
    await approved({ bin });
    const participant = await register.participants.find(bin);
    assert.deepEqual(participant, { bin, name: 'ТОО «Жаңа»', role: 'retailer', active: true });
  });

  describe('that is approved', () => {
    it('makes a participant with address and contact', async () => {
      const { request } = await approved();
      const asker = { ...OPERATOR, role: 'operator', seesEverything: true } as const;
      const { entry, record } = await register.lookUp.find(asker, request.bin);
      assert.deepEqual([entry.name, entry.role, entry.active], [request.name, request.role, true]);
      assert.deepEqual(record, { address: ADDRESS, contact: CONTACT });
    });

    it('begins its history with the operator', async () => {
      const { request } = await approved();
      assert.deepEqual(await register.events(request.bin), [{ event: 'registered', actor: OPERATOR.bin }]);
    });

    it('keeps no contact of its own', async () => {
      const { applicationId } = await approved();
      assert.equal((await stored(applicationId))?.contact, null);
    });

    it('is approved by one of two operators: the other is told', async () => {
      const { request, applicationId } = await applied();
      const decided = await Promise.allSettled([
        register.applications.approve(OPERATOR, applicationId),
        register.applications.approve(OTHER_OPERATOR, applicationId),
      ]);
      const codes = decided.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
      assert.deepEqual(codes, ['participants.application_decided']);
      assert.equal((await register.events(request.bin)).length, 1);
    });

    it('or refused, when two operators differ: one of both', async () => {
      const { request, applicationId } = await applied();
      const decided = await Promise.allSettled([
        register.applications.refuse(OPERATOR, applicationId, 'Unknown there'),
        register.applications.approve(OTHER_OPERATOR, applicationId),
      ]);
      const [refused, approved] = decided.map(({ status }) => status === 'fulfilled');
      assert.notEqual(refused, approved);
      assert.equal((await register.participants.find(request.bin)) !== null, approved);
    });

    it('can be withdrawn no more', async () => {
      const { applicationId, applicant } = await approved();
      const withdrawing = register.applications.withdraw(applicant, applicationId);
      await assert.rejects(withdrawing, isCode('participants.application_decided'));
    });

    it('is not approved when a command has registered the BIN meanwhile', async () => {
      const { request, applicationId, applicant } = await applied();
      await register.participants.register({ bin: request.bin, name: 'ТОО', role: 'importer' });
      const approving = register.applications.approve(OPERATOR, applicationId);
      await assert.rejects(approving, isCode('participants.bin_registered'));
      assert.equal((await register.applications.find(applicant, applicationId)).status, 'waiting');
    });
  });

  describe('that is refused', () => {
    it('tells its applicant why', async () => {
      const { applicationId, applicant } = await applied();
      await register.applications.refuse(OPERATOR, applicationId, 'The name is another one');
      const { status, reason, decidedAt } = await register.applications.find(applicant, applicationId);
      assert.deepEqual([status, reason, decidedAt], ['refused', 'The name is another one', register.clock.now()]);
    });

    it('makes room for another', async () => {
      const { request, applicationId } = await applied();
      await register.applications.refuse(OPERATOR, applicationId, 'The name is another one');
      assert.equal((await register.applications.apply(request, APPLICANT_IP)).status, 'waiting');
    });
  });

  describe('that is withdrawn', () => {
    it('can be approved no more, and its contact is gone', async () => {
      const { applicationId, applicant } = await applied();
      await register.applications.withdraw(applicant, applicationId);
      const approving = register.applications.approve(OPERATOR, applicationId);
      await assert.rejects(approving, isCode('participants.application_decided'));
      assert.equal((await stored(applicationId))?.contact, null);
    });

    it('is withdrawn by whoever knows its secret only', async () => {
      const { applicationId, applicant } = await applied();
      const withdrawing = register.applications.withdraw({ secret: 'guessed', ip: APPLICANT_IP }, applicationId);
      await assert.rejects(withdrawing, isCode('participants.application_unknown'));
      assert.equal((await register.applications.find(applicant, applicationId)).status, 'waiting');
    });
  });

  describe('gives a first key', () => {
    const firstKey = ({ applicationId, applicant }: Awaited<ReturnType<typeof applied>>) =>
      register.applications.firstKey(applicant, applicationId);

    it('that opens the hub for the participant', async () => {
      const application = await approved();
      const key = await firstKey(application);
      const { bin, name, role } = application.request;
      assert.deepEqual(await register.apiKeys.authenticate(key), { bin, name, role });
    });

    it('once, also when it is asked for twice at the same time', async () => {
      const application = await approved();
      const given = await Promise.allSettled([firstKey(application), firstKey(application)]);
      const codes = given.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
      assert.deepEqual(codes, ['participants.key_taken']);
    });

    it('not while it waits, nor after a refusal', async () => {
      const application = await applied();
      await assert.rejects(firstKey(application), isCode('participants.application_not_approved'));
      await register.applications.refuse(OPERATOR, application.applicationId, 'Unknown there');
      await assert.rejects(firstKey(application), isCode('participants.application_not_approved'));
    });

    it('not to whoever is suspended, but after the reinstatement', async () => {
      const application = await approved();
      const { bin } = application.request;
      await register.supervision.suspend(OPERATOR, bin, 'Not there');
      await assert.rejects(firstKey(application), isCode('participants.suspended'));
      await register.supervision.reinstate(OPERATOR, bin, 'There again');
      assert.match(await firstKey(application), /^tanba_/);
    });

    it('to whoever knows the secret only', async () => {
      const { applicationId } = await approved();
      const asking = register.applications.firstKey({ secret: 'guessed', ip: APPLICANT_IP }, applicationId);
      await assert.rejects(asking, isCode('participants.application_unknown'));
    });
  });

  it('is overdue a moment after its 24 hours, and not before', async () => {
    const { applicationId, applicant, made } = await applied();
    const application = await register.applications.find(applicant, applicationId);
    const due = made.answerDueAt.getTime();
    assert.deepEqual(
      [0, 1].map((ms) => isOverdue(application, new Date(due + ms))),
      [false, true],
    );
    assert.ok(!isOverdue({ ...application, status: 'refused' }, new Date(due + 1)));
  });
});

describe('the list of applications', () => {
  let register: Register;

  before(async () => {
    register = await openRegister();
  });
  after(() => register.close());

  it('goes on behind the last one, by status, with contacts, and leaves its trace', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      register.clock.advance({ seconds: 1 });
      ids.push((await register.applications.apply(register.request(), APPLICANT_IP)).applicationId);
    }
    const [first = '', second = '', third = ''] = ids;
    await register.applications.refuse(OPERATOR, second, 'Unknown there');
    const idsOf = async (status: 'waiting' | null, after: string | null) => {
      const page = await register.applications.page(OPERATOR, { status, after, limit: 2 });
      return page.map(({ applicationId }) => applicationId);
    };
    assert.deepEqual(await idsOf(null, null), [first, second]);
    assert.deepEqual(await idsOf(null, second), [third]);
    assert.deepEqual(await idsOf('waiting', null), [first, third]);
    const [shown] = await register.applications.page(OPERATOR, { status: null, after: null, limit: 1 });
    assert.deepEqual(shown?.contact, CONTACT);
    const { rows } = await register.db.query(
      `select bin, details from audit where action = 'participant_applications.read' order by audit_id desc limit 1`,
    );
    assert.deepEqual(rows, [{ bin: OPERATOR.bin, details: { ground: 'role', status: null, after: null } }]);
  });
});

describe('the limit on applications', () => {
  it('holds for one source, also for those refused, and for nobody else', async () => {
    const register = await openRegister({ applicationsPerHour: 2 });
    try {
      await assert.rejects(register.applications.apply(register.request({ bin: '1' }), APPLICANT_IP));
      await register.applications.apply(register.request(), APPLICANT_IP);
      await assert.rejects(
        register.applications.apply(register.request(), APPLICANT_IP),
        isCode('participants.too_many_applications'),
      );
      assert.equal((await register.applications.apply(register.request(), '192.0.2.10')).status, 'waiting');
    } finally {
      await register.close();
    }
  });
});
