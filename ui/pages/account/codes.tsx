/** One-time codes beside the password: set up with an authenticator, confirmed, and taken away again. */
import { useState } from 'preact/hooks';
import type { CodesBegun } from '../../../engine/protocol/account.ts';
import { Field, PasswordField } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { CopyButton } from '../../parts/states-of-view.tsx';
import { beginCodes, confirmCodes, removeCodes } from '../../state/account.ts';
import { useDeed } from '../../state/deed.ts';
import { useMe, useWorkspace } from '../../state/workspace.ts';
import { QrCode } from './qr-code.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';
import { Section } from './section.tsx';

export function Codes() {
  const me = useMe();
  const { account } = useWorkspace();
  const begin = useDeed();
  const [begun, setBegun] = useState<CodesBegun>();
  const [recovery, setRecovery] = useState<readonly string[]>();
  const [said, setSaid] = useState('');
  const about = me.hasCodes
    ? 'On: signing in takes your password and a code from your authenticator.'
    : 'Off. With them, a password that somebody else has learned is not enough to sign in.';

  return (
    <Section title="One-time codes" about={about}>
      {recovery && (
        <RecoveryCodes
          codes={recovery}
          email={me.email}
          done={() => {
            setRecovery(undefined);
            setSaid('One-time codes are on.');
          }}
        />
      )}
      {!recovery && me.hasCodes && (
        <RemoveForm
          removed={() => {
            account.take({ ...me, hasCodes: false });
            setSaid('One-time codes are off.');
          }}
        />
      )}
      {!recovery && !me.hasCodes && begun && (
        <ConfirmForm
          begun={begun}
          cancel={() => setBegun(undefined)}
          confirmed={(codes) => {
            setBegun(undefined);
            setRecovery(codes);
            account.take({ ...me, hasCodes: true });
          }}
        />
      )}
      {!recovery && !me.hasCodes && !begun && (
        <>
          <Problem refusal={begin.refusal} />
          <div class="form-foot">
            <button
              type="button"
              disabled={begin.isBusy}
              onClick={() => {
                setSaid('');
                void begin.run(beginCodes, setBegun);
              }}
            >
              Set up one-time codes
            </button>
          </div>
        </>
      )}
      <p class="said" role="status">
        {said}
      </p>
    </Section>
  );
}

type ConfirmProps = {
  readonly begun: CodesBegun;
  readonly cancel: () => void;
  readonly confirmed: (recoveryCodes: readonly string[]) => void;
};

function ConfirmForm({ begun, cancel, confirmed }: ConfirmProps) {
  const { isBusy, refusal, run } = useDeed();
  const [code, setCode] = useState('');
  const isWrong = refusal?.code === 'query-invalid';
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void run(
          () => confirmCodes(code.trim()),
          ({ recoveryCodes }) => confirmed(recoveryCodes),
        );
      }}
    >
      <div class="codes-begun">
        <QrCode text={begun.uri} label="The secret as a picture, for an authenticator" />
        <div>
          <p>Scan this with an authenticator: Aegis, 2FAS, Google Authenticator, or your password manager. Or type the secret in:</p>
          <p class="secret">
            <code>{inGroups(begun.secret)}</code> <CopyButton text={begun.secret} what="secret" />
          </p>
        </div>
      </div>
      <Field
        label="Code that it shows now"
        autofocus
        name="code"
        autocomplete="one-time-code"
        inputMode="numeric"
        required
        maxLength={7}
        pattern="\s*\d{3} ?\d{3}\s*"
        title="6 digits"
        problem={
          isWrong ? 'That is not the code. Check that the clock of the authenticator’s device is right, and take the next one.' : undefined
        }
        value={code}
        onValue={setCode}
      />
      <Problem refusal={isWrong ? undefined : refusal} />
      <div class="form-foot">
        <button type="submit" class="main" disabled={isBusy}>
          Turn on one-time codes
        </button>
        <button type="button" onClick={cancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function RemoveForm({ removed }: { removed: () => void }) {
  const { isBusy, refusal, run } = useDeed();
  const [password, setPassword] = useState('');
  return (
    <form
      class="form"
      method="post"
      onSubmit={(event) => {
        event.preventDefault();
        void run(() => removeCodes(password), removed);
      }}
    >
      <PasswordField
        label="Password"
        name="password"
        autocomplete="current-password"
        required
        hint="Without codes, your password alone signs you in. To move to another authenticator, turn them off, then on."
        problem={refusal?.code === 'sign-in-refused' ? 'That is not your password.' : undefined}
        value={password}
        onValue={setPassword}
      />
      <Problem refusal={refusal?.code === 'sign-in-refused' ? undefined : refusal} />
      <div class="form-foot">
        <button type="submit" class="bad" disabled={isBusy || password === ''}>
          Turn off one-time codes
        </button>
      </div>
    </form>
  );
}

/** Groups of four are easier to type. */
const inGroups = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ');
