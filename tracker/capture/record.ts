import type { PageContext } from '../../engine/protocol/events.ts';
import type { Recorder, startRecorder } from '../recorder.ts';
import { type Emit, type Env, type Stop, whenIdle } from './env.ts';
import { stripAddress } from './page.ts';
import { privacy } from './privacy.ts';

/** Name of the recorder's file, beside the extra's. Put in by the build. */
declare const DATALAB_RECORDER_FILE: string;

/**
 * Records the page's DOM as `dompack` events. Where the page goes away, what is not packed yet goes as `dom` events; an event of
 * more than 45,000 bytes cannot, and is lost with the page: there is no count of that. Browsers that cannot pack record by `dom`
 * events alone, and only pages whose snapshot is small enough for one.
 * @param begun told once whether the page is recorded, unless it was stopped before
 */
export function startRecord(emit: Emit, env: Env, begun: (isRecording: boolean) => void): Stop {
  let recorder: Recorder | null = null;
  let isStopped = false;
  let cancel: Stop = () => {};

  const begin = (chunk: { readonly startRecorder: typeof startRecorder }) => {
    if (isStopped) return;
    // Taking the whole page is one long step.
    cancel = whenIdle(env, () => {
      recorder = chunk.startRecorder<PageContext>({
        mask: privacy.mask,
        block: privacy.block,
        strip: stripAddress,
        pageNow: env.page,
        safely: env.guard,
        idle: (fn) => whenIdle(env, fn),
        failed: env.guard((error) => {
          throw error;
        }),
        begun(isRecording) {
          if (!isStopped) begun(isRecording);
        },
        sendPack(pieces, atMs, page) {
          const parts = pieces.length;
          for (const [part, deflated] of pieces.entries()) emit({ kind: 'dompack', atMs, part, parts, deflated }, page);
        },
        sendOne: (json, atMs, page) => emit({ kind: 'dom', atMs, json }, page),
      });
    });
  };
  const settle = () => recorder?.settle(document.visibilityState === 'hidden');
  // Blocked, or gone with an update of the server: the page is not recorded then.
  const failed = () => {
    if (!isStopped) begun(false);
  };
  import(/* @vite-ignore */ String(new URL(DATALAB_RECORDER_FILE, import.meta.url))).then(env.guard(begin), env.guard(failed));
  env.settlers.add(settle);
  return () => {
    isStopped = true;
    cancel();
    recorder?.end();
    env.settlers.delete(settle);
  };
}
