/** Everybody with an account, for owners: who owns the installation, links to set new passwords, removal. */
import { useState } from 'preact/hooks';
import type { OneTimeLink, User } from '../../../engine/protocol/account.ts';
import { formatDay } from '../../look/format.ts';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { linkTo } from '../../state/address.ts';
import { useQuestion } from '../../state/question.ts';
import { askUsers, changeOwner, removeUser, resetPassword } from '../../state/settings-api.ts';
import { useAddress, useApps, useMe, useWorkspace } from '../../state/workspace.ts';
import { Part } from './part.tsx';
import { ShownOnce } from './shown-once.tsx';
import { OrderNote, useOrder } from './use-order.tsx';

export function UsersPart() {
  const { data, refusal, isFirst, again } = useQuestion('users', (signal) => askUsers(undefined, signal));
  if (isFirst) return <Skeleton lines={6} />;
  if (!data) return refusal ? <RefusalMessage refusal={refusal} again={again} /> : null;
  return <Users users={data.users} again={again} />;
}

function Users({ users, again }: { users: readonly User[]; again: () => void }) {
  const me = useMe();
  const { account } = useWorkspace();
  const { view } = useAddress();
  const order = useOrder();
  const [made, setMade] = useState<OneTimeLink & { readonly of: string }>();
  const refresh = (user: User) => () => {
    again();
    if (user.id === me.id) void account.check();
  };
  return (
    <Part
      title="Users"
      about={
        <>
          Everybody with an account here. People get one by an invitation to an app:{' '}
          <a href={linkTo(view, '/settings/people')}>invite somebody</a>.
        </>
      }
    >
      {made && (
        <ShownOnce text={made.link} what="link" done={() => setMade(undefined)}>
          Hand this link to {made.of}: it sets a new password, once, until {formatDay(made.expiresMs)}. It is not shown again.
        </ShownOnce>
      )}
      <OrderNote order={order} />
      <ul class="rows" aria-label="Users">
        {users.map((user) => (
          <li key={user.id}>
            <div class="what">
              <strong>{user.name}</strong>
              {user.id === me.id && <span class="quiet"> (you)</span>}
              {user.isOwner && <span class="badge">owner</span>}
              <span class="label">
                {user.email} · since {formatDay(user.createdMs)}
              </span>
              <RolesOf user={user} />
            </div>
            <div class="acts">
              <button
                type="button"
                disabled={order.isBusy}
                onClick={() =>
                  order.give(
                    () => resetPassword(user.id),
                    '',
                    (link) => setMade({ ...link, of: user.name }),
                  )
                }
              >
                Reset link<span class="hidden-text"> for {user.name}</span>
              </button>
              <ConfirmButton
                deed={user.isOwner ? 'Take ownership away' : 'Make owner'}
                isDisabled={order.isBusy}
                isHarmless
                act={() =>
                  order.give(
                    () => changeOwner(user.id, !user.isOwner),
                    user.isOwner ? `${user.name} owns this installation no longer.` : `${user.name} owns this installation, too.`,
                    refresh(user),
                  )
                }
              >
                <p>
                  {user.isOwner
                    ? `${user.name} keeps the roles in apps, and can no longer make or delete apps or manage users.`
                    : `${user.name} may do everything then, in every app: make and delete apps, and manage all users, you included.`}
                </p>
              </ConfirmButton>
              <ConfirmButton
                deed={`Remove ${user.name}`}
                isDisabled={order.isBusy}
                act={() => order.give(() => removeUser(user.id), `${user.name} was removed.`, refresh(user))}
              >
                <p>Their account, roles and sign-ins end at once. What they did stays in the audit log.</p>
              </ConfirmButton>
            </div>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function RolesOf({ user: { roles } }: { user: User }) {
  const { apps } = useApps();
  const words = Object.entries(roles).map(([key, role]) => `${role} in ${apps.find((app) => app.key === key)?.name ?? key}`);
  return words.length === 0 ? null : <span class="label">{words.join(', ')}</span>;
}
