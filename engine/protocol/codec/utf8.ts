/**
 * UTF-8, as every runtime we aim at has it. Declared here because protocol compiles with neither DOM nor Node types, so
 * that a wrong global fails to compile.
 */
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (label: string, options: { fatal: boolean; ignoreBOM: boolean }) => { decode(bytes: Uint8Array): string };

export const utf8Encoder = new TextEncoder();

/** Throws on invalid UTF-8: callers turn that into `frame-malformed`. A byte order mark is text like any other. */
export const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
