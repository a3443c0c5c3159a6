import { describe, expect, it } from 'vitest';
import { lazily } from '../../functions/lazily.ts';

describe('lazily', () => {
  it('makes nothing before it is asked, and then once', () => {
    let made = 0;
    const get = lazily(() => ({ number: ++made }));

    expect(made).toBe(0);
    expect(get()).toBe(get());
    expect(made).toBe(1);
  });

  it('makes it anew after a failure', () => {
    let tries = 0;
    const get = lazily(() => {
      tries += 1;
      if (tries === 1) throw new Error('a setting is missing');
      return { tries };
    });

    expect(get).toThrow('a setting is missing');
    expect(get()).toEqual({ tries: 2 });
  });
});
