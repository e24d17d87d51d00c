/** A question as a component asks it: the answer it has, whether a newer one is on its way, and what went wrong. */
import { useComputed } from '@preact/signals';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Refusal } from '../../engine/protocol/hello.ts';
import type { Answer } from './api.ts';
import { useWorkspace } from './workspace.ts';

export type Question<T> = {
  /** The latest answer. It stays while a newer one is asked for. */
  readonly data: T | undefined;
  readonly refusal: Refusal | undefined;
  /** Asking, and nothing to show yet. */
  readonly isFirst: boolean;
  /** Asks again; while an answer is on its way, once more after it. */
  readonly again: () => void;
};

type Held<T> = { readonly key: string; readonly data: T | undefined; readonly refusal: Refusal | undefined };

/**
 * Asks whenever `key` changes, whenever `again` is called, and once a lost connection is back: what was stored meanwhile
 * was told to nobody.
 * @param key everything that the question depends on; `null` asks nothing
 * @param options.keep an answer to an older key stays until the new one comes (lists); else it goes at once (one thing)
 */
export function useQuestion<T>(
  key: string | null,
  ask: (signal: AbortSignal) => Promise<Answer<T>>,
  options: { readonly keep?: boolean } = {},
): Question<T> {
  const [held, setHeld] = useState<Held<T>>({ key: '', data: undefined, refusal: undefined });
  const latestAsk = useRef(ask);
  latestAsk.current = ask;
  const askAgain = useRef(() => {});

  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    let isAsking = false;
    let isDue = false;
    const run = async () => {
      // Notices may come faster than answers: aborting for each would never show one.
      if (isAsking) {
        isDue = true;
        return;
      }
      isAsking = true;
      isDue = false;
      const answer = await latestAsk.current(abort.signal);
      isAsking = false;
      if (abort.signal.aborted) return;
      setHeld((before) =>
        answer.ok
          ? { key, data: answer.value, refusal: undefined }
          : { key, data: before.key === key ? before.data : undefined, refusal: answer.reason },
      );
      if (isDue) void run();
    };
    askAgain.current = () => void run();
    void run();
    return () => abort.abort();
  }, [key]);

  const { live } = useWorkspace();
  // Computed: the connection's time moves with every message, its status hardly ever.
  const status = useComputed(() => live.connection.value.status).value;
  const wasLost = useRef(false);
  useEffect(() => {
    if (status === 'open' && wasLost.current) askAgain.current();
    wasLost.current = status === 'lost';
  }, [status]);

  const again = useCallback(() => askAgain.current(), []);
  const isCurrent = held.key === key;
  const data = isCurrent || options.keep === true ? held.data : undefined;
  const refusal = isCurrent ? held.refusal : undefined;
  return { data, refusal, isFirst: key !== null && data === undefined && refusal === undefined, again };
}
