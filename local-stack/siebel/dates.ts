const US_DATE = /^(\d{2})\/(\d{2})\/(\d{4})(?: (\d{2}):(\d{2}):(\d{2}))?$/;

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
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)}`;
}

/** ISO 8601 with whole seconds: how the store keeps instants, so that text order is time order. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
