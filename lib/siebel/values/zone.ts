import * as z from 'zod/mini';
import { ConfigurationError } from '../../errors.ts';
import { instantCheck, instantFromWire, instantToWire, isInstant } from './calendar.ts';
import { coded, type Decoded, type Field, fieldOf } from './field.ts';

/** What a wall clock reading means in the hour that a zone repeats when its summer time ends. */
export type Fold = 'refuse' | 'earlier' | 'later';

/**
 * A date and time in the wall clock of a zone (`DTYPE_DATETIME` for an integration user whose zone is not UTC): an instant
 * here, `2025-03-14T08:26:53Z`, and `03/14/2025 09:26:53` on the wire for `Europe/Vienna`. Years 1000 to 9999.
 *
 * The wire says neither zone nor offset. So a reading that the zone skips (02:30 when summer time starts) is a problem, and
 * one that it shows twice (02:30 when it ends) is what `fold` says. An instant that would not be read back as itself is
 * refused before it is sent (`BAD_TIME`).
 *
 * @param zone Name in the IANA database: `Europe/Vienna`. It must be the zone of the integration user in Siebel.
 * @param options.fold `refuse` (default): neither read nor written. `earlier`, `later`: read as the first or the second of
 *   the two instants; only that one is written. Use one of them where records of that hour must be read, and are known to
 *   be off by an hour at times.
 * @throws ConfigurationError for a zone that this machine does not know.
 * @see docs/siebel.md, values on the wire
 */
export function dateTime(
  zone: string,
  { fold = 'refuse' }: { readonly fold?: Fold } = {},
): Field<string, false, false, 'dateTime'> {
  const clock = zoneClock(zone);
  const fromWire = (wire: string) => instantOfReading(wire, { zone, clock, fold });
  const toWire = (value: string): string | undefined => {
    const wallMs = isInstant(value) ? clock.wallClockAt(Date.parse(value)) : undefined;
    const wire = wallMs === undefined ? undefined : instantToWire(new Date(wallMs).toISOString());
    const back = wire === undefined ? undefined : fromWire(wire);
    return back && 'value' in back && Date.parse(back.value) === Date.parse(value) ? wire : undefined;
  };
  const message = `lies in the hour that the clocks of ${zone} show twice, or outside the years 1000 to 9999`;
  return fieldOf('dateTime', {
    json: 'string',
    schema: z.string().check(
      instantCheck(),
      coded('BAD_TIME', message, (value) => !isInstant(value) || toWire(value) !== undefined),
    ),
    toWire(value) {
      const wire = toWire(value);
      if (wire === undefined) throw new RangeError('not an instant that can be written in this zone');
      return wire;
    },
    fromWire,
  });
}

interface ZoneClock {
  /** The reading at an instant, in milliseconds as if it were UTC; `undefined` out of the years 1000 to 9999. */
  wallClockAt(instantMs: number): number | undefined;
  /** The instants with this reading, in their order: none, one or two. */
  instantsOf(wallMs: number): readonly number[];
}

const DAY_MS = 86_400_000;
/** `Date.UTC(1000, 0, 1)` and the second before the year 10000: what four digits can say. */
const EARLIEST_MS = -30_610_224_000_000;
const LATEST_MS = 253_402_300_799_000;
const READING = /^(\d\d)\/(\d\d)\/(\d{4}), (\d\d):(\d\d):(\d\d)$/;
/** Days of which a zone keeps the offset. */
const MAX_DAYS = 1_000;
/** A formatter costs about a thousand readings. */
const clocks = /* @__PURE__ */ new Map<string, ZoneClock>();

function zoneClock(zone: string): ZoneClock {
  const known = clocks.get(zone) ?? newClock(zone);
  clocks.set(zone, known);
  return known;
}

function newClock(zone: string): ZoneClock {
  const format = formatOf(zone);
  const read = (instantMs: number) => {
    const reading = isWritable(instantMs) ? READING.exec(format.format(instantMs)) : null;
    if (!reading) return undefined;
    const [, month, day, year, hour, minute, second] = reading.map(Number) as [number, ...number[]];
    return Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  };
  const offsetBetween = steadyOffsets(read);
  const wallClockAt = (instantMs: number) => {
    const day = Math.floor(instantMs / DAY_MS);
    const offsetMs = offsetBetween(day, day + 1);
    const wallMs = offsetMs === undefined ? read(instantMs) : instantMs + offsetMs;
    return isWritable(instantMs) ? wallMs : undefined;
  };
  return {
    wallClockAt,
    instantsOf(wallMs) {
      // No zone is further than a day from UTC, so that the offsets around a day are all that there can be.
      const day = Math.floor(wallMs / DAY_MS);
      const offsetMs = offsetBetween(day - 1, day + 2);
      const offsets =
        offsetMs !== undefined
          ? [offsetMs]
          : [wallMs - DAY_MS, wallMs, wallMs + DAY_MS].map((atMs) => (read(atMs) ?? Number.NaN) - atMs);
      // A time is shown twice when the offset becomes smaller, so that they come in the order of time.
      const candidates = new Set(offsets.map((offset) => wallMs - offset));
      return [...candidates].filter((instantMs) => wallClockAt(instantMs) === wallMs);
    },
  };
}

function formatOf(zone: string): Intl.DateTimeFormat {
  // Offsets such as +01:00 are taken by the platform, and are right for half of the year.
  if (!/^[A-Za-z]/.test(zone)) throw notAZone(zone);
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  } catch (cause) {
    throw notAZone(zone, cause);
  }
}

function notAZone(zone: string, cause?: unknown): ConfigurationError {
  const message = `dateTime: ${JSON.stringify(zone)} is no time zone of the IANA database, such as "Europe/Vienna"`;
  return new ConfigurationError(message, { cause });
}

/**
 * The offset from UTC between the starts of two days of UTC, if it is one: no zone changes its offset and back within three
 * days. A day is asked for once, as the platform takes microseconds for each answer.
 */
function steadyOffsets(
  read: (instantMs: number) => number | undefined,
): (from: number, to: number) => number | undefined {
  const offsets = new Map<number, number>();
  const offsetAt = (day: number): number => {
    const known = offsets.get(day);
    if (known !== undefined) return known;
    const offsetMs = (read(day * DAY_MS) ?? Number.NaN) - day * DAY_MS;
    if (offsets.size >= MAX_DAYS) offsets.clear();
    offsets.set(day, offsetMs);
    return offsetMs;
  };
  return (from, to) => {
    const offsetMs = offsetAt(from);
    return offsetMs === offsetAt(to) ? offsetMs : undefined;
  };
}

function isWritable(ms: number): boolean {
  return ms >= EARLIEST_MS && ms <= LATEST_MS;
}

function instantOfReading(
  wire: string,
  { zone, clock, fold }: { readonly zone: string; readonly clock: ZoneClock; readonly fold: Fold },
): Decoded<string> {
  const reading = instantFromWire(wire);
  if (!('value' in reading)) return reading;

  const instants = clock.instantsOf(Date.parse(reading.value));
  const [first, ...more] = instants;
  if (first === undefined)
    return { problem: `is a time that the clocks of ${zone} never show: is it the zone of the integration user?` };
  if (more.length > 0 && fold === 'refuse')
    return { problem: `is a time that the clocks of ${zone} show twice: say with fold which one is meant` };
  const instantMs = fold === 'later' ? (instants.at(-1) ?? first) : first;
  return { value: new Date(instantMs).toISOString().replace('.000Z', 'Z') };
}
