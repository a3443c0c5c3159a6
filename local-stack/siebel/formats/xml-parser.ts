/** One element: its name as written, and its child elements or its text. Attributes are passed over. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** The text is no XML document, or one of a kind that is refused: document types, entities of its own. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

const DEEPEST = 64;
const NAME = /[\p{L}_][\p{L}\p{N}._-]*/uy;
const ATTRIBUTE = /\s+[\p{L}_:][\p{L}\p{N}._:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*')/uy;
const PASSED_OVER = /\s+|<!--[\s\S]*?-->|<\?[\s\S]*?\?>/y;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Reads a document: one root element around elements and text.
 *
 * @throws XmlError
 */
export function parseXml(document: string): XmlElement {
  const reader = { document, position: 0 };
  passOver(reader);
  const root = readElement(reader, 0);
  passOver(reader);
  if (reader.position !== reader.document.length) throw unexpected(reader);
  return root;
}

interface Reader {
  readonly document: string;
  position: number;
}

function readElement(reader: Reader, depth: number): XmlElement {
  if (depth > DEEPEST) throw new XmlError(`elements are nested more than ${DEEPEST} deep`);
  if (!takeText(reader, '<')) throw unexpected(reader);
  const name = take(reader, NAME) ?? '';
  if (name === '') throw unexpected(reader);
  while (take(reader, ATTRIBUTE) !== undefined);
  take(reader, /\s+/y);
  if (takeText(reader, '/>')) return { name, children: [], text: '' };
  if (!takeText(reader, '>')) throw unexpected(reader);
  return { name, ...readContent(reader, name, depth) };
}

function readContent(reader: Reader, name: string, depth: number): Pick<XmlElement, 'children' | 'text'> {
  const children: XmlElement[] = [];
  let text = '';
  while (!takeText(reader, '</')) {
    const cdata = /<!\[CDATA\[([\s\S]*?)\]\]>/y;
    const written = take(reader, /[^<]+/y);
    if (written !== undefined) text += resolved(written);
    else if (take(reader, /<!--[\s\S]*?-->|<\?[\s\S]*?\?>/y) !== undefined) continue;
    else if (reader.document.startsWith('<![CDATA[', reader.position)) {
      const section = take(reader, cdata);
      if (section === undefined) throw unexpected(reader);
      text += section.slice('<![CDATA['.length, -']]>'.length);
    } else children.push(readElement(reader, depth + 1));
  }
  if (take(reader, NAME) !== name) throw unexpected(reader);
  take(reader, /\s+/y);
  if (!takeText(reader, '>')) throw unexpected(reader);
  return { children, text };
}

function resolved(text: string): string {
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
    if (known !== undefined && whole.endsWith(';')) return known;
    const [, hexadecimal, decimal] = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name) ?? [];
    const point = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
    if (!whole.endsWith(';') || !(point > 0 && point <= 0x10ffff)) throw new XmlError('an entity is not known');
    return String.fromCodePoint(point);
  });
}

function passOver(reader: Reader): void {
  while (take(reader, PASSED_OVER) !== undefined);
}

function takeText(reader: Reader, text: string): boolean {
  if (!reader.document.startsWith(text, reader.position)) return false;
  reader.position += text.length;
  return true;
}

function take(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.position;
  const found = pattern.exec(reader.document)?.[0];
  if (found === undefined) return undefined;
  reader.position += found.length;
  return found;
}

function unexpected({ position }: Reader): XmlError {
  return new XmlError(`unexpected text at position ${position}`);
}
