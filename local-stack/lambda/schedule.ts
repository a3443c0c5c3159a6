import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback } from '../loopback.ts';
import { ThrottledError } from './host.ts';
import { parseSchedule, type Timetable } from './schedule-expression.ts';

/** What a target made of a tick. */
export interface TickResult {
  readonly payload: unknown;
  /** There when the target failed. */
  readonly functionError?: string | undefined;
}

export interface Schedule {
  /** What `POST /<name>` ticks. */
  readonly name: string;
  /** `rate(5 minutes)` or `cron(0 2 * * ? *)`. */
  readonly expression: string;
  readonly timezone?: string;
  /** What the target gets; `<aws.scheduler.scheduled-time>` in it becomes the time of the tick. */
  readonly input: unknown;
  /** A function, or a queue. */
  readonly target: (input: unknown) => Promise<TickResult>;
}

/** A tick by the clock or by hand, and how it ended. */
export interface Tick {
  readonly name: string;
  readonly by: 'clock' | 'hand';
  readonly result?: TickResult;
  readonly error?: Error;
}

/** EventBridge Scheduler, with a door for ticks by hand. */
export interface Scheduler {
  /**
   * `POST <url>/<name>` ticks, and answers with what the target answered; with `?at=2025-03-14T09:26:00Z` it is the tick of
   * that time, which may be given again. `GET <url>` lists the schedules.
   */
  readonly url: string;
  /** Stops the clock and the door; calls under way go on. */
  close(): Promise<void>;
}

/** @see EventBridge Scheduler user guide, "Adding context attributes" */
const SCHEDULED_TIME = '<aws.scheduler.scheduled-time>';
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
/** Longest wait that a timer of Node can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Starts the schedules: each ticks when it is due, whether or not the run before has ended.
 *
 * @param options.onTick Told about each tick when it has ended.
 * @throws ScheduleExpressionError for an expression or time zone that AWS would refuse.
 */
export async function startScheduler({
  schedules,
  onTick = () => {},
  port = 0,
}: {
  schedules: readonly Schedule[];
  onTick?: (tick: Tick) => void;
  port?: number;
}): Promise<Scheduler> {
  const entries = schedules.map((schedule) => {
    const { expression, timezone } = schedule;
    return { schedule, timetable: parseSchedule(expression, timezone === undefined ? {} : { timezone }) };
  });
  const timers = new Map<string, NodeJS.Timeout>();

  async function tick({ name, input, target }: Schedule, by: Tick['by'], time: string): Promise<TickResult> {
    try {
      const result = await target(JSON.parse(JSON.stringify(input).replaceAll(SCHEDULED_TIME, time)));
      onTick({ name, by, result });
      return result;
    } catch (error) {
      onTick({ name, by, error: error as Error });
      throw error;
    }
  }

  function arm(schedule: Schedule, timetable: Timetable, after: Date): void {
    const due = timetable.next(after);
    if (!due) return;
    const waitMs = due.getTime() - Date.now();
    const timer = setTimeout(
      () => {
        if (waitMs > LONGEST_TIMER_MS) return arm(schedule, timetable, after);
        // Whoever wants to know how it ended has been told.
        tick(schedule, 'clock', timeOf(due)).catch(() => {});
        arm(schedule, timetable, due);
      },
      Math.min(Math.max(waitMs, 0), LONGEST_TIMER_MS),
    );
    timers.set(schedule.name, timer);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://scheduler');
    const name = pathname.slice(1);
    const at = searchParams.get('at') ?? timeOf(new Date());
    const found = schedules.find((schedule) => schedule.name === name || encodeURIComponent(schedule.name) === name);
    if (name === '' && request.method === 'GET') {
      const list = entries.map(({ schedule, timetable }) => ({
        ...schedule,
        next: timetable.next(new Date()) ?? null,
      }));
      return send(response, 200, { schedules: list });
    }
    if (!found) {
      const names = schedules.map((schedule) => schedule.name).join(', ');
      return send(response, 404, { message: `there is no schedule "${name}"; there are: ${names}` });
    }
    if (request.method !== 'POST') return send(response, 405, { message: `POST /${name} ticks it` });
    if (!INSTANT.test(at) || Number.isNaN(Date.parse(at))) {
      return send(response, 400, { message: 'at is the time of a tick: 2025-03-14T09:26:00Z' });
    }
    const { payload, functionError } = await tick(found, 'hand', at);
    send(response, functionError ? 502 : 200, payload);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => {
      send(response, error instanceof ThrottledError ? 429 : 500, { message: error.message });
    });
  });
  const { origin, close } = await listenOnLoopback(server, port);
  for (const { schedule, timetable } of entries) arm(schedule, timetable, new Date());

  return {
    url: origin,
    async close() {
      for (const timer of timers.values()) clearTimeout(timer);
      await close();
    },
  };
}

/** As EventBridge writes it: ISO 8601 in UTC, to the second. */
function timeOf(due: Date): string {
  return `${due.toISOString().slice(0, 19)}Z`;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null));
}
