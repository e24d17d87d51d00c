/** What a form was refused with, where no single field is wrong: what happened, and what to do, in one line of text. */
import type { Refusal } from '../../engine/protocol/hello.ts';

export function Problem({ refusal }: { refusal: Refusal | undefined }) {
  return (
    // Always there: what comes into it is read out.
    <p class="problem" role="alert">
      {refusal && `${refusal.message} ${sentence(refusal.remedy ?? '')}`}
    </p>
  );
}

/** Remedies are written as parts of sentences. */
const sentence = (text: string): string =>
  text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
