/** Below this, nothing that JSON can say takes much memory or time. */
const BULKY_BYTES = 262_144;
const MAX_DEPTH = 32;
const MAX_CONTAINERS = 150_000;
const MAX_COMMAS = 500_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether JSON over 256 KiB would become far more objects than a page of records is: deeper than 32 levels, more than 150 000
 * objects and arrays, or more than 500 000 members. Reads the bytes once, makes nothing of them, and leaves it to the
 * parser to say whether they are JSON at all.
 */
export function isTooIntricate(json: Buffer): boolean {
  if (json.length <= BULKY_BYTES) return false;
  let depth = 0;
  let containers = 0;
  let commas = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at);
    else if (byte === COMMA) commas += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
      containers += 1;
    } else continue;
    if (depth > MAX_DEPTH || containers > MAX_CONTAINERS || commas > MAX_COMMAS) return true;
  }
  return false;
}

/** The quote that ends the string which begins here; the end of all when none does. */
function endOfString(json: Buffer, start: number): number {
  let end = start;
  do {
    end = json.indexOf(QUOTE, end + 1);
    if (end < 0) return json.length;
  } while (isEscaped(json, end));
  return end;
}

function isEscaped(json: Buffer, at: number): boolean {
  let backslashes = 0;
  while (json[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
