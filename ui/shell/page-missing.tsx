/** Stands where a page’s script could not be loaded: the gateway is away, or a newer version replaced it. */
import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Refusal } from '../../engine/protocol/hello.ts';
import { RefusalMessage } from '../parts/states-of-view.tsx';
import { useWorkspace } from '../state/workspace.ts';

const PAGE_MISSING: Refusal = {
  code: 'page-missing',
  message: 'This page could not be loaded.',
  retry: true,
  remedy: 'The gateway did not answer, or a newer version was installed. Trying again keeps everything as you chose it.',
};

export function PageMissing() {
  const { live } = useWorkspace();
  const wasLost = useRef(false);
  useSignalEffect(() => {
    const { status } = live.connection.value;
    // Only after a loss: where the connection stands, loading again by itself could go on for ever.
    if (status === 'lost') wasLost.current = true;
    else if (status === 'open' && wasLost.current) location.reload();
  });
  // A browser keeps a script that failed as failed: only a reload asks again. The address is the state, so nothing is lost.
  return <RefusalMessage refusal={PAGE_MISSING} again={() => location.reload()} />;
}
