import { useEffect, useRef, useState } from 'preact/hooks';
import { createDomReader, hasDom, type RecordedDom, type Span, spansOf } from './dom-packs.ts';
import type { Recording } from './recording.ts';

export type ShownDom = RecordedDom & { /** When it can be shown. */ readonly spans: readonly Span[] };

/** The session's recorded DOM. @returns undefined while it is being read, and for sessions that have none */
export function useRecordedDom(recording: Recording, isLive: boolean): ShownDom | undefined {
  const reader = useRef(createDomReader());
  const [dom, setDom] = useState<ShownDom>();
  useEffect(() => {
    if (!hasDom(recording.moments)) return;
    let isCurrent = true;
    reader.current(recording.moments, isLive).then((read) => {
      if (isCurrent) setDom({ ...read, spans: spansOf(read.events, recording.moments, recording.endMs) });
    });
    return () => {
      isCurrent = false;
    };
  }, [recording, isLive]);
  return dom;
}

/** Whether the recorded page can be shown at a time. */
export const isWithin = (spans: readonly Span[], atMs: number): boolean => spans.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
