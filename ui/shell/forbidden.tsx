/** Stands where a page is that one's role does not reach: calm, and with the way on. */
import { useEffect } from 'preact/hooks';
import { ACTIONS, type Action } from '../../engine/protocol/access.ts';
import { Empty } from '../parts/states-of-view.tsx';
import { roleIn } from '../state/account.ts';
import { useMaybeApp, useMe, useWorkspace } from '../state/workspace.ts';

/** @param props.what the page's name */
export function Forbidden({ what, action }: { what: string; action: Action }) {
  const me = useMe();
  const app = useMaybeApp();
  const { account } = useWorkspace();
  const { level } = ACTIONS[action];
  const role = roleIn(me, app?.key);
  const place = app?.name ?? 'an app';
  // Perhaps the role was given since it was last asked.
  useEffect(() => void account.check(), []);
  return (
    <Empty title={level === 'owner' ? `${what} is for owners of this installation` : `${what} takes the role ${level} in ${place}`}>
      <p>
        {role === undefined ? 'You have no role there.' : `Your role there is ${role}.`}{' '}
        {level === 'owner' ? 'An owner can make you one.' : 'An admin of the app, or an owner, can give you the role; it counts at once.'}
      </p>
      <button type="button" onClick={account.check}>
        Look again
      </button>
    </Empty>
  );
}
