import { readFile } from 'node:fs/promises';
import Type from 'typebox';
import { Default, Parse } from 'typebox/value';
import { findReceipt } from '../../core/receipts/receipt-look-up.ts';
import type { AdapterContext, AdapterModule, DemoParticipant, OpenAdapter } from '../contract.ts';
import { type Commands, createAnswerer } from './commands/commands.ts';
import { NOTHING_ELSE } from './commands/handled.ts';
import { moneyPlacementCommand } from './commands/money-placement.ts';
import { nomenclatureCommand } from './commands/nomenclature.ts';
import { registerInfoCommand } from './commands/register-info.ts';
import { closeShiftCommand, reportCommand } from './commands/shifts.ts';
import { ticketCommand } from './commands/ticket.ts';
import { createConversation } from './conversation.ts';
import { createCodec } from './protocol/codec.ts';
import { createRegistry, newToken, type Registry } from './registers/registry.ts';
import { createRelayDelivery } from './relay/delivery.ts';
import { ofdRoutes } from './routes.ts';
import { createRegisterServer } from './server.ts';
import { OfdSettings } from './settings.ts';

/** Cash registers by the protocol of the fiscal data operators of Kazakhstan; relays them to other operators. */
export const adapter: AdapterModule = {
  name: 'ofd',
  summary: 'Cash registers over TCP, by the register protocol 2.0.3 of the fiscal data operators.',
  capabilities: ['receives', 'serves', 'delivers'],
  settings: OfdSettings,
  receives: [
    { kind: 'ticket', summary: 'A sale, a purchase or a return at a register, online or offline.' },
    { kind: 'close-shift', summary: 'The end of a shift, with its Z-report.' },
    { kind: 'report', summary: 'A report asked for in a shift.' },
    { kind: 'money-placement', summary: 'Cash put into a register or taken out.' },
    { kind: 'nomenclature', summary: 'The question for goods by their barcode.' },
    { kind: 'info', summary: 'A sign of life and the question for its registration.' },
  ],
  delivers: [
    { kind: 'ofd.ticket', summary: 'A ticket, handed on to another fiscal data operator.' },
    { kind: 'ofd.close-shift', summary: 'The end of a shift, handed on to another fiscal data operator.' },
  ],
  open: async (context) => open(context, Parse(OfdSettings, Default(OfdSettings, context.settings))),
};

function open(context: AdapterContext, settings: OfdSettings): OpenAdapter {
  const { db, clock, log } = context;
  const codec = createCodec();
  const registry = createRegistry({ db, clock });
  const counts = new Map<string, number>();
  const conversation = createConversation({
    db,
    clock,
    log,
    codec,
    wrongTokensPerMinute: settings.wrongTokensPerMinute,
    commands: createAnswerer(commandsOf(context, settings)),
    onAnswer: (_command, result) => counts.set(result, (counts.get(result) ?? 0) + 1),
  });
  const server = createRegisterServer({ settings, log, ...conversation });
  let port: number | null = null;
  return {
    delivery: createRelayDelivery(db, codec),
    routes: ofdRoutes({ registry, findReceipt: (name) => findReceipt(db, name) }),
    demo: (participants) => demoOf(registry, participants, { host: settings.host, port }),
    health: async () => ({
      state: 'good',
      finding: port === null ? 'This process serves no registers.' : `Registers are served on port ${port}.`,
      details: { port, connections: server.connections, ...Object.fromEntries(counts) },
    }),
    start: async () => {
      port = (await server.start()).port;
    },
    stop: () => server.stop(),
  };
}

/** CommandTypeEnum. */
function commandsOf(
  { db, clock, reception, participants, catalogue, deriveKey }: AdapterContext,
  settings: OfdSettings,
) {
  const info = registerInfoCommand(participants);
  const shiftDeps = { db, clock, relay: settings.relay };
  const commands: Commands = new Map([
    [0, info],
    [
      1,
      ticketCommand({
        clock,
        reception,
        settings,
        findReceipt: (name) => findReceipt(db, name),
        fiscalKey: deriveKey('ofd fiscal sign'),
      }),
    ],
    [2, closeShiftCommand(shiftDeps)],
    [3, reportCommand(shiftDeps)],
    [4, nomenclatureCommand(catalogue, () => clock.now())],
    [5, info],
    [6, moneyPlacementCommand],
    // A receipt is fiscal truth: it is taken back by a return, never cancelled.
    [7, async () => ({ ...NOTHING_ELSE, result: 'cannot_cancel_ticket' })],
    // Cashiers sign in at their registers.
    [8, async () => ({ ...NOTHING_ELSE, result: 'unsupported_command' })],
  ]);
  return commands;
}

/** config/demo-registers.json: whose registers there are in the demo, by role. */
const DemoRegisters = Type.Array(
  Type.Object({ deviceId: Type.Integer(), registrationNumber: Type.String(), role: Type.String() }),
);

async function demoOf(
  registry: Registry,
  participants: readonly DemoParticipant[],
  address: { readonly host: string; readonly port: number | null },
): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(new URL('../../../config/demo-registers.json', import.meta.url), 'utf8');
  const ofdBin = participants.find(({ role }) => role === 'ofd')?.bin;
  if (ofdBin === undefined) return { ofd: address, registers: [] };
  const wanted = Parse(DemoRegisters, JSON.parse(text)).flatMap(({ role, ...register }) => {
    const bin = participants.find((participant) => participant.role === role)?.bin;
    return bin === undefined ? [] : [{ ...register, bin, ofdBin, token: newToken() }];
  });
  const tokens = await registry.seed(wanted);
  return {
    ofd: address,
    registers: wanted.map(({ ofdBin: _, ...register }) => ({
      ...register,
      token: tokens.get(register.deviceId) ?? register.token,
    })),
  };
}
