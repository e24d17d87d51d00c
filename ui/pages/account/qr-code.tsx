/** A text as a QR code: one path, dark on light in both themes, since not every reader takes the reverse. */
import { encode } from 'uqr';

/** Modules of quiet around it (ISO/IEC 18004 wants four). */
const QUIET = 4;

export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET });
  return (
    <svg class="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={pathOf(data)} />
    </svg>
  );
}

/** Each run of dark modules as one bar. @param rows true is dark */
export function pathOf(rows: readonly (readonly boolean[])[]): string {
  let path = '';
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; ) {
      const start = x;
      while (row[x] === true) x++;
      if (x > start) path += `M${start} ${y}h${x - start}v1h${start - x}z`;
      else x++;
    }
  });
  return path;
}
