import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';

/** Fields of a log line: plain values only. Never a token, a secret, or a whole record. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One JSON object a line, with a fixed upper-case code as its message: `CALL_SETTLED`. */
export interface Log {
  info(code: string, fields?: LogFields): void;
  warn(code: string, fields?: LogFields): void;
  error(code: string, fields?: LogFields): void;
  /** A log whose every line carries these fields too. */
  with(fields: LogFields): Log;
}

/** What a metric may be parted by. */
export type Dimension = { readonly code: string } | { readonly class: string } | { readonly job: string };

/** Counters and times for CloudWatch, in the embedded metric format. Names are fixed, never ids. */
export interface Metrics {
  /**
   * Adds to a counter. `by` adds to a second one of the same name that has this dimension beside the usual ones; the words
   * of a dimension are few and fixed: codes, classes, and jobs of `siebel.config.ts`.
   */
  count(name: string, value?: number, by?: Dimension): void;
  /** Adds a time. `by` as for `count`: the second metric holds the last time of each word. */
  milliseconds(name: string, value: number, by?: Dimension): void;
  seconds(name: string, value: number): void;
  /** Writes what was collected since the last call; nothing when there is nothing. */
  publish(): void;
}

/** What goes out under a dimension of its own. */
interface Parted {
  readonly name: string;
  readonly by: Dimension;
  readonly unit: typeof MetricUnit.Count | typeof MetricUnit.Milliseconds;
  readonly value: number;
}

const NAMESPACE = 'SiebelIntegration';
/** Characters of a text, and of all texts of a list together. */
const MAX_VALUE_LENGTH = 2_048;
const MAX_LIST_LENGTH = 20;
/** What the fields of a line may take, so that no line passes 16 KiB. Hostile text grows when it is escaped. */
const MAX_FIELDS_BYTES = 14_336;
const TOO_LARGE = '[too large]';

/** The log of one function; its level is `POWERTOOLS_LOG_LEVEL`, by default INFO. */
export function functionLog(service: string): Log {
  return logOver(new Logger({ serviceName: service }), {});
}

/** The metrics of one function in one stage: two stages in one account are told apart by the dimension `stage`. */
export function functionMetrics(service: string, stage: string): Metrics {
  const metrics = new PowertoolsMetrics({
    namespace: NAMESPACE,
    serviceName: service,
    defaultDimensions: { stage },
  });
  /** By name and word: sums of counters, last values of times. */
  const parted = new Map<string, Parted>();
  return {
    count(name, value = 1, by) {
      metrics.addMetric(name, MetricUnit.Count, value);
      if (!by) return;
      const part = `${name} ${Object.values(by)}`;
      parted.set(part, { name, by, unit: MetricUnit.Count, value: (parted.get(part)?.value ?? 0) + value });
    },
    milliseconds(name, value, by) {
      metrics.addMetric(name, MetricUnit.Milliseconds, value);
      if (by) parted.set(`${name} ${Object.values(by)}`, { name, by, unit: MetricUnit.Milliseconds, value });
    },
    seconds: (name, value) => metrics.addMetric(name, MetricUnit.Seconds, value),
    publish: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
      // An object of the embedded metric format has one set of dimensions for all that it holds.
      for (const { name, by, unit, value } of parted.values()) {
        const one = metrics.singleMetric();
        for (const [dimension, word] of Object.entries(by)) one.addDimension(dimension, word);
        one.addMetric(name, unit, value);
      }
      parted.clear();
    },
  };
}

function logOver(logger: Logger, own: LogFields): Log {
  return {
    info: (code, fields) => logger.info(code, printable({ ...own, ...fields })),
    warn: (code, fields) => logger.warn(code, printable({ ...own, ...fields })),
    error: (code, fields) => logger.error(code, printable({ ...own, ...fields })),
    with: (fields) => logOver(logger, { ...own, ...fields }),
  };
}

function printable(fields: LogFields): Record<string, unknown> {
  let leftBytes = MAX_FIELDS_BYTES;
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      if (value === undefined) return [];
      const shown = typeof value === 'string' ? escaped(value) : Array.isArray(value) ? listed(value) : value;
      const bytes = Buffer.byteLength(JSON.stringify({ [name]: shown }));
      if (bytes > leftBytes) return [[name, TOO_LARGE]];
      leftBytes -= bytes;
      return [[name, shown]];
    }),
  );
}

function listed(values: readonly string[]): string[] {
  let left = MAX_VALUE_LENGTH;
  return values.slice(0, MAX_LIST_LENGTH).flatMap((value) => {
    if (left === 0) return [];
    const cut = value.slice(0, left);
    left -= cut.length;
    return [escaped(cut)];
  });
}

// JSON escapes the first controls; it leaves alone the others, the line ends of Unicode, and the bidirectional marks, which
// can turn a line around on a screen.
function escaped(value: string): string {
  return value
    .slice(0, MAX_VALUE_LENGTH)
    .replace(
      /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
