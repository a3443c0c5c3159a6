import { isAddress } from './attachments.ts';
import type { Field } from './components.ts';
import type { Row } from './store.ts';
import { type Locale, toShown } from './values.ts';

export interface PayloadOptions extends Locale {
  /** Leaves out what is not set. */
  readonly withoutEmpty?: boolean;
  /** What stands in an attachment field in the place of the file itself. */
  readonly attachmentUrl?: ((row: Row, field: Field) => string) | undefined;
}

/** A record by payload names. Every value is a string; what is not set is empty, or left out when asked for. */
export function payloadOf(row: Row, fields: readonly Field[], options: PayloadOptions = {}): Record<string, string> {
  const { withoutEmpty = false, attachmentUrl } = options;
  const record: Record<string, string> = {};
  for (const field of fields) {
    const stored = row[field.name] ?? '';
    if (stored === '' && withoutEmpty) continue;
    if (stored === '') record[field.wireName] = '';
    else if (field.type === 'attachment' && attachmentUrl && !isAddress(stored))
      record[field.wireName] = attachmentUrl(row, field);
    else record[field.wireName] = toShown(field, stored, options);
  }
  return record;
}
