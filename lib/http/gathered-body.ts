/** The chunks of one body, as they come. */
export interface GatheredBody {
  /** Bytes so far. */
  readonly length: number;
  add(chunk: Buffer): void;
  whole(): Buffer;
}

/** Kept one by one, chunks of a byte each would take a hundred times the size of their body. */
const MAX_CHUNKS = 1_024;

export function gatheredBody(): GatheredBody {
  const blocks: Buffer[] = [];
  let chunks: Buffer[] = [];
  let length = 0;
  return {
    get length() {
      return length;
    },
    add(chunk) {
      length += chunk.length;
      chunks.push(chunk);
      if (chunks.length < MAX_CHUNKS) return;
      blocks.push(Buffer.concat(chunks));
      chunks = [];
    },
    whole() {
      const [first] = chunks;
      return first && chunks.length === 1 && blocks.length === 0
        ? first
        : Buffer.concat([...blocks, ...chunks], length);
    },
  };
}
