import type { Clock } from '../../lib/clock.ts';
import type { CallItem, CallStore, Rejection } from '../../lib/ledger/call-item.ts';

/** The calls that are kept, in the memory of the test, each write under its condition. */
export interface CallsInMemory extends CallStore {
  item(operation: string, key: string): CallItem | undefined;
  /** Codes of what is parked, with the keys. */
  parked(): readonly { readonly code: string; readonly key: string | undefined }[];
  /** Conditional writes so far. */
  writes(): number;
}

/** @param options.writeMs What one write takes. */
export function callsInMemory({ clock, writeMs = 8 }: { clock: Clock; writeMs?: number }): CallsInMemory {
  const items = new Map<string, CallItem>();
  const rejections = new Map<string, { code: string; key: string | undefined }>();
  let writes = 0;

  const pkOf = ({ operation, key }: Pick<CallItem, 'operation' | 'key'>) => `${operation}#${key}`;
  return {
    async read(name) {
      await clock.sleep(writeMs);
      return items.get(pkOf(name));
    },
    async put(item, before, rejection?: Rejection) {
      writes += 1;
      await clock.sleep(writeMs);
      const pk = pkOf(item);
      const found = items.get(pk);
      if (found?.nonce !== before?.nonce) return { found };
      const refused = rejection && { code: rejection.code, messageId: rejection.message.messageId };
      const stored: CallItem = { ...item, ...refused, nonce: `nonce ${writes}` };
      items.set(pk, stored);
      rejections.delete(pk);
      if (rejection) rejections.set(pk, { code: rejection.code, key: item.key });
      return { stored };
    },
    async park({ key }, { code, message }) {
      writes += 1;
      await clock.sleep(writeMs);
      const pk = `parked#${message.messageId}`;
      const isNew = !rejections.has(pk);
      rejections.set(pk, { code, key });
      return isNew;
    },
    item: (operation, key) => items.get(pkOf({ operation, key })),
    parked: () => [...rejections.values()],
    writes: () => writes,
  };
}
