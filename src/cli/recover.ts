import type { Config } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { openIssueJournal } from '../core/codes/issue-journal.ts';
import { openKeyRing } from '../core/codes/key-ring.ts';
import { readMasterKey } from '../core/codes/master-key.ts';
import { type Recovery, recover } from '../core/codes/recover.ts';
import { raiseEpoch } from '../exchange/epoch.ts';
import { withStore } from './store.ts';

const USAGE = `tanba recover                  replays the issue journal, after a restore, and lets codes be issued again
tanba recover --journal-lost   the same with a journal that is not the one known: codes issued since are forgotten
`;
const LINES_SHOWN = 20;

export async function recoverCommand(config: Config, args: readonly string[]): Promise<void> {
  const journalLost = args[0] === '--journal-lost';
  if (args.length > (journalLost ? 1 : 0)) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const masterKey = await readMasterKey(config);
  const recovery = await withStore(config, async (db) => {
    const keyRing = await openKeyRing({ db, clock: systemClock, keyFile: config.keyFile, masterKey });
    const journal = await openIssueJournal({ folder: config.issueJournal, clock: systemClock });
    try {
      const recovery = await recover({ db, clock: systemClock, journal, keyRing, journalLost });
      // Last: carriers from before the restore speak of another life of these deliveries.
      return { ...recovery, epoch: await raiseEpoch(db) };
    } finally {
      await journal.close();
    }
  });
  for (const line of report(recovery)) process.stdout.write(`${line}\n`);
}

function report({ entries, inserted, foreign, lines, epoch }: Recovery & { readonly epoch: number }): string[] {
  const shown = lines.slice(0, LINES_SHOWN);
  const text = shown.map((line) => `  order ${line.orderId}, GTIN ${line.gtin}: ${line.inserted} codes were missing`);
  if (lines.length > shown.length) text.push('  and others');
  text.unshift(`${entries} journal entries replayed, ${inserted} codes restored.`);
  if (foreign > 0) text.push(`${foreign} codes stand in the store for another order: see the alerts.`);
  text.push(`The exchange begins epoch ${epoch}: what RabbitMQ and BullMQ still carry from before is not believed.`);
  text.push('Codes may be issued again; a running hub notices within 10 s.');
  return text;
}
