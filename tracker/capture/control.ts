import type { Emit, Env, Stop } from './env.ts';
import { privacy } from './privacy.ts';
import { startRecord } from './record.ts';

/**
 * Applies what the server wants captured, and confirms it (SPEC CT2): what is hidden, and the recording of the DOM. The rest is asked for
 * where it is needed; pausing is the transport's.
 */
export function startControl(emit: Emit, env: Env): Stop {
  const own = { ...privacy };
  let confirmed = 0;
  let applied = '';
  let mask = '';
  /** Null while that is not known yet. */
  let isRecording: boolean | null = false;
  let stopRecord: Stop | null = null;

  const confirm = () => {
    const { revision, moveSampleMs, paused } = env.config();
    if (isRecording === null || revision === confirmed) return;
    confirmed = revision;
    emit({ kind: 'configured', atMs: Date.now(), revision, moveSampleMs, recording: Number(isRecording), paused: Number(paused), mask });
  };
  const stopRecording = () => {
    stopRecord?.();
    stopRecord = null;
    isRecording = false;
  };
  const apply = () => {
    const wanted = env.config();
    const { block } = wanted;
    const asked = [wanted.mask, block].join();
    if (asked !== applied) {
      applied = asked;
      if (isSelector(wanted.mask)) mask = wanted.mask;
      privacy.mask = joined(own.mask, mask);
      if (isSelector(block)) privacy.block = joined(own.block, block);
      // It begins anew, with what is hidden now.
      stopRecording();
    }
    if (!wanted.recording || wanted.paused) stopRecording();
    else if (!stopRecord) {
      isRecording = null;
      stopRecord = startRecord(emit, env, (hasBegun) => {
        isRecording = hasBegun;
        confirm();
      });
    }
    confirm();
  };
  env.reconfigure = apply;
  apply();
  return () => {
    env.reconfigure = () => {};
    stopRecording();
    Object.assign(privacy, own);
  };
}

const joined = (own: string, more: string) => (more ? `${own},${more}` : own);

function isSelector(text: string): boolean {
  try {
    if (text) document.querySelector(text);
    return true;
  } catch {
    return false;
  }
}
