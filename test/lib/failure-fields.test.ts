import { describe, expect, it } from 'vitest';
import {
  CallRejectedError,
  NoResponseError,
  SiebelResponseError,
  UnknownOutcomeError,
  UnusableResponseError,
} from '../../lib/errors.ts';
import { failureFields } from '../../lib/failure-fields.ts';

const refusal = new SiebelResponseError('SIEBEL_UNAVAILABLE', 'Siebel is not able to answer now', {
  failureClass: 'environment',
  status: 503,
  siebelCodes: ['SBL-EAI-05001'],
  answeredBy: 'siebel',
});

describe('failureFields', () => {
  it('tells what Siebel answered, and who spoke', () => {
    expect(failureFields(refusal)).toEqual({
      class: 'environment',
      code: 'SIEBEL_UNAVAILABLE',
      detail: 'Siebel is not able to answer now',
      siebelStatus: 503,
      siebelCodes: ['SBL-EAI-05001'],
      answeredBy: 'siebel',
    });
  });

  it('tells the status of an answer that could not be used', () => {
    const page = new UnusableResponseError('NOT_JSON', 'a page', { status: 200 });
    const told = { detail: 'a page', siebelStatus: 200 };

    expect(failureFields(page)).toEqual({ class: 'environment', code: 'NOT_JSON', ...told });
    expect(failureFields(new UnknownOutcomeError('a page', { cause: page }))).toEqual({
      class: 'unknown-outcome',
      code: 'OUTCOME_UNKNOWN',
      causeCode: 'NOT_JSON',
      ...told,
    });
  });

  it('tells of an unknown outcome what came in the place of an answer', () => {
    const outcome = { class: 'unknown-outcome', code: 'OUTCOME_UNKNOWN', detail: 'who knows' };
    const lost = new NoResponseError('CONNECTION_LOST', 'the connection ended', { sent: true });

    expect(failureFields(new UnknownOutcomeError('who knows', { cause: lost }))).toEqual({
      ...outcome,
      causeCode: 'CONNECTION_LOST',
    });
    expect(failureFields(new UnknownOutcomeError('who knows', { cause: refusal }))).toEqual({
      ...outcome,
      causeCode: 'SIEBEL_UNAVAILABLE',
      siebelStatus: 503,
      siebelCodes: ['SBL-EAI-05001'],
      answeredBy: 'siebel',
    });
    expect(failureFields(new UnknownOutcomeError('who knows', { cause: new Error('Canary') }))).toEqual(outcome);
  });

  it('looks through what says no more than that the outcome is unknown', () => {
    const attempt = new UnknownOutcomeError('must not be sent again unseen', { cause: refusal });
    const later = new UnknownOutcomeError('a later look-up decides', { cause: attempt });
    const told = { causeCode: 'SIEBEL_UNAVAILABLE', siebelStatus: 503, siebelCodes: ['SBL-EAI-05001'] };
    expect(failureFields(later)).toMatchObject(told);
    expect(failureFields(new CallRejectedError('OUTCOME_UNKNOWN', 'who knows', { cause: later }))).toMatchObject(told);
  });

  it('tells of a call that the ledger rejects what came in the place of an answer, or where the last defect is', () => {
    const lost = new NoResponseError('CONNECTION_LOST', 'the connection ended', { sent: true });
    expect(failureFields(new CallRejectedError('OUTCOME_UNKNOWN', 'who knows', { cause: lost }))).toEqual({
      class: 'message',
      code: 'OUTCOME_UNKNOWN',
      detail: 'who knows',
      causeCode: 'CONNECTION_LOST',
    });
    const fields = failureFields(new CallRejectedError('BUG', 'five times', { cause: new RangeError('Canary') }));
    expect(fields).toMatchObject({ class: 'message', code: 'BUG', errorName: 'RangeError' });
    expect(fields['stack']).toContain('failure-fields.test.ts');
    expect(JSON.stringify(fields)).not.toContain('Canary');
    expect(failureFields(new CallRejectedError('CONFLICT', 'taken'))).toEqual({
      class: 'message',
      code: 'CONFLICT',
      detail: 'taken',
    });
  });

  it('tells of a defect where it is, and nothing of its text', () => {
    const fields = failureFields(new TypeError('Canary'));

    expect(fields).toMatchObject({ class: 'bug', code: 'BUG', errorName: 'TypeError' });
    expect(fields['stack']).toContain('failure-fields.test.ts');
    expect(JSON.stringify(fields)).not.toContain('Canary');
    expect(failureFields('Canary')).toEqual({ class: 'bug', code: 'BUG', errorName: 'string' });
    expect(failureFields(undefined)).toEqual({});
  });
});
