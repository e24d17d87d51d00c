/** Recovery codes, the one time that they are shown. */
import { Download } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { CopyButton } from '../../parts/states-of-view.tsx';

type Props = { readonly codes: readonly string[]; readonly email: string; readonly done: () => void };

export function RecoveryCodes({ codes, email, done }: Props) {
  const box = useRef<HTMLElement>(null);
  const [isKept, setIsKept] = useState(false);
  useEffect(() => box.current?.focus(), []);
  const text = `datalab recovery codes of ${email} at ${location.host}\nEach signs you in once in place of a one-time code.\n\n${codes.join('\n')}\n`;
  return (
    <section class="recovery" tabIndex={-1} ref={box} aria-label="Recovery codes, shown this once">
      <p>
        <strong>Keep these where your authenticator is not.</strong> Each signs you in once, should you lose it. They are not shown again.
      </p>
      <ol>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div class="form-foot">
        <CopyButton text={text} what="recovery codes" />
        <button type="button" class="small" onClick={() => download(text)}>
          <Download size={14} aria-hidden="true" /> Download
        </button>
      </div>
      <label class="check">
        <input type="checkbox" checked={isKept} onChange={({ currentTarget }) => setIsKept(currentTarget.checked)} /> I have kept them
      </label>
      <div class="form-foot">
        <button type="button" class="main" disabled={!isKept} onClick={done}>
          Done
        </button>
      </div>
    </section>
  );
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'datalab-recovery-codes.txt';
  link.click();
  URL.revokeObjectURL(url);
}
