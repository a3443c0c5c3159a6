import type { Clock } from '../clock.ts';
import { failureClassOf, IntegrationError, UnknownOutcomeError } from '../errors.ts';
import { countFailure, failureFields } from '../failure-fields.ts';
import type { Log, Metrics } from '../logger.ts';
import type { Integration, Operation, OperationRunner } from '../operations/index.ts';
import type { CallReport } from '../siebel/call.ts';
import { inputOf } from './input.ts';
import { problemOf } from './problem.ts';
import { refusal } from './refusal.ts';
import { type ApiRequest, readRequest } from './request.ts';
import { type ApiResponse, jsonResponse, problemResponse } from './response.ts';
import { locationOf, methodsAt, type RouteMatch, router } from './routes.ts';

/** What answering requests needs. */
export interface ApiServerParts {
  readonly integration: Pick<Integration, 'routes' | 'operations'>;
  readonly operations: Pick<OperationRunner, 'run'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What is known of a request by the time that it is answered. */
interface Course {
  match?: RouteMatch;
  call?: CallReport;
  failure?: unknown;
}

/**
 * Answers requests: route, input, operation, then JSON or a problem document. Always answers, except for an event that is
 * none of an HTTP API.
 *
 * @returns A function of event and deadline by `Clock.now()`. It throws InvalidInputError `INVALID_EVENT` only.
 */
export function apiServer(parts: ApiServerParts): (event: unknown, deadlineAtMs: number) => Promise<ApiResponse> {
  const { integration, operations, clock, metrics } = parts;
  const findRoute = router(integration.routes);

  const answer = async (request: ApiRequest, course: Course, deadlineAtMs: number): Promise<ApiResponse> => {
    const match = findRoute(request);
    course.match = match;
    const { operation: name } = match.route;
    const operation = integration.operations.get(name);
    if (!operation) throw new Error(`route ${match.route.routeKey} names an operation that is not there`);

    const input = inputOf(request, match, operation);
    const onCall = (report: CallReport) => {
      course.call = report;
    };
    const result = await operations.run(name, input, { deadlineAtMs, onCall });
    const location = operation.kind === 'insert' ? locationOf(integration.routes, match.route, result) : undefined;
    const response = jsonResponse(result, request.correlationId, location);
    if (!response) throw tooLarge(operation);
    return response;
  };

  const refuse = (request: ApiRequest, { match, failure }: Course): ApiResponse => {
    countFailure(failureClassOf(failure), metrics);
    const inputFrom = match?.route.method === 'GET' ? 'parameters' : 'body';
    const problem = problemOf(failure, { requestId: request.requestId, inputFrom });
    const headers: Record<string, string> =
      failure instanceof IntegrationError && failure.code === 'METHOD_NOT_ALLOWED'
        ? { allow: methodsAt(integration.routes, request.path).join(', ') }
        : {};
    return problemResponse(problem, request.correlationId, headers);
  };

  return async (event, deadlineAtMs) => {
    const startedMs = clock.elapsed();
    const request = readRequest(event);
    const course: Course = {};
    const response = await answer(request, course, deadlineAtMs).catch((error: unknown) => {
      course.failure = error;
      return refuse(request, course);
    });
    tell(parts, request, response, course, clock.elapsed() - startedMs);
    return response;
  };
}

function tell(
  { log, metrics }: ApiServerParts,
  { requestId, correlationId, clientId }: ApiRequest,
  { statusCode: status }: ApiResponse,
  { match, call, failure }: Course,
  durationMs: number,
): void {
  const level = status >= 500 ? (status === 503 ? 'warn' : 'error') : 'info';
  log[level]('REQUEST_SETTLED', {
    requestId,
    correlationId,
    clientId,
    status,
    routeKey: match?.route.routeKey,
    operation: match?.route.operation,
    attempts: call?.attempts ?? 0,
    siebelMs: Math.round(call?.siebelMs ?? 0),
    tokenMs: Math.round(call?.tokenMs ?? 0),
    durationMs: Math.round(durationMs),
    ...failureFields(failure),
  });
  metrics.count(status < 400 ? 'api.ok' : status < 500 ? 'api.refused' : 'api.failed');
  if (status < 500 && status >= 400) metrics.count('input.rejected');
  if (call && call.attempts > 0) metrics.milliseconds('siebel.call', call.siebelMs);
}

function tooLarge({ kind }: Operation): Error {
  return kind === 'read'
    ? refusal('TOO_LARGE', 'the answer is larger than this API gives: ask for fewer records')
    : new UnknownOutcomeError('the call has been made, but its answer is larger than this API gives');
}
