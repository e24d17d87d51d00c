/** Who has a role in an app, who was invited, and how others are. */
import { useState } from 'preact/hooks';
import { ROLES, type Role } from '../../../engine/protocol/access.ts';
import type { OneTimeLink, User, UserList } from '../../../engine/protocol/account.ts';
import { formatDay } from '../../look/format.ts';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { Field } from '../../parts/field.tsx';
import { RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { useQuestion } from '../../state/question.ts';
import { askUsers, changeRole, invite, withdrawInvitation } from '../../state/settings-api.ts';
import { useApp, useMe, useWorkspace } from '../../state/workspace.ts';
import { Part } from './part.tsx';
import { ShownOnce } from './shown-once.tsx';
import { OrderNote, useOrder } from './use-order.tsx';

/** What a role may, beside what those before it may. */
const ROLE_ABOUT: Readonly<Record<Role, string>> = {
  viewer: 'sees reports, lists of sessions and what is live',
  analyst: 'also opens sessions and replays, and reads these settings',
  operator: 'also watches actors, and steers and ends live sessions',
  admin: 'also changes settings, keys and people, and reads the audit log',
};

export function PeoplePart() {
  const app = useApp();
  const { data, refusal, isFirst, again } = useQuestion(`users ${app.key}`, (signal) => askUsers(app.key, signal));
  if (isFirst) return <Skeleton lines={6} />;
  if (!data) return refusal ? <RefusalMessage refusal={refusal} again={again} /> : null;
  return (
    <>
      <People users={data.users} again={again} />
      <Invite again={again} />
      {data.invitations.length > 0 && <Invitations invitations={data.invitations} again={again} />}
    </>
  );
}

function People({ users, again }: { users: readonly User[]; again: () => void }) {
  const app = useApp();
  const me = useMe();
  const { account } = useWorkspace();
  const order = useOrder();
  const give = (user: User, role: Role | null) =>
    order.give(
      () => changeRole(app.key, user.id, role),
      role === null ? `${user.name} has no role in ${app.name} any more.` : `${user.name} is ${role} now.`,
      () => {
        again();
        // One's own role decides what is shown here.
        if (user.id === me.id) void account.check();
      },
    );
  return (
    <Part title="People" about={`Who may see ${app.name}. Owners of the installation may do everything in every app.`}>
      {users.length === 0 ? (
        <p class="quiet">Nobody has a role in it yet.</p>
      ) : (
        <ul class="rows" aria-label="People">
          {users.map((user) => (
            <li key={user.id}>
              <div class="what">
                <strong>{user.name}</strong>
                {user.id === me.id && <span class="quiet"> (you)</span>}
                {user.isOwner && <span class="badge">owner</span>}
                <span class="label">{user.email}</span>
              </div>
              <div class="acts">
                <select
                  aria-label={`Role of ${user.name}`}
                  disabled={order.isBusy}
                  value={user.roles[app.key] ?? ''}
                  onChange={({ currentTarget }) => {
                    const role = ROLES.find((each) => each === currentTarget.value);
                    if (role) give(user, role);
                  }}
                >
                  {user.roles[app.key] === undefined && <option value="">no role</option>}
                  {ROLES.map((role) => (
                    <option key={role} value={role}>
                      {role}
                    </option>
                  ))}
                </select>
                {user.roles[app.key] !== undefined && (
                  <ConfirmButton deed="Take the role away" isDisabled={order.isBusy} act={() => give(user, null)}>
                    <p>
                      {user.name} sees nothing of {app.name} any more, at once. Their account stays.
                    </p>
                  </ConfirmButton>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      <OrderNote order={order} />
    </Part>
  );
}

function Invite({ again }: { again: () => void }) {
  const app = useApp();
  const order = useOrder();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [made, setMade] = useState<OneTimeLink & { readonly email: string }>();
  const send = () => {
    const whom = email.trim();
    setMade(undefined);
    order.give(
      () => invite(app.key, { email: whom, role }),
      '',
      (answer) => {
        setMade({ ...answer, email: whom });
        setEmail('');
        again();
      },
    );
  };
  return (
    <Part title="Invite somebody">
      <div role="status">{made?.link === '' && <p>{made.email} has an account: the role was given at once.</p>}</div>
      {made && made.link !== '' && (
        <ShownOnce text={made.link} what="link" done={() => setMade(undefined)}>
          Hand this link to {made.email}: nothing is mailed. It works once, until {formatDay(made.expiresMs)}, and is not shown again.
        </ShownOnce>
      )}
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Field
          type="email"
          label="Email"
          hint="What they will sign in with."
          required
          maxLength={254}
          autocomplete="off"
          spellcheck={false}
          value={email}
          onValue={setEmail}
        />
        <label class="field">
          Role
          <select value={role} onChange={({ currentTarget }) => setRole(ROLES.find((each) => each === currentTarget.value) ?? 'viewer')}>
            {ROLES.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
          <span class="label">{ROLE_ABOUT[role]}</span>
        </label>
        <div class="form-foot">
          <button type="submit" class="main" disabled={order.isBusy}>
            Make an invitation
          </button>
        </div>
        <OrderNote order={order} />
      </form>
    </Part>
  );
}

function Invitations({ invitations, again }: Pick<UserList, 'invitations'> & { again: () => void }) {
  const order = useOrder();
  return (
    <Part title="Open invitations">
      <ul class="rows" aria-label="Open invitations">
        {invitations.map(({ id, email, app, role, invitedBy, expiresMs }) => (
          <li key={id}>
            <div class="what">
              <strong>{email}</strong> <span>as {role}</span>
              <span class="label">
                by {invitedBy} · until {formatDay(expiresMs)}
              </span>
            </div>
            <button
              type="button"
              disabled={order.isBusy}
              onClick={() => order.give(() => withdrawInvitation(app, id), `${email} is no longer invited: the link is void.`, again)}
            >
              Withdraw<span class="hidden-text"> the invitation of {email}</span>
            </button>
          </li>
        ))}
      </ul>
      <OrderNote order={order} />
    </Part>
  );
}
