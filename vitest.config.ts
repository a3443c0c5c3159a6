import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose tests wait for processes and clocks: begun last, they would be waited for alone. */
const BEGUN_FIRST = /\/test\/(chaos\/(sync-)?short|simulation|stack|infra|cli|scripts|local-stack)\b/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => BEGUN_FIRST.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const ALL = ['test/**/*.test.ts'];
/** Folders whose files may follow each other in one process: they leave nothing behind in it that another one could meet. */
const TOGETHER = ['lib', 'functions', 'local-stack', 'contract', 'docs'].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    sequence: { sequencer: LongFirst },
    // Stack tests start servers and processes; they wait more than they work, so more than cores of a small machine.
    maxWorkers: 4,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'alone', include: ALL, exclude: TOGETHER } },
      // A process for each file would cost more than most of the files do.
      {
        extends: true,
        test: { name: 'together', include: TOGETHER, isolate: false, restoreMocks: true, unstubEnvs: true },
      },
    ],
  },
});
