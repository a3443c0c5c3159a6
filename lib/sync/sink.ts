// Declared beside the vocabulary of siebel.config.ts, which names sinks of one's own.
export type {
  SinkChunk,
  SinkCursor,
  SinkLines,
  SinkOutput,
  SinkRange,
  SinkRecord,
  SinkRun,
  SyncSink,
} from '../operations/index.ts';
