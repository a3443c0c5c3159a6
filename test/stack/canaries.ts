/** How a secret may be spelled where it should not stand at all. */
export const SPELLINGS: Readonly<Record<string, (text: string) => readonly string[]>> = {
  plain: (text) => [text],
  base64: (text) => inBase64(text, 'base64'),
  base64url: (text) => inBase64(text, 'base64url'),
  'URL-encoded': (text) => {
    const everyByte = [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    const form = new URLSearchParams({ '': text }).toString().slice(1);
    return [encodeURIComponent(text), form, everyByte].flatMap((one) => [one, upperCaseEscapes(one), escapes(one)]);
  },
  'JSON-escaped': (text) => [jsonEscaped(text), jsonEscaped(jsonEscaped(text)), unicodeEscaped(text)],
  hexadecimal: (text) => [Buffer.from(text).toString('hex'), Buffer.from(text).toString('hex').toUpperCase()],
};

/** A piece of this many characters is found, and so is whatever holds one. */
const PIECE = 12;

/**
 * Looks for secrets, and for pieces of them, in all spellings.
 *
 * @param canaries The secrets by name, of at least 12 characters.
 * @returns A function that gives the names of those that a text holds.
 */
export function canarySearch(canaries: Readonly<Record<string, string>>): (text: string) => string[] {
  const byLength = new Map<number, Map<string, string>>();
  for (const [name, canary] of Object.entries(canaries)) {
    if (canary.length < PIECE) throw new Error(`${name} is too short to be told from other text`);
    for (const [spelling, spell] of Object.entries(SPELLINGS)) {
      for (const needle of piecesOf(canary).flatMap(spell)) {
        const needles = byLength.get(needle.length) ?? new Map<string, string>();
        byLength.set(needle.length, needles.set(needle, `${name}, ${spelling}`));
      }
    }
  }
  return (text) => {
    const found = new Set<string>();
    for (const [length, needles] of byLength) {
      for (let at = 0; at + length <= text.length; at += 1) {
        const name = needles.get(text.slice(at, at + length));
        if (name !== undefined) found.add(name);
      }
    }
    return [...found];
  };
}

function piecesOf(canary: string): string[] {
  const count = Math.floor(canary.length / PIECE);
  return Array.from({ length: count }, (_, index) => canary.slice(index * PIECE, (index + 1) * PIECE));
}

/** What stands in the base64 of a longer text that holds this one: it may begin at any of three places. */
function inBase64(text: string, encoding: 'base64' | 'base64url'): string[] {
  return [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]);
    // Characters that hold bits of the neighbours differ from one text to the next.
    const first = Math.ceil((shift * 8) / 6);
    const whole = Math.floor((bytes.length * 8) / 6);
    return bytes.toString(encoding).slice(first, whole);
  });
}

function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function unicodeEscaped(text: string): string {
  return text.replaceAll(/[^\w.-]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function upperCaseEscapes(text: string): string {
  return text.replaceAll(/%[0-9a-f]{2}/gi, (one) => one.toUpperCase());
}

function escapes(text: string): string {
  return text.replaceAll(/%[0-9a-f]{2}/gi, (one) => one.toLowerCase());
}
