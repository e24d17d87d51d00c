import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createPacks, fitsAlone } from './packs.ts';

type Sent = {
  readonly what: 'pack' | 'one';
  readonly atMs: number;
  readonly page: string;
  readonly json: readonly string[];
  readonly parts: number;
};

function setUp() {
  const sent: Sent[] = [];
  const packed: boolean[] = [];
  let page = '/one';
  let changed = () => {};
  const packs = createPacks(
    {
      pageNow: () => page,
      safely: (fn) => fn,
      sendPack(pieces, atMs, where) {
        const events: unknown[] = JSON.parse(inflateRawSync(Buffer.concat(pieces)).toString());
        sent.push({ what: 'pack', atMs, page: where, json: events.map((event) => JSON.stringify(event)), parts: pieces.length });
      },
      sendOne: (json, atMs, where) => void sent.push({ what: 'one', atMs, page: where, json: [json], parts: 1 }),
    },
    (isSent) => {
      packed.push(isSent);
      changed();
    },
  );
  return {
    packs,
    sent,
    packed,
    go(to: string) {
      page = to;
    },
    /** Resolves once so many packs were done. */
    async done(count: number): Promise<void> {
      while (packed.length < count)
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
    },
  };
}

/** An event of about so many characters that deflate badly. */
function noise(chars: number): string {
  let seed = 1;
  const letters = Array.from({ length: chars }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return String.fromCharCode(97 + (seed % 26));
  });
  return `"${letters.join('')}"`;
}

describe('packs', () => {
  it('what came together is one pack, with its first event’s time and page', async () => {
    const { packs, sent, go, done } = setUp();
    packs.add('1', 10);
    go('/two');
    packs.add('2', 20);
    packs.pack();
    await done(1);
    expect(sent).toEqual([{ what: 'pack', atMs: 10, page: '/one', json: ['1', '2'], parts: 1 }]);
  });

  it('one at a time: what comes meanwhile is the next, in order', async () => {
    const { packs, sent, done } = setUp();
    packs.add('1', 1);
    packs.pack();
    packs.add('2', 2);
    packs.pack();
    packs.add('3', 3);
    packs.pack();
    await done(2);
    expect(sent.map(({ json }) => json)).toEqual([['1'], ['2', '3']]);
  });

  it('much is packed at once, without being asked', async () => {
    const { packs, sent, done } = setUp();
    packs.add(noise(131_072), 1);
    await done(1);
    expect(sent).toMatchObject([{ what: 'pack', parts: 2 }]);
  });

  it('too much is given up, and told; what comes after is sent', async () => {
    const { packs, sent, packed, done } = setUp();
    packs.add(noise(400_000), 1);
    await done(1);
    packs.add('2', 2);
    packs.pack();
    await done(2);
    expect([packed, sent.map(({ json }) => json)]).toEqual([[false, true], [['2']]]);
  });

  it('handed over, everything goes at once as it is, in order, and once: what was being packed as well', async () => {
    const { packs, sent, packed } = setUp();
    packs.add('1', 1);
    packs.pack();
    packs.add('2', 2);
    packs.handOver(false);
    expect(sent.map(({ what, json }) => [what, ...json])).toEqual([
      ['one', '1'],
      ['one', '2'],
    ]);
    // The pack that was under way is done by then.
    await new Response(new Blob(['1']).stream().pipeThrough(new CompressionStream('deflate-raw'))).arrayBuffer();
    expect([sent.length, packed]).toEqual([2, []]);
  });

  it('handed over while the page may live on, what is too large alone is packed all the same, and what follows waits for it', async () => {
    const { packs, sent, done } = setUp();
    packs.add(noise(60_000), 1);
    packs.add('2', 2);
    packs.handOver(false);
    expect(sent).toEqual([]);
    await done(1);
    expect(sent.map(({ what, json }) => [what, json.length, json[1]])).toEqual([['pack', 2, '2']]);
  });

  it('at the very end it is lost, and the rest is not', () => {
    const { packs, sent } = setUp();
    packs.add(noise(60_000), 1);
    packs.add('2', 2);
    packs.handOver(true);
    expect(sent.map(({ json }) => json)).toEqual([['2']]);
  });

  it('an event fits alone by its bytes, not by its characters', () => {
    expect([fitsAlone('x'.repeat(45_000)), fitsAlone('x'.repeat(45_001))]).toEqual([true, false]);
    expect([fitsAlone('€'.repeat(15_000)), fitsAlone('€'.repeat(15_001))]).toEqual([true, false]);
  });
});
