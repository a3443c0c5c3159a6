/** Controls, the line ends of Unicode, and the bidirectional marks, which can turn a line around on a screen. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text from outside on one line of a terminal: what would not show itself is written as `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same of a text with lines of its own. */
export function printableLines(text: string): string[] {
  return text.split(/\r?\n/).map(printable);
}

/** One JSON document on one line, which no terminal takes for anything else. */
export function jsonLine(value: unknown): string {
  return printable(JSON.stringify(value));
}

/** Rows below a head, as wide as their widest cell; the last column is not padded. Cells are made printable. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `2026-03-01T12:00:00Z` */
export function instant(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** `1 call`, `12 calls` */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}

/** As one word of a shell. */
export function shellWord(text: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
