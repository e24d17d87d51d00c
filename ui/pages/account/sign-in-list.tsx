/** Where one is signed in, each to be ended. */
import { useState } from 'preact/hooks';
import type { SignIns } from '../../../engine/protocol/account.ts';
import { formatAge, formatDay } from '../../look/format.ts';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { Problem } from '../../parts/problem.tsx';
import { RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { useServerNowMs } from '../../parts/ticking.ts';
import { askSignIns, endSignIn, signOut } from '../../state/account.ts';
import { useDeed } from '../../state/deed.ts';
import { useQuestion } from '../../state/question.ts';
import { useAddress, useWorkspace } from '../../state/workspace.ts';
import { browserName } from './browser-name.ts';
import { Section } from './section.tsx';

type SignIn = SignIns['signIns'][number];

export function SignInList() {
  const { account } = useWorkspace();
  const { go } = useAddress();
  const { data, refusal, isFirst, again } = useQuestion('sign-ins', askSignIns);
  const { isBusy, refusal: refused, run } = useDeed();
  const [said, setSaid] = useState('');
  const left = () => {
    go('/sign-in');
    account.forget();
  };
  const end = ({ id, browser, isThis }: SignIn) => {
    setSaid('');
    void run(
      () => endSignIn(id),
      () => {
        if (isThis) return left();
        setSaid(`Ended: ${browserName(browser)}.`);
        again();
      },
    );
  };
  return (
    <Section title="Where you are signed in" about="A sign-in ends 30 days after it began, or 14 days after it was last used.">
      {isFirst && <Skeleton lines={3} />}
      {refusal && <RefusalMessage refusal={refusal} again={again} />}
      {data && (
        <ul class="rows">
          {inOrder(data.signIns).map((signIn) => (
            <Row key={signIn.id} signIn={signIn} isBusy={isBusy} end={() => end(signIn)} />
          ))}
        </ul>
      )}
      <Problem refusal={refused} />
      <div class="form-foot">
        <ConfirmButton deed="Sign out everywhere" isDisabled={isBusy} act={() => void run(() => signOut(true), left)}>
          <p>Every browser in which you are signed in is signed out, this one included.</p>
        </ConfirmButton>
        <span class="said" role="status">
          {said}
        </span>
      </div>
    </Section>
  );
}

function Row({ signIn, isBusy, end }: { signIn: SignIn; isBusy: boolean; end: () => void }) {
  const nowMs = useServerNowMs();
  return (
    <li>
      <div class="what">
        <p>
          <strong>{browserName(signIn.browser)}</strong> {signIn.isThis && <span class="badge is-good">this one</span>}
        </p>
        <p class="label">
          from {signIn.from} · since {formatDay(signIn.startedMs)} ·{' '}
          {signIn.isThis || nowMs - signIn.lastUsedMs < NOW_MS ? 'used now' : `used ${formatAge(nowMs - signIn.lastUsedMs)}`}
        </p>
      </div>
      <button
        type="button"
        class="small"
        disabled={isBusy}
        onClick={end}
        aria-label={`End the sign-in ${browserName(signIn.browser)} from ${signIn.from}`}
      >
        End
      </button>
    </li>
  );
}

/** Uses are told to the minute. */
const NOW_MS = 120_000;

/** This one, then the latest used first. */
function inOrder(signIns: readonly SignIn[]): readonly SignIn[] {
  return signIns.toSorted((a, b) => Number(b.isThis) - Number(a.isThis) || b.lastUsedMs - a.lastUsedMs);
}
