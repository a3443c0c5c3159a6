const US_DATE = /^(\d{2})\/(\d{2})\/(\d{4})(?: (\d{2}):(\d{2}):(\d{2}))?$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;

/** `MM/DD/YYYY` or `MM/DD/YYYY HH:MM:SS`, which is all that Siebel reads, to ISO 8601 in UTC; nothing for any other text. */
export function usToIso(text: string): string | undefined {
  const parts = US_DATE.exec(text);
  if (!parts) return undefined;
  const [, month, day, year, hour = '00', minute = '00', second = '00'] = parts;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  const instant = new Date(iso);
  // A day that the month does not have would be taken for one of the next month.
  return Number.isNaN(instant.getTime()) || isoSeconds(instant.getTime()) !== iso ? undefined : iso;
}

/** The reverse, always with the time of day. */
export function isoToUs(iso: string): string {
  return `${usDate(iso)} ${iso.slice(11, 19)}`;
}

/** The day alone, `MM/DD/YYYY`. */
export function usDate(iso: string): string {
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)}`;
}

export function isTime(text: string): boolean {
  return TIME.test(text);
}

/** ISO 8601 with whole seconds: how the store keeps instants, so that text order is time order. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** An instant on the wall clock of a zone. Both are ISO 8601 texts ending in `Z`: the second one is no instant. */
export function toWallClock(iso: string, zone: string): string {
  if (zone === 'UTC') return iso;
  const ms = Date.parse(iso);
  return isoSeconds(ms + offsetMs(ms, zone));
}

/**
 * The instant that a wall clock of the zone shows. Of two (clocks were put back) the earlier one;
 * of none (clocks were put forward) the one as long after the change.
 */
export function fromWallClock(wall: string, zone: string): string {
  if (zone === 'UTC') return wall;
  const ms = Date.parse(wall);
  const around = [offsetMs(ms - DAY_MS, zone), offsetMs(ms + DAY_MS, zone)];
  const candidates = around.map((offset) => ms - offset).filter((at) => at + offsetMs(at, zone) === ms);
  const [before = 0] = around;
  return isoSeconds(candidates.length > 0 ? Math.min(...candidates) : ms - before);
}

const DAY_MS = 86_400_000;
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What a zone's clock is ahead of UTC at an instant. */
function offsetMs(ms: number, zone: string): number {
  const shown = new Map(
    clockOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => shown.get(type) ?? 0;
  const wallMs = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return wallMs - Math.floor(ms / 1_000) * 1_000;
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  clocks.set(timeZone, clock);
  return clock;
}
