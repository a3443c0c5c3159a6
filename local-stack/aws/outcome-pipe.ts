import { createWriteStream } from 'node:fs';
import { matches, memberOf } from './event-pattern.ts';
import { type StreamRecord, startTableStream } from './table-stream.ts';

/** The pipe from the table's stream to an event bus, as the build derived it. */
export interface OutcomePipe {
  readonly bus: string;
  readonly detailType: string;
  readonly filters: readonly object[];
  readonly inputTemplate: string;
}

/** An event as it stands on the bus. */
export interface OutcomeEvent {
  readonly bus: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
}

/** A pipe that runs, from a table to a bus that keeps everything. */
export interface RunningPipe {
  /** Of DynamoDB, in the place of the stand-in's own. */
  readonly endpoint: string;
  /** What is on the bus so far, oldest first. */
  events(): readonly OutcomeEvent[];
  close(): Promise<void>;
}

/** Starts a pipe. Each event becomes a line of the log file as well. */
export async function startOutcomePipe({
  pipe,
  dynamodbEndpoint,
  logFile,
  port,
}: {
  readonly pipe: OutcomePipe;
  readonly dynamodbEndpoint: string;
  readonly logFile: string;
  readonly port: number;
}): Promise<RunningPipe> {
  const events: OutcomeEvent[] = [];
  const log = createWriteStream(logFile);
  const { endpoint, close } = await startTableStream({
    dynamodbEndpoint,
    port,
    onRecord(record) {
      const event = throughPipe(pipe, record);
      if (!event) return;
      events.push(event);
      log.write(`${JSON.stringify(event)}\n`);
    },
  });
  return {
    endpoint,
    events: () => events,
    async close() {
      await close();
      await new Promise<void>((resolve) => log.end(resolve));
    },
  };
}

/** The event that the pipe makes of a record of the stream; nothing when no filter lets it through. */
export function throughPipe(pipe: OutcomePipe, record: StreamRecord): OutcomeEvent | undefined {
  if (!pipe.filters.some((pattern) => matches(pattern, record))) return undefined;
  const detail = JSON.parse(filledIn(pipe.inputTemplate, record));
  return { bus: pipe.bus, source: 'siebel-integration-local', detailType: pipe.detailType, detail };
}

/**
 * A template with its paths `<$.a.b>` filled in: as JSON, or as a piece of text between quotes, where nothing stands for what
 * is not there.
 *
 * @see EventBridge user guide, "Amazon EventBridge Pipes input transformation"
 */
function filledIn(template: string, record: StreamRecord): string {
  return template.replace(/("?)<\$\.([A-Za-z0-9_.-]+)>("?)/g, (_whole, before: string, path: string, after: string) => {
    const value = path.split('.').reduce<unknown>(memberOf, record);
    const isText = before !== '' && after !== '';
    return isText ? JSON.stringify(String(value ?? '')) : `${before}${JSON.stringify(value ?? null)}${after}`;
  });
}
