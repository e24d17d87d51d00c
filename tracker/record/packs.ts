/** A pack is made at about this much JSON, */
const PACK_CHARS = 131_072;
/** and at the latest after this. */
const PACK_MS = 2_000;
/** A part of a pack, or an event by itself, fits into a frame with room for what is around it. */
const PART_MAX_BYTES = 45_000;
/** Larger packs are given up: what waits for a server is bounded, and they would push out everything else. */
const PACK_MAX_PARTS = 4;

/** Who sends. `page` is whatever `pageNow` gave when the first of it came. */
export type PacksHost<Page> = {
  readonly pageNow: () => Page;
  /** Wraps what the browser calls: nothing is thrown into the page. */
  readonly safely: <A extends readonly unknown[]>(fn: (...args: A) => void) => (...args: A) => void;
  /** Parts of one pack, in order. */
  readonly sendPack: (pieces: readonly Uint8Array[], atMs: number, page: Page) => void;
  readonly sendOne: (json: string, atMs: number, page: Page) => void;
};

type Item = { readonly json: string; readonly atMs: number };
/** Items that began on one page. */
type Batch<Page> = { readonly page: Page; readonly items: Item[] };

export type Packs = {
  /** @param json of one event of rrweb's @param atMs its time */ add(json: string, atMs: number): void;
  /** Packs what waits, once the pack before is done. */ pack(): void;
  /**
   * There may be no later, and packing takes a moment: what waits is sent as it is. What is too large for that is packed all the same
   * if the page lives on, and what came after it waits for it; at the very end it is lost.
   */
  handOver(isLast: boolean): void;
  /** Forgets what waits. */ drop(): void;
};

/** Whether this browser can pack. */
export function canPack(): boolean {
  try {
    return new CompressionStream('deflate-raw') instanceof CompressionStream;
  } catch {
    // Chromium before 103, Firefox before 113, Safari before 16.4.
    return false;
  }
}

/**
 * Collects recorded events and sends them deflated, one pack after the other.
 * @param packed told after each pack whether it was sent
 */
export function createPacks<Page>(host: PacksHost<Page>, packed: (isSent: boolean) => void): Packs {
  let waiting: Batch<Page> | null = null;
  let chars = 0;
  /** Being deflated. */
  let flying: Batch<Page> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const takeWaiting = () => {
    const batch = waiting;
    waiting = null;
    chars = 0;
    clearTimeout(timer);
    timer = undefined;
    return batch;
  };
  const done = (batch: Batch<Page>, deflated: Uint8Array | null) => {
    // It was handed over meanwhile.
    if (flying !== batch) return;
    flying = null;
    const pieces: Uint8Array[] = [];
    for (let at = 0; deflated && at < deflated.length; at += PART_MAX_BYTES) pieces.push(deflated.slice(at, at + PART_MAX_BYTES));
    const isSent = pieces.length > 0 && pieces.length <= PACK_MAX_PARTS;
    if (isSent) host.sendPack(pieces, batch.items[0]?.atMs ?? 0, batch.page);
    packed(isSent);
    // It waited for this one.
    if (waiting && (timer === undefined || chars >= PACK_CHARS)) pack();
  };
  const pack = () => {
    clearTimeout(timer);
    timer = undefined;
    if (flying || !waiting) return;
    const batch = takeWaiting() as Batch<Page>;
    flying = batch;
    deflate(`[${batch.items.map(({ json }) => json)}]`).then(
      host.safely((deflated: Uint8Array) => done(batch, deflated)),
      host.safely(() => done(batch, null)),
    );
  };
  return {
    add(json, atMs) {
      if (!waiting) timer = setTimeout(host.safely(pack), PACK_MS);
      waiting ??= { page: host.pageNow(), items: [] };
      waiting.items.push({ json, atMs });
      chars += json.length;
      if (chars >= PACK_CHARS) pack();
    },
    pack,
    handOver(isLast) {
      const batches = [flying, waiting].filter((batch) => batch !== null);
      const isWhole = batches.every(({ items }) => items.every(({ json }) => fitsAlone(json)));
      if (!isLast && !isWhole) return pack();
      flying = null;
      takeWaiting();
      for (const { page, items } of batches) for (const { json, atMs } of items) if (fitsAlone(json)) host.sendOne(json, atMs, page);
    },
    drop() {
      flying = null;
      takeWaiting();
    },
  };
}

/** Whether an event can go unpacked. */
export function fitsAlone(json: string): boolean {
  // A character takes at most three bytes.
  return json.length * 3 <= PART_MAX_BYTES || (json.length <= PART_MAX_BYTES && new TextEncoder().encode(json).length <= PART_MAX_BYTES);
}

/** Some browsers deflate on the page's own thread: they are given no more than this at once. */
const STEP_BYTES = 65_536;

async function deflate(text: string): Promise<Uint8Array> {
  const { readable, writable } = new CompressionStream('deflate-raw');
  const write = async () => {
    const bytes = new TextEncoder().encode(text);
    const writer = writable.getWriter();
    for (let at = 0; at < bytes.length; at += STEP_BYTES) await writer.write(bytes.subarray(at, at + STEP_BYTES));
    await writer.close();
  };
  const [deflated] = await Promise.all([new Response(readable).arrayBuffer(), write()]);
  return new Uint8Array(deflated);
}
