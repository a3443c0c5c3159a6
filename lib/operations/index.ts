/**
 * The vocabulary of `siebel.config.ts`, and what runs and deploys an integration that is written in it.
 */
export { all, any, exists, not } from '../siebel/search-specification.ts';
export {
  attachment,
  date,
  dateTime,
  decimal,
  flag,
  integer,
  oneOf,
  readOnly,
  searchedAs,
  text,
  time,
  utcDateTime,
} from '../siebel/values.ts';
export type { ArgumentInput, ArgumentOutput, Arguments, ListOf, PropertySet, SiebelMessage } from './arguments.ts';
export { listOf, propertySet, siebelMessage } from './arguments.ts';
export { businessComponent, child, unique } from './business-component.ts';
export { businessService, workflow } from './business-service.ts';
export type { Capacity } from './capacity.ts';
export type { BusinessComponent, KeyedBusinessComponent, SyncSource } from './component-types.ts';
export type { ChildDefinition, UserKey } from './definition.ts';
export type { Deployment } from './deployment.ts';
export { derive } from './deployment.ts';
export type { Envelope, EventMapping, EventMembers, EventType, MappedEvent } from './event-mapping.ts';
export { event, fromEvent } from './event-mapping.ts';
export type { Integration } from './integration.ts';
export { defineIntegration } from './integration.ts';
export type { BatchAnswer, InputMember, InputOf, Operation, OperationKind, OutputOf } from './operation.ts';
export { optional } from './optional.ts';
export type { OutcomeEvents } from './outcome-events.ts';
export type { DecodedRecord, Fields, ReadRecord, WriteRecord } from './records.ts';
export type { HttpMethod, Route } from './routes.ts';
export type { OperationRunner } from './runner.ts';
export { operationRunner } from './runner.ts';
export type { EventBridgeTarget, OwnTarget, S3Target, SqsTarget, Sweep, SyncJob, SyncTarget } from './sync-job.ts';
export { eventBridge, ownSink, s3, sqs } from './sync-job.ts';
export type {
  SinkChunk,
  SinkCursor,
  SinkLines,
  SinkOutput,
  SinkRange,
  SinkRecord,
  SinkRun,
  SyncSink,
} from './sync-sink.ts';
export type { TimedOperation } from './timed.ts';
export { scheduledTime } from './timed.ts';
