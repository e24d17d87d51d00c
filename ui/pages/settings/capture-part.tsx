/** How an app's sessions are captured: the form, whether its trackers do so by now, and every version there was. */
import { DEFAULT_APP_CONFIG } from '../../../engine/protocol/administration.ts';
import { RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { useQuestion } from '../../state/question.ts';
import { askConfig } from '../../state/settings-api.ts';
import { useApp } from '../../state/workspace.ts';
import { CaptureForm } from './capture-form.tsx';
import { CaptureHistory } from './capture-history.tsx';
import type { ConfigVersion } from './config-words.ts';
import { Confirmed } from './confirmed.tsx';
import { Part } from './part.tsx';

/** Before anybody changed it. */
const FIRST: ConfigVersion = { version: 0, atMs: 0, by: '', note: '', config: DEFAULT_APP_CONFIG };

export function CapturePart() {
  const app = useApp();
  const { data, refusal, isFirst, again } = useQuestion(`config ${app.key}`, (signal) => askConfig(app.key, signal));
  if (isFirst) return <Skeleton lines={10} />;
  if (!data) return refusal ? <RefusalMessage refusal={refusal} again={again} /> : null;
  const versions = data.versions.length === 0 ? [FIRST] : data.versions;
  const latest = versions[0] ?? FIRST;
  return (
    <>
      <Part title="In effect" about="Trackers that are connected take a change at once and confirm it; others with their next page.">
        <Confirmed version={latest.version} />
      </Part>
      <CaptureForm latest={latest} again={again} />
      <CaptureHistory versions={versions} latest={latest} again={again} />
    </>
  );
}
