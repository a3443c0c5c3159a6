import type { Question } from './question.ts';
import { ADDRESSES } from './questions/addresses.ts';
import { BATCHES } from './questions/batches.ts';
import { CHILDREN } from './questions/children.ts';
import { FORMATS } from './questions/formats.ts';
import { PAGING } from './questions/paging.ts';
import { SEARCHES } from './questions/searches.ts';
import { SERVICES } from './questions/services.ts';
import { SHAPES } from './questions/shapes.ts';
import { WRITES } from './questions/writes.ts';

/** Every question, in the order in which they are asked and shown. */
export const QUESTIONS: readonly Question[] = [
  ...ADDRESSES,
  ...PAGING,
  ...SHAPES,
  ...SEARCHES,
  ...CHILDREN,
  ...WRITES,
  ...BATCHES,
  ...SERVICES,
  ...FORMATS,
];
