import type { Clock } from '../clock.ts';
import { failureClassOf, IntegrationError } from '../errors.ts';
import { countFailure, failureFields } from '../failure-fields.ts';
import type { Log, LogFields, Metrics } from '../logger.ts';
import type { Integration, OperationRunner } from '../operations/index.ts';
import type { CallReport } from '../siebel/call.ts';
import { inputOf } from './input.ts';
import { problemOf } from './problem.ts';
import { refusal } from './refusal.ts';
import { type ApiRequest, readRequest } from './request.ts';
import { type ApiResponse, jsonResponse, problemResponse } from './response.ts';
import { methodsAt, type RouteMatch, router } from './routes.ts';

/** What answering requests needs. */
export interface ApiServerParts {
  readonly integration: Pick<Integration, 'routes' | 'operations'>;
  readonly operations: Pick<OperationRunner, 'run'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Answers requests: route, input, operation, then JSON or a problem document. Always answers, except for an event that is
 * none of an HTTP API.
 *
 * @returns A function of event and deadline by `Clock.now()`. It throws InvalidInputError `INVALID_EVENT` only.
 */
export function apiServer(parts: ApiServerParts): (event: unknown, deadlineAtMs: number) => Promise<ApiResponse> {
  const { integration, operations, clock, log, metrics } = parts;
  const findRoute = router(integration.routes);

  return async (event, deadlineAtMs) => {
    const startedMs = clock.elapsed();
    const request = readRequest(event);
    let match: RouteMatch | undefined;
    let call: CallReport | undefined;
    let failure: unknown;

    const answer = async (): Promise<ApiResponse> => {
      match = findRoute(request);
      const { operation: name } = match.route;
      const operation = integration.operations.get(name);
      if (!operation) throw new Error(`route ${match.route.routeKey} names an operation that is not there`);

      const input = inputOf(request, match, operation);
      const onCall = (report: CallReport) => {
        call = report;
      };
      const result = await operations.run(name, input, { deadlineAtMs, onCall });
      const response = jsonResponse(result, request.correlationId);
      if (!response) throw refusal('TOO_LARGE', 'the answer is larger than this API gives: ask for fewer records');
      return response;
    };

    let response: ApiResponse;
    try {
      response = await answer();
    } catch (error) {
      failure = error;
      countFailure(failureClassOf(error), metrics);
      const inputFrom = match?.route.method === 'GET' ? 'parameters' : 'body';
      const problem = problemOf(error, { requestId: request.requestId, inputFrom });
      response = problemResponse(problem, request.correlationId, headersOf(error, request));
    }

    tell(request, response.statusCode, {
      routeKey: match?.route.routeKey,
      operation: match?.route.operation,
      attempts: call?.attempts ?? 0,
      siebelMs: Math.round(call?.siebelMs ?? 0),
      tokenMs: Math.round(call?.tokenMs ?? 0),
      durationMs: Math.round(clock.elapsed() - startedMs),
      ...failureFields(failure),
    });
    if (call && call.attempts > 0) metrics.milliseconds('siebel.call', call.siebelMs);
    return response;
  };

  function tell({ requestId, correlationId, clientId }: ApiRequest, status: number, fields: LogFields): void {
    const level = status >= 500 ? (status === 503 ? 'warn' : 'error') : 'info';
    log[level]('REQUEST_SETTLED', { requestId, correlationId, clientId, status, ...fields });
    metrics.count(status < 400 ? 'api.ok' : status < 500 ? 'api.refused' : 'api.failed');
    if (status < 500 && status >= 400) metrics.count('input.rejected');
  }

  function headersOf(error: unknown, { path }: ApiRequest): Record<string, string> {
    return error instanceof IntegrationError && error.code === 'METHOD_NOT_ALLOWED'
      ? { allow: methodsAt(integration.routes, path).join(', ') }
      : {};
  }
}
