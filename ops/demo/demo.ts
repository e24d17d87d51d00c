/** `npm run demo`: everything on this machine, alive at once. */
import { runUntilSignal, settingsFromEnvironment } from '../../gateway/main.ts';
import { DEMO_APP, startDemo } from './start-demo.ts';

const VISITORS_NOW = 24;
const VISITS_PAST = 60;
const PAST_MS = 3_600_000;

await runUntilSignal(async () => {
  const demo = await startDemo(settingsFromEnvironment());
  const { node, site, crowd } = demo;
  console.log(`datalab is running with its demo.

  demo website  ${site.url}/      move your mouse here …
  UI            ${await node.enterUrl('Demo', 'demo@datalab.example')}
                … and watch yourself here: this address signs you in, once. Later: ${node.url}/live?app=${DEMO_APP}
  health        ${node.url}/healthz

${VISITORS_NOW} simulated visitors come and go, through the same protocol as yours. End it with Ctrl-C.
`);
  crowd.keep(VISITORS_NOW);
  const progress = process.stdout.isTTY
    ? (done: number) => process.stdout.write(`\r${bar(done / VISITS_PAST)} visits of the last hour`)
    : undefined;
  void crowd.past(VISITS_PAST, PAST_MS, progress).then((told) => {
    if (told === VISITS_PAST) console.log(progress ? '' : `${VISITS_PAST} visits of the last hour are in.`);
  });
  return demo;
});

function bar(share: number): string {
  const full = Math.round(share * 24);
  return `${'█'.repeat(full)}${'░'.repeat(24 - full)} ${String(Math.round(share * 100)).padStart(3)} %`;
}
