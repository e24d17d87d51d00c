/** One's own account: name, password, one-time codes, and where one is signed in. */
import { useState } from 'preact/hooks';
import { PASSWORD_MIN_CHARS } from '../../../engine/protocol/account.ts';
import { Field, PasswordField } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { changeName, changePassword } from '../../state/account.ts';
import { useDeed } from '../../state/deed.ts';
import { useMe, useWorkspace } from '../../state/workspace.ts';
import { Codes } from './codes.tsx';
import { Section } from './section.tsx';
import { SignInList } from './sign-in-list.tsx';

export function AccountPage() {
  const me = useMe();
  // Other places are signed out by a new password: the list is asked for again.
  const [changes, setChanges] = useState(0);
  return (
    <div class="page account">
      <header>
        <h1>Your account</h1>
        <p>{me.email}</p>
      </header>
      <NameForm />
      <PasswordForm changed={() => setChanges(changes + 1)} />
      <Codes />
      <SignInList key={changes} />
    </div>
  );
}

function NameForm() {
  const me = useMe();
  const { account } = useWorkspace();
  const { isBusy, refusal, run } = useDeed();
  const [name, setName] = useState(me.name);
  const [said, setSaid] = useState('');
  return (
    <Section title="Name" about="How others see you: beside what you changed, and in the audit log.">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          setSaid('');
          void run(
            () => changeName(name.trim()),
            (changed) => {
              account.take(changed);
              setName(changed.name);
              setSaid('Saved.');
            },
          );
        }}
      >
        <Field
          label="Name"
          name="name"
          autocomplete="name"
          required
          maxLength={80}
          pattern=".*\S.*"
          title="Not only spaces"
          value={name}
          onValue={setName}
        />
        <Problem refusal={refusal} />
        <div class="form-foot">
          <button type="submit" disabled={isBusy || name.trim() === me.name}>
            Save name
          </button>
          <span class="said" role="status">
            {said}
          </span>
        </div>
      </form>
    </Section>
  );
}

function PasswordForm({ changed }: { changed: () => void }) {
  const me = useMe();
  const { isBusy, refusal, run } = useDeed();
  const [old, setOld] = useState('');
  const [password, setPassword] = useState('');
  const [said, setSaid] = useState('');
  if (!me.hasPassword) {
    return (
      <Section
        title="Password"
        about="You have none: you sign in by your organisation’s provider. An owner can give you a link to set one."
      >
        {null}
      </Section>
    );
  }
  return (
    <Section title="Password" about="A new one signs you out everywhere but here.">
      <form
        class="form"
        method="post"
        onSubmit={(event) => {
          event.preventDefault();
          setSaid('');
          void run(
            () => changePassword(old, password),
            () => {
              setOld('');
              setPassword('');
              setSaid('Changed. Your other sign-ins have ended.');
              changed();
            },
          );
        }}
      >
        {/* So that a password manager knows whose it is. */}
        <input type="email" autocomplete="username" value={me.email} readOnly hidden />
        <PasswordField
          label="Password until now"
          name="old"
          autocomplete="current-password"
          required
          problem={refusal?.code === 'sign-in-refused' ? 'That is not your password.' : undefined}
          value={old}
          onValue={setOld}
        />
        <PasswordField
          label="New password"
          name="password"
          autocomplete="new-password"
          required
          minLength={PASSWORD_MIN_CHARS}
          hint={`At least ${PASSWORD_MIN_CHARS} characters. A sentence is easy to keep.`}
          problem={refusal?.code === 'password-weak' ? refusal.message : undefined}
          value={password}
          onValue={setPassword}
        />
        <Problem refusal={refusal && !['sign-in-refused', 'password-weak'].includes(refusal.code) ? refusal : undefined} />
        <div class="form-foot">
          <button type="submit" disabled={isBusy || old === '' || password === ''}>
            Change password
          </button>
          <span class="said" role="status">
            {said}
          </span>
        </div>
      </form>
    </Section>
  );
}
