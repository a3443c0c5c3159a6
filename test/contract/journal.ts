import { randomUUID } from 'node:crypto';

/** Where a record lives: in the component that is asked about, or in that of its children. */
export type Place = 'record' | 'child';

/** A name that this run has given to a record, and the addresses of the records that have it. */
export interface Named {
  readonly name: string;
  readonly place: Place;
  readonly paths: Set<string>;
  /** What became of the writes that named it: none yet, all refused, or one that may have been carried out. */
  write: 'none' | 'refused' | 'accepted';
}

/** What this run has made: nothing else may be deleted. */
export interface Journal {
  /** Every record of this run is called `contract-check <run> <number>`. */
  readonly run: string;
  newName(place: Place, ending?: string): string;
  /** Takes in a name that was made from one of the run's. */
  ownName(place: Place, name: string): void;
  /** The names of this run that stand in a body, at any depth. */
  namesIn(body: unknown): readonly Named[];
  names(): readonly Named[];
  /** Notes a record by its address. The last ones are deleted first. */
  made(path: string, named?: Named): void;
  deleted(path: string): void;
  /** Whether the run has made the record at this address. */
  owns(path: string): boolean;
  /** Records that are not known to be deleted, the youngest first. */
  left(): readonly { readonly path: string; readonly label: string }[];
  /** A write that was accepted, of which nothing is known. */
  lost(what: string): void;
  lostOnes(): readonly string[];
  /** A call of the profile's own that was made. */
  called(path: string): void;
  calls(): readonly string[];
}

/** Every record that this program makes is called so. */
export const MARK = 'contract-check';

/** Longer names are there to be refused, and would make no search. */
const LONGEST = 100;

export function journalOf(): Journal {
  const run = randomUUID().slice(0, 8);
  const names = new Map<string, Named>();
  const records = new Map<string, { label: string; isDeleted: boolean }>();
  const lost = new Set<string>();
  const calls = new Set<string>();
  let numbers = 0;
  const ownName: Journal['ownName'] = (place, name) => {
    if (!names.has(name) && name.startsWith(`${MARK} ${run} `) && name.length <= LONGEST)
      names.set(name, { name, place, paths: new Set(), write: 'none' });
  };

  return {
    run,
    ownName,
    newName(place, ending = '') {
      numbers += 1;
      const name = `${MARK} ${run} ${numbers}${ending}`;
      ownName(place, name);
      return name;
    },
    namesIn: (body) => [
      ...new Set(textsIn(body).flatMap((text) => (names.has(text) ? [names.get(text) as Named] : []))),
    ],
    names: () => [...names.values()],
    made(path, named) {
      named?.paths.add(path);
      const known = records.get(path);
      // An Id by itself says little to those who look for the record.
      const label = named?.name ?? known?.label ?? decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
      records.delete(path);
      records.set(path, { label, isDeleted: false });
    },
    deleted(path) {
      const record = records.get(path);
      if (record) record.isDeleted = true;
    },
    owns: (path) => records.has(path),
    left: () => [...records].flatMap(([path, { label, isDeleted }]) => (isDeleted ? [] : [{ path, label }])).reverse(),
    lost: (what) => lost.add(what),
    lostOnes: () => [...lost],
    called: (path) => calls.add(path),
    calls: () => [...calls],
  };
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
