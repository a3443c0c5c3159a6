import { describe, expect, it } from 'vitest';
import { isWrapper, kindOf, SIEBEL_CODES } from '../../../lib/siebel/codes.ts';

describe('SIEBEL_CODES', () => {
  it('names codes of the form that is looked for in answers', () => {
    for (const code of Object.keys(SIEBEL_CODES)) expect(code).toMatch(/^SBL-[A-Z]{3}-\d{5}$/);
  });
});

describe('kindOf', () => {
  it('knows a code that a script of the customer raises by its family', () => {
    expect(['SBL-EXL-12345', 'SBL-APS-00001', 'SBL-IAI-99999'].map(kindOf)).toEqual(Array(3).fill('business'));
  });

  it.each(['SBL-XYZ-12345', 'SBL-EXLX-1', 'toString', '__proto__', ''])('does not know %j', (code) =>
    expect(kindOf(code)).toBeUndefined(),
  );
});

describe('isWrapper', () => {
  it('names the codes that say only that something inside failed', () => {
    expect(Object.keys(SIEBEL_CODES).filter(isWrapper).toSorted()).toEqual([
      'SBL-BPR-00162',
      'SBL-EAI-04376',
      'SBL-EAI-04389',
      'SBL-EAI-04451',
    ]);
  });
});
