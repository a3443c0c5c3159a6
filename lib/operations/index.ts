/**
 * The vocabulary of `siebel.config.ts`, and what runs and deploys an integration that is written in it.
 */
export { flag, optional, readOnly, text, utcDateTime } from '../siebel/values.ts';
export type { BusinessComponent, KeyedBusinessComponent, UserKey } from './business-component.ts';
export { businessComponent, unique } from './business-component.ts';
export type { Capacity } from './capacity.ts';
export type { Deployment } from './deployment.ts';
export { derive } from './deployment.ts';
export type { HttpMethod, Integration, Route, S3Sink, SyncJob } from './integration.ts';
export { defineIntegration, s3 } from './integration.ts';
export type { InputOf, Operation, OperationKind, OutputOf } from './operation.ts';
export type { DecodedRecord, Fields, ReadRecord, WriteRecord } from './records.ts';
export type { OperationRunner } from './runner.ts';
export { operationRunner } from './runner.ts';
