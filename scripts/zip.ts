import { zipSync } from 'fflate';

/** Read by everybody, written by the owner, a plain file: what Lambda needs to load it. */
const FILE_MODE = 0o100644;
const UNIX = 3;

/**
 * A zip that depends on nothing but its content: same files, same bytes, on every machine and at any time.
 *
 * @param files Name in the zip to content; their order does not matter.
 */
export function zip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  // The format stores local time, so a local midnight looks the same in every zone. 1980 is its first year.
  const mtime = new Date(1980, 0, 1);
  const names = Object.keys(files).sort();
  return zipSync(
    Object.fromEntries(
      names.map((name) => [
        name,
        [files[name] ?? new Uint8Array(), { level: 9, mtime, os: UNIX, attrs: (FILE_MODE << 16) >>> 0 }],
      ]),
    ),
  );
}
