/** How names of fields and components are written as XML elements. */
const ESCAPES: readonly (readonly [character: string, escape: string])[] = [
  ['_', '_und'],
  [' ', '_spc'],
  ['/', '_slh'],
  ['#', '_pnd'],
];

const ESCAPE = new RegExp(`${ESCAPES.map(([, written]) => written).join('|')}|_x([0-9a-f]{4})`, 'g');

/** Every underscore is escaped too, so that reading a name gives back the very text. */
export function elementName(name: string): string {
  return name.replace(/[^\p{L}\p{N}.-]/gu, (character) => {
    const known = ESCAPES.find(([plain]) => plain === character);
    return known ? known[1] : [...utf16(character)].join('');
  });
}

export function nameOfElement(element: string): string {
  return element.replace(ESCAPE, (written, hexadecimal?: string) => {
    if (hexadecimal !== undefined) return String.fromCharCode(Number.parseInt(hexadecimal, 16));
    return ESCAPES.find(([, known]) => known === written)?.[0] ?? written;
  });
}

/** Other signs that XML has no place for in a name: nobody has written down what becomes of them. */
function* utf16(text: string): Iterable<string> {
  for (let index = 0; index < text.length; index += 1) {
    yield `_x${text.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }
}
