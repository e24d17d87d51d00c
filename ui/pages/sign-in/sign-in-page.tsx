/** Signing in: with a password, and a one-time code where one is asked for; or by the OpenID Connect provider. Comes back to where one was. */
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Field, PasswordField } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { RefusalMessage, Skeleton } from '../../parts/states-of-view.tsx';
import { askSignInWays, ownPath, signIn } from '../../state/account.ts';
import { useDeed } from '../../state/deed.ts';
import { useQuestion } from '../../state/question.ts';
import { useAddress, useWorkspace } from '../../state/workspace.ts';
import { OpenFrame } from './open-frame.tsx';

/** Where signing in by the provider begins; not a page of the UI. */
const OPEN_ID_ADDRESS = '/api/sign-in/openid';

export function SignInPage() {
  const { account } = useWorkspace();
  const { query } = useLocation();
  const { go } = useAddress();
  const ways = useQuestion('sign-in', askSignInWays);
  const me = account.me.value;
  useEffect(() => {
    if (me === undefined) void account.check();
    // Replaced: going back must not return to the form.
    else if (me) go(ownPath(query['next'], location.origin), 'replace');
  }, [me]);

  if (ways.refusal) {
    return (
      <OpenFrame title="Sign in">
        <RefusalMessage refusal={ways.refusal} again={ways.again} />
      </OpenFrame>
    );
  }
  if (!ways.data || me) {
    return (
      <OpenFrame title="Sign in">
        <Skeleton />
      </OpenFrame>
    );
  }
  if (ways.data.needsSetUp) return <NeedsSetUp again={ways.again} />;
  return (
    <OpenFrame title="Sign in">
      {query['refused'] !== undefined && <Problem refusal={refusedByProvider(ways.data.openId)} />}
      <PasswordForm />
      {ways.data.openId !== '' && <OpenIdButton name={ways.data.openId} />}
    </OpenFrame>
  );
}

function PasswordForm() {
  const { account } = useWorkspace();
  const { isBusy, refusal, run } = useDeed();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  /** For which email a code was asked for, and how often: after the first time, one was wrong. */
  const [asked, setAsked] = useState({ email: '', times: 0 });
  const isCodeNeeded = asked.times > 0 && asked.email === email;
  const enter = async () => {
    const answer = await signIn({ email: email.trim(), password, ...(isCodeNeeded && code !== '' && { code: code.trim() }) });
    if (!answer.ok && answer.reason.code === 'code-needed') {
      setAsked({ email, times: isCodeNeeded ? asked.times + 1 : 1 });
      setCode('');
    }
    return answer;
  };

  return (
    <form
      class="form"
      method="post"
      onSubmit={(event) => {
        event.preventDefault();
        void run(enter, account.take);
      }}
    >
      <Field
        label="Email"
        type="email"
        name="email"
        autocomplete="username"
        required
        autofocus
        maxLength={254}
        value={email}
        onValue={setEmail}
      />
      <PasswordField label="Password" name="password" autocomplete="current-password" required value={password} onValue={setPassword} />
      {isCodeNeeded && (
        <Field
          key={asked.times}
          autofocus
          label="One-time code"
          name="code"
          autocomplete="one-time-code"
          inputMode="text"
          spellcheck={false}
          autocapitalize="none"
          required
          maxLength={24}
          pattern="[A-Za-z0-9 \-]{6,24}"
          title="6 digits, or a recovery code"
          hint="From your authenticator, or one of your recovery codes."
          problem={asked.times > 1 && code === '' && !isBusy ? 'That code is wrong, too old, or was used already.' : undefined}
          value={code}
          onValue={setCode}
        />
      )}
      <Problem refusal={refusal?.code === 'code-needed' ? undefined : refusal} />
      <button type="submit" class="main" disabled={isBusy}>
        {isBusy ? 'Signing in …' : 'Sign in'}
      </button>
    </form>
  );
}

function OpenIdButton({ name }: { name: string }) {
  return (
    <div class="other-way">
      <p class="label">or</p>
      {/* A link would be taken for a page of the UI; a form must not lead to another site. */}
      <button type="button" onClick={() => location.assign(OPEN_ID_ADDRESS)}>
        Sign in with {name}
      </button>
    </div>
  );
}

const refusedByProvider = (name: string) => ({
  code: 'sign-in-refused',
  message: `Signing in with ${name} did not work.`,
  retry: false,
  remedy: 'It takes an account here with the same verified email. An admin of an app, or an owner, can invite you.',
});

function NeedsSetUp({ again }: { again: () => void }) {
  return (
    <OpenFrame title="Nobody has an account here yet">
      <p>
        datalab printed a one-time address when it first started: in the terminal in which it runs, or in its log (
        <code>docker service logs</code>). Open that address to make the first account, the owner’s.
      </p>
      <p class="quiet">It looks like {location.origin}/link#…; starting again prints a fresh one.</p>
      <div>
        <button type="button" class="main" onClick={again}>
          Look again
        </button>
      </div>
    </OpenFrame>
  );
}
