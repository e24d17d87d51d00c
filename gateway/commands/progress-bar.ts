const WIDTH = 24;

/**
 * A line on stderr that is drawn over on a terminal, and where there is none (a log, a pipe) written once per tenth.
 * @returns takes the share done, 0…1, and what is being done; 1 ends the line
 */
export function progressBar(stream: NodeJS.WriteStream): (share: number, what: string) => void {
  let tenth = -1;
  return (share, what) => {
    if (stream.isTTY) {
      const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░');
      stream.write(`\r${bar} ${String(Math.floor(share * 100)).padStart(3)} % ${what}\u001b[K${share >= 1 ? '\n' : ''}`);
      return;
    }
    if (Math.floor(share * 10) === tenth) return;
    tenth = Math.floor(share * 10);
    stream.write(`${String(Math.floor(share * 100)).padStart(3)} % ${what}\n`);
  };
}
