import { describe, expect, it } from 'vitest';
import { matches } from '../../local-stack/aws/event-pattern.ts';

// Cases of the EventBridge user guide, "Comparison operators for use in event patterns".
describe('an event pattern', () => {
  it.each([
    ['an exact value', { a: ['x'] }, { a: 'x' }, true],
    ['one of several', { a: ['x', 'y'] }, { a: 'y' }, true],
    ['another value', { a: ['x'] }, { a: 'z' }, false],
    ['a value that is not there', { a: ['x'] }, {}, false],
    ['every member', { a: ['x'], b: ['y'] }, { a: 'x', b: 'z' }, false],
    ['members inside', { a: { b: ['x'] } }, { a: { b: 'x' } }, true],
    ['a prefix', { a: [{ prefix: 'call#' }] }, { a: 'call#1' }, true],
    ['another prefix', { a: [{ prefix: 'call#' }] }, { a: 'parked#1' }, false],
    ['anything but', { a: [{ 'anything-but': ['x'] }] }, { a: 'y' }, true],
    ['anything but, of what it may not be', { a: [{ 'anything-but': ['x', 'y'] }] }, { a: 'y' }, false],
    ['anything but, of what is not there', { a: [{ 'anything-but': ['x'] }] }, {}, false],
    ['exists', { a: [{ exists: true }] }, { a: '' }, true],
    ['exists not', { a: { b: [{ exists: false }] } }, {}, true],
    ['exists not, of what does', { a: [{ exists: false }] }, { a: 'x' }, false],
  ])('holds for %s', (_what, pattern, event, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it.each([
    ['an operator that is not known', { a: [{ suffix: 'x' }] }],
    ['two operators at once', { a: [{ prefix: 'x', exists: true }] }],
    ['a value in the place of a list', { a: 'x' }],
  ])('is refused with %s', (_what, pattern) => {
    expect(() => matches(pattern, { a: 'x' })).toThrow();
  });
});
