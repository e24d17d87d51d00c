/** A one-time link, opened: makes the first account, takes an invitation, sets a new password, or signs in at once. */
import { useEffect, useState } from 'preact/hooks';
import { type Link, type LinkUse, type Me, PASSWORD_MIN_CHARS } from '../../../engine/protocol/account.ts';
import { formatDay } from '../../look/format.ts';
import { Field, PasswordField } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { lookAtLink, redeemLink } from '../../state/account.ts';
import { useDeed } from '../../state/deed.ts';
import { useQuestion } from '../../state/question.ts';
import { useAddress, useWorkspace } from '../../state/workspace.ts';
import { OpenFrame } from './open-frame.tsx';

/** As they are made; anything else was cut or altered on the way. */
const WHOLE = /^[A-Za-z0-9_-]{43}$/;

export function LinkPage() {
  const token = useWorkspace().link.value;
  // Another link opened in the same page begins from the start.
  return WHOLE.test(token) ? <Opened key={token} token={token} /> : <NotWhole isEmpty={token === ''} />;
}

function Opened({ token }: { token: string }) {
  const { data, refusal, again } = useQuestion(token, () => lookAtLink(token));
  const enter = useEnter();
  useEffect(() => {
    if (data?.kind === 'enter') enter.run({ token });
  }, [data]);

  const problem = refusal ?? enter.refusal;
  // What was used while its form was open: the form says that it was too late, or this page does.
  if (problem?.code === 'link-used' && (refusal || data?.kind === 'enter')) return <Used />;
  if (refusal || (enter.refusal && data?.kind === 'enter')) {
    return (
      <OpenFrame title="One-time link">
        {problem && <RefusalMessage refusal={problem} again={refusal ? again : () => enter.run({ token })} />}
      </OpenFrame>
    );
  }
  if (enter.refusal?.code === 'code-needed') return <PasswordSet />;
  if (!data || data.kind === 'enter') {
    return (
      <OpenFrame title="One-time link">
        <Skeleton lines={3} />
      </OpenFrame>
    );
  }
  return <LinkForm link={data} isBusy={enter.isBusy} refusal={enter.refusal} use={(body) => enter.run({ token, ...body })} />;
}

/** Uses the link; then somebody is signed in, and the UI opens where it begins. */
function useEnter() {
  const { account } = useWorkspace();
  const { go } = useAddress();
  const { isBusy, refusal, run } = useDeed();
  const entered = (me: Me) => {
    account.take(me);
    go('/', 'replace');
  };
  return { isBusy, refusal, run: (body: LinkUse) => void run(() => redeemLink(body), entered) };
}

const TITLES = { 'set-up': 'Make the first account', invitation: 'Take your invitation', reset: 'Set a new password' } as const;
const DEEDS = { 'set-up': 'Make the account', invitation: 'Make the account', reset: 'Set the password' } as const;
const ABOUTS = {
  'set-up': 'It owns this installation: makes apps, invites people, gives roles.',
  invitation: 'You were invited to this datalab. Choose how you are called here, and a password.',
  reset: 'All your sign-ins end, and you are signed in here with the new one.',
} as const;

type FormProps = {
  readonly link: Link;
  readonly isBusy: boolean;
  readonly refusal: ReturnType<typeof useDeed>['refusal'];
  readonly use: (body: Omit<LinkUse, 'token'>) => void;
};

function LinkForm({ link, isBusy, refusal, use }: FormProps) {
  const kind = link.kind === 'enter' ? 'reset' : link.kind;
  const [name, setName] = useState('');
  const [email, setEmail] = useState(link.email);
  const [password, setPassword] = useState('');
  const isMade = kind !== 'reset';
  return (
    <OpenFrame title={TITLES[kind]}>
      <p class="quiet">{ABOUTS[kind]}</p>
      <form
        class="form"
        method="post"
        onSubmit={(event) => {
          event.preventDefault();
          use({ password, ...(isMade && { name: name.trim() }), ...(kind === 'set-up' && { email: email.trim() }) });
        }}
      >
        {isMade && (
          <Field
            label="Name"
            name="name"
            autocomplete="name"
            required
            autofocus
            maxLength={80}
            pattern=".*\S.*"
            title="Not only spaces"
            value={name}
            onValue={setName}
          />
        )}
        <Field
          label="Email"
          type="email"
          name="email"
          autocomplete="username"
          required
          maxLength={254}
          readOnly={kind !== 'set-up'}
          hint={kind === 'set-up' ? 'You sign in with it. Nothing is mailed to it.' : 'You sign in with it.'}
          value={email}
          onValue={setEmail}
        />
        <PasswordField
          label={isMade ? 'Password' : 'New password'}
          name="password"
          autocomplete="new-password"
          required
          autofocus={!isMade}
          minLength={PASSWORD_MIN_CHARS}
          hint={`At least ${PASSWORD_MIN_CHARS} characters. A sentence is easy to keep.`}
          problem={refusal?.code === 'password-weak' ? refusal.message : undefined}
          value={password}
          onValue={setPassword}
        />
        <Problem refusal={refusal?.code === 'password-weak' ? undefined : refusal} />
        {refusal?.code === 'user-exists' && <a href="/sign-in">Go to the sign-in</a>}
        <button type="submit" class="main" disabled={isBusy}>
          {DEEDS[kind]}
        </button>
        <p class="label">This link works once, until {formatDay(link.expiresMs)}.</p>
      </form>
    </OpenFrame>
  );
}

/** One who lost the password did not lose the authenticator. */
function PasswordSet() {
  return (
    <OpenFrame title="The password is set">
      <p>Your account asks for a one-time code as well. Sign in with the new password and a code.</p>
      <p>
        <a class="button main" href="/sign-in">
          Sign in
        </a>
      </p>
    </OpenFrame>
  );
}

function Used() {
  return (
    <OpenFrame title="This link is used up">
      <p>
        It was used already, or has expired; each works once. Ask whoever gave it to you for a new one: an owner, or an admin of the app.
        The first account’s is printed anew when datalab is started again.
      </p>
      <WayOn />
    </OpenFrame>
  );
}

function NotWhole({ isEmpty }: { isEmpty: boolean }) {
  return (
    <OpenFrame title={isEmpty ? 'Open the link again' : 'This link is not whole'}>
      <p>
        {isEmpty
          ? 'A one-time link stays in memory only, and this page was loaded anew. Open it again as you got it: it was not used yet.'
          : 'Something of it is missing, or was added. Copy all of it, to the very end.'}
      </p>
      <WayOn />
    </OpenFrame>
  );
}

function WayOn() {
  return (
    <p>
      <a class="button" href="/">
        Go to datalab
      </a>
    </p>
  );
}
