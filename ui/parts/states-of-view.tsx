/** What stands where an answer is not: on its way, empty, or refused. Never blank, never a spinner alone. */
import { Check, Copy, RefreshCw } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Refusal } from '../../engine/protocol/hello.ts';

/** Bones in the shape of lines of text; shown only once 150 ms have passed, so that quick answers do not flicker. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="hidden-text">Loading</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} style={{ width: `${90 - ((line * 17) % 50)}%` }} />
      ))}
    </div>
  );
}

/** Says why there is nothing, and what to do next. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="message">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** What happened, the remedy, and a retry where one can help. */
export function RefusalMessage({ refusal, again }: { refusal: Refusal; again: () => void }) {
  return (
    <div class="message refusal" role="alert">
      <h2>{refusal.message}</h2>
      {refusal.remedy !== undefined && <p>{refusal.remedy}</p>}
      <p class="label">
        Code <code>{refusal.code}</code>
      </p>
      {refusal.retry && (
        <button type="button" onClick={again}>
          <RefreshCw size={14} /> Try again
        </button>
      )}
    </div>
  );
}

/** The script tag to paste, with a button that copies it. */
export function Snippet({ text }: { text: string }) {
  return (
    <div class="snippet">
      <code>{text}</code>
      <CopyButton text={text} what="snippet" />
    </div>
  );
}

/** Copies a text and says so. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setIsCopied(true);
  };
  return (
    <button type="button" class="small" onClick={copy} aria-label={isCopied ? `Copied ${what}` : `Copy ${what}`}>
      {isCopied ? <Check size={14} /> : <Copy size={14} />} {isCopied ? 'Copied' : 'Copy'}
    </button>
  );
}
