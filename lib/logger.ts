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

/** Counters and times for CloudWatch, in the embedded metric format. Names are fixed, never ids. */
export interface Metrics {
  count(name: string, value?: number): void;
  milliseconds(name: string, value: number): void;
  /** Writes what was collected since the last call; nothing when there is nothing. */
  publish(): void;
}

const NAMESPACE = 'SiebelIntegration';
/** A line in CloudWatch Logs may be far longer; one of ours never has a reason to be. */
const MAX_VALUE_LENGTH = 2_048;

/** The log of one function; its level is `POWERTOOLS_LOG_LEVEL`, by default INFO. */
export function functionLog(service: string): Log {
  return logOver(new Logger({ serviceName: service }), {});
}

/** The metrics of one function. */
export function functionMetrics(service: string): Metrics {
  const metrics = new PowertoolsMetrics({ namespace: NAMESPACE, serviceName: service });
  return {
    count: (name, value = 1) => metrics.addMetric(name, MetricUnit.Count, value),
    milliseconds: (name, value) => metrics.addMetric(name, MetricUnit.Milliseconds, value),
    publish: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
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

// JSON escapes controls; the bidirectional marks it leaves alone can turn a line around on a screen.
function printable(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? escaped(value) : value]),
  );
}

function escaped(value: string): string {
  return value
    .slice(0, MAX_VALUE_LENGTH)
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16)}`);
}
