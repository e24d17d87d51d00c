import type { Emit, Env, Stop } from './env.ts';
import { privacy } from './privacy.ts';
import { startRecord } from './record.ts';

/**
 * Applies what the server wants captured, and confirms it (SPEC CT2): masks, and the recording of the DOM. The rest (sampling) is asked
 * for where it is needed; pausing is the transport's.
 */
export function startControl(emit: Emit, env: Env): Stop {
  const ownMask = privacy.mask;
  let confirmed = 0;
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
    if (wanted.mask !== mask && isSelector(wanted.mask)) {
      mask = wanted.mask;
      privacy.mask = mask ? `${ownMask},${mask}` : ownMask;
      // It begins anew, with what is masked now.
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
  env.apply = apply;
  apply();
  return () => {
    env.apply = () => {};
    stopRecording();
    privacy.mask = ownMask;
  };
}

function isSelector(text: string): boolean {
  try {
    if (text) document.querySelector(text);
    return true;
  } catch {
    return false;
  }
}
