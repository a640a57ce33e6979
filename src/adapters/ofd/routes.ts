import Type from 'typebox';
import { TanbaError } from '../../core/errors.ts';
import { OPERATIONS } from '../../core/receipts/decision-table.ts';
import type { FoundReceipt, ReceiptName } from '../../core/receipts/receipt-look-up.ts';
import { type AnyRoute, type RouteRequest, route } from '../../routes/route.ts';
import type { RegisterView, Registry, Whose } from './registers/registry.ts';
import { instantOfClockText } from './values.ts';

export interface OfdRoutesDeps {
  readonly registry: Registry;
  readonly findReceipt: (name: ReceiptName) => Promise<FoundReceipt | null>;
}

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;
const DEVICE_MAX = 4_294_967_295;
const BODY_BYTES = 4_096;

const REGISTRATION = { pattern: '^[0-9A-Za-z-]{1,40}$', description: 'As the tax authority registered it.' };
const DeviceId = Type.Integer({ minimum: 1, maximum: DEVICE_MAX, description: "Number in the protocol's header." });
const Device = Type.Object({ deviceId: DeviceId });

const Register = Type.Object({
  deviceId: DeviceId,
  registrationNumber: Type.String(),
  bin: Type.String(),
  blocked: Type.Boolean(),
  shiftNumber: Type.Union([Type.Integer(), Type.Null()]),
  requestsMissed: Type.Integer({ description: 'Request numbers that never came.' }),
  registeredAt: Type.String({ format: 'date-time' }),
  seenAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
});
const Token = Type.Object({ deviceId: DeviceId, token: Type.Integer({ description: 'Shown this once.' }) });

export function ofdRoutes(deps: OfdRoutesDeps): AnyRoute[] {
  const { registry } = deps;
  return [
    addRoute(registry),
    listRoute(registry),
    tokenRoute(registry),
    blockRoute(registry, 'block', true),
    blockRoute(registry, 'unblock', false),
    receiptRoute(deps),
  ];
}

type AnyRequest = Pick<RouteRequest<unknown, unknown, unknown>, 'principal' | 'ip'>;

const actorOf = ({ principal, ip }: AnyRequest) => ({
  bin: principal.bin,
  ip,
  changesAll: principal.role === 'operator',
});

function whoseOf({ principal: { bin, role } }: AnyRequest): Whose {
  if (role === 'operator') return {};
  return role === 'ofd' ? { servedBy: bin } : { ownedBy: bin };
}

/** Each fiscal data operator registers those that it serves; everybody else sees their own. */
const keepsRegisters = ({ principal }: AnyRequest): boolean =>
  principal.role === 'ofd' || principal.role === 'operator';

function mustKeepRegisters(request: AnyRequest): void {
  if (!keepsRegisters(request)) throw new TanbaError('access.forbidden');
}

function addRoute(registry: Registry): AnyRoute {
  return route({
    method: 'post',
    path: '/api/v1/cash-registers',
    operationId: 'addCashRegister',
    tag: 'cash registers',
    summary: 'Register a cash register',
    description: 'By a fiscal data operator. The answer holds the token that the first request has to carry.',
    access: 'registers',
    body: Type.Object(
      {
        deviceId: DeviceId,
        registrationNumber: Type.String(REGISTRATION),
        bin: Type.String({ pattern: '^[0-9]{12}$', description: 'Of the taxpayer whose register it is.' }),
      },
      { additionalProperties: false },
    ),
    bodyLimitBytes: BODY_BYTES,
    responses: { 201: { description: 'It may talk to us', schema: Token } },
    handle: async (request) => {
      mustKeepRegisters(request);
      const token = await registry.add(request.body, actorOf(request));
      return { status: 201, body: { deviceId: request.body.deviceId, token } };
    },
  });
}

