/** `npm run size`: builds the tracker as it is now, prints what it weighs, and fails above a limit. */
import { buildTracker } from './tracker.ts';
import { tableOf, weigh } from './weight.ts';

const weights = weigh(await buildTracker());
console.log(tableOf(weights));
if (weights.some(({ brotliBytes, maxBytes }) => brotliBytes > maxBytes)) process.exitCode = 1;
