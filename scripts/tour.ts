import { findDemo, NotReady } from './tour/demo.ts';
import { createHub, WrongAnswer } from './tour/hub.ts';
import { tellStory } from './tour/story.ts';
import { createTeller } from './tour/teller.ts';

// npm run tour [-- --fast]: the main job from order to sale, told with real requests against the running demo hub.

const PAUSE_MS = 1_200;
const WIDEST = 120;
const NARROWEST = 60;

async function tour(): Promise<void> {
  const demo = await findDemo(process.env);
  const onTerminal = process.stdout.isTTY === true;
  const teller = createTeller({
    write: (text) => process.stdout.write(text),
    colour: onTerminal && !process.env['NO_COLOR'],
    width: Math.max(NARROWEST, Math.min(WIDEST, onTerminal ? process.stdout.columns : WIDEST)),
    pauseMs: onTerminal && !process.argv.includes('--fast') ? PAUSE_MS : 0,
  });
  const hub = createHub(demo.baseUrl, teller);
  teller.title(`Tanba, from an order to a sale, at ${demo.baseUrl}`);
  await tellStory({ demo, hub, teller, now: () => new Date() });
  teller.say(`${hub.requests} requests, each answered as the story says.`);
  teller.say(`Try them yourself: ${demo.baseUrl}/api/docs`);
}

try {
  await tour();
} catch (error) {
  if (error instanceof NotReady) console.error(error.message);
  else if (error instanceof WrongAnswer) console.error(`\nThe answer is not what the story says.\n${error.message}`);
  else console.error(error);
  process.exitCode = 1;
}
