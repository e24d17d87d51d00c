/** Every version of an app's configuration: who made it, when, why, what it changed; and the way back to it. */
import { DEFAULT_APP_CONFIG } from '../../../engine/protocol/administration.ts';
import { formatDay } from '../../look/format.ts';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { rollBackConfig } from '../../state/settings-api.ts';
import { useApp, useMay } from '../../state/workspace.ts';
import { type ConfigVersion, configChanges } from './config-words.ts';
import { Part } from './part.tsx';
import { OrderNote, useOrder } from './use-order.tsx';

type Props = { readonly versions: readonly ConfigVersion[]; readonly latest: ConfigVersion; readonly again: () => void };

export function CaptureHistory({ versions, latest, again }: Props) {
  const app = useApp();
  const may = useMay();
  const order = useOrder();
  const rollBack = (to: number) =>
    order.give(
      async () => {
        const answer = await rollBackConfig(app.key, latest.version, to);
        if (!answer.ok) again();
        return answer;
      },
      `Rolled back: the settings are those of version ${to}.`,
      again,
    );
  return (
    <Part title="History">
      <OrderNote order={order} />
      <ol class="rows history" aria-label="Versions, the latest first">
        {versions.map((version, place) => (
          <li key={version.version}>
            <div class="what">
              <strong>Version {version.version}</strong>
              <span class="quiet">
                {version.by === '' ? 'as it was before anybody changed it' : `${formatDay(version.atMs)} · ${version.by}`}
              </span>
              {version.note !== '' && <p>{version.note}</p>}
              <Changes version={version} before={versions[place + 1]} />
            </div>
            {version.version === latest.version ? (
              <span class="badge is-good">in effect</span>
            ) : (
              may('settings.change') && (
                <ConfirmButton
                  deed={`Roll back to version ${version.version}`}
                  act={() => rollBack(version.version)}
                  isDisabled={order.isBusy}
                  isHarmless
                >
                  <p>A new version is made that is like it. Connected trackers take it at once. It changes:</p>
                  <Changes version={version} before={latest} />
                </ConfirmButton>
              )
            )}
          </li>
        ))}
      </ol>
    </Part>
  );
}

/** @param props.before undefined: the one before is not shown any more */
function Changes({ version, before }: { version: ConfigVersion; before: ConfigVersion | undefined }) {
  if (version.version === 0 || (!before && version.version > 1)) return null;
  const changes = configChanges(before?.config ?? DEFAULT_APP_CONFIG, version.config);
  if (changes.length === 0) return <p class="label">Nothing differs.</p>;
  return (
    <ul class="changes label">
      {changes.map((change) => (
        <li key={change}>{change}</li>
      ))}
    </ul>
  );
}
