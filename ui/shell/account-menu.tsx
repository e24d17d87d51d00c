/** Who is signed in, and out of here. */
import { CircleUser, LogOut, MonitorX, UserCog } from 'lucide-preact';
import { useId, useRef, useState } from 'preact/hooks';
import type { Refusal } from '../../engine/protocol/hello.ts';
import { Menu } from '../parts/menu.tsx';
import { roleIn, signOut } from '../state/account.ts';
import { linkTo } from '../state/address.ts';
import { useAddress, useMaybeApp, useMe, useWorkspace } from '../state/workspace.ts';

export function AccountMenu() {
  const me = useMe();
  const { account } = useWorkspace();
  const { view, go } = useAddress();
  const app = useMaybeApp();
  const title = useId();
  const everywhere = useRef<HTMLDialogElement>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const role = roleIn(me, app?.key);

  const leave = async (isEverywhere: boolean) => {
    setIsBusy(true);
    const answer = await signOut(isEverywhere);
    setIsBusy(false);
    // Signed out already is signed out.
    if (!answer.ok && answer.reason.code !== 'signed-out') {
      setRefusal(answer.reason);
      return;
    }
    everywhere.current?.close();
    // Whoever comes next need not land where this one was.
    go('/sign-in');
    account.forget();
  };

  return (
    <>
      <Menu label={`Account of ${me.name}`} button={<CircleUser size={16} aria-hidden="true" />}>
        {(close) => (
          <>
            <div class="who">
              <strong class="cut">{me.name}</strong>
              <span class="label cut">{me.email}</span>
              {role && <span class="label">{role === 'owner' ? 'Owner of this installation' : `${role} of ${app?.name}`}</span>}
            </div>
            <ul>
              <li>
                <button
                  type="button"
                  onClick={() => {
                    close();
                    go(linkTo(view, '/account'));
                  }}
                >
                  <UserCog size={16} aria-hidden="true" /> Your account
                </button>
              </li>
              <li>
                <button type="button" disabled={isBusy} onClick={() => void leave(false)}>
                  <LogOut size={16} aria-hidden="true" /> Sign out
                </button>
              </li>
              <li>
                <button
                  type="button"
                  onClick={() => {
                    // A dialog inside a menu would close with it.
                    close();
                    setRefusal(undefined);
                    everywhere.current?.showModal();
                  }}
                >
                  <MonitorX size={16} aria-hidden="true" /> Sign out everywhere …
                </button>
              </li>
            </ul>
            {refusal && (
              <p class="problem note" role="alert">
                {refusal.message}
              </p>
            )}
          </>
        )}
      </Menu>
      <dialog class="confirm" aria-labelledby={title} ref={everywhere}>
        <h2 id={title}>Sign out everywhere?</h2>
        <p>Every browser in which you are signed in is signed out, this one included. Recording of your sites goes on.</p>
        {refusal && (
          <p class="problem" role="alert">
            {refusal.message}
          </p>
        )}
        <div class="filters">
          <button type="button" onClick={() => everywhere.current?.close()}>
            Cancel
          </button>
          <button type="button" class="bad" disabled={isBusy} onClick={() => void leave(true)}>
            Sign out everywhere
          </button>
        </div>
      </dialog>
    </>
  );
}