function listRoute(registry: Registry): AnyRoute {
  return route({
    method: 'get',
    path: '/api/v1/cash-registers',
    operationId: 'listCashRegisters',
    tag: 'cash registers',
    summary: 'Cash registers: those that a fiscal data operator serves, or those that one has',
    access: 'registers',
    query: Type.Object({
      after: Type.Optional(Type.Integer({ minimum: 0, maximum: DEVICE_MAX, description: 'The last deviceId seen.' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX })),
    }),
    responses: {
      200: {
        description: 'A page, by device id',
        schema: Type.Object({ registers: Type.Array(Register), next: Type.Union([Type.Integer(), Type.Null()]) }),
      },
    },
    handle: async (request) => {
      const { after = 0, limit = PAGE_DEFAULT } = request.query;
      const registers = await registry.list({ whose: whoseOf(request), after, limit });
      const last = registers.length === limit ? (registers.at(-1)?.deviceId ?? null) : null;
      return { status: 200, body: { registers: registers.map(viewOf), next: last } };
    },
  });
}

function tokenRoute(registry: Registry): AnyRoute {
  return route({
    method: 'post',
    path: '/api/v1/cash-registers/:deviceId/token',
    operationId: 'renewCashRegisterToken',
    tag: 'cash registers',
    summary: 'Begin the conversation with a register anew',
    description: 'For a register that was repaired or reset. Its old token is worth nothing from now on.',
    access: 'registers',
    params: Device,
    responses: { 200: { description: 'The token of its next request', schema: Token } },
    handle: async (request) => {
      mustKeepRegisters(request);
      const { deviceId } = request.params;
      return { status: 200, body: { deviceId, token: await registry.renewToken(deviceId, actorOf(request)) } };
    },
  });
}

function blockRoute(registry: Registry, verb: 'block' | 'unblock', blocked: boolean): AnyRoute {
  return route({
    method: 'post',
    path: `/api/v1/cash-registers/:deviceId/${verb}`,
    operationId: `${verb}CashRegister`,
    tag: 'cash registers',
    summary: blocked ? 'Block a register: it gets result 15' : 'Let a register talk to us again',
    access: 'registers',
    params: Device,
    responses: { 200: { description: 'The register', schema: Register } },
    handle: async (request) => {
      mustKeepRegisters(request);
      const { deviceId } = request.params;
      await registry.block(deviceId, blocked, actorOf(request));
      const register = await registry.find(deviceId);
      if (register === null) throw new TanbaError('registers.unknown', { details: { deviceId: String(deviceId) } });
      return { status: 200, body: viewOf(register) };
    },
  });
}

function viewOf({ registeredAt, seenAt, ...register }: RegisterView): object {
  return { ...register, registeredAt: registeredAt.toISOString(), seenAt: seenAt?.toISOString() ?? null };
}

/** Where the QR code of a receipt leads. Whoever holds the receipt knows all three of its names. */
function receiptRoute({ findReceipt }: OfdRoutesDeps): AnyRoute {
  return route({
    method: 'get',
    path: '/api/public/receipt',
    operationId: 'lookUpReceipt',
    tag: 'public check',
    summary: 'A receipt by its QR code',
    access: 'public',
    query: Type.Object({
      i: Type.String({ pattern: '^[0-9A-Za-z-]{1,40}$', description: 'Fiscal sign.' }),
      f: Type.String({ pattern: '^[0-9A-Za-z-]{1,40}$', description: 'Registration number of the register.' }),
      s: Type.Optional(
        Type.String({ pattern: '^\\d{1,15}(\\.\\d{1,2})?$', description: 'Sum in tenge; not looked at.' }),
      ),
      t: Type.String({ pattern: '^\\d{8}T\\d{6}$', description: 'Date and time by the clocks of Kazakhstan.' }),
    }),
    responses: {
      200: {
        description: 'The receipt is known here',
        schema: Type.Object({
          fiscalSign: Type.String(),
          registrationNumber: Type.String(),
          at: Type.String({ format: 'date-time' }),
          operation: Type.Enum([...OPERATIONS]),
          markedGoods: Type.Integer({ description: 'Marking codes in it.' }),
        }),
      },
    },
    handle: async ({ query: { i, f, t } }) => {
      const at = instantOfClockText(t);
      const found = at === null ? null : await findReceipt({ registerId: f, fiscalSign: i, at });
      if (at === null || found === null) throw new TanbaError('receipts.not_found');
      const { operation, outcomes } = found;
      const receipt = { fiscalSign: i, registrationNumber: f, at: at.toISOString(), operation };
      return { status: 200, body: { ...receipt, markedGoods: outcomes.length } };
    },
  });
}
