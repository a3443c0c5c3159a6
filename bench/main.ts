import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { coldStarts } from './cold-start.ts';
import { queueBench } from './queue.ts';
import type { Bench, Result } from './result.ts';
import { siebelClientBench } from './siebel-client.ts';
import { syncBench } from './sync.ts';

const BENCHES: readonly Bench[] = [coldStarts, siebelClientBench, queueBench, syncBench];

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '21' },
    messages: { type: 'string', default: '10000' },
    cpu: { type: 'string' },
    out: { type: 'string' },
    check: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  console.log(`npm run bench -- [--only ${BENCHES.map(({ name }) => name).join(',')}] [--rounds 21] [--messages 10000] [--cpu 1] [--out folder] [--json] [--check]

${BENCHES.map(({ name, measures }) => `  ${name.padEnd(8)} ${measures}`).join('\n')}

Every value is a ratio, taken side by side in one run, or an exact count. --check fails the command when a target is missed.`);
} else {
  const names = values.only?.split(',') ?? BENCHES.map(({ name }) => name);
  const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
  const rounds = Number(values.rounds);
  const messages = Number(values.messages);
  if (unknown.length > 0) stop(`there is no bench named ${unknown.join(', ')}; try --help`);
  if (!Number.isInteger(rounds) || rounds < 1) stop('--rounds takes a whole number from 1');
  if (!Number.isInteger(messages) || messages < 1) stop('--messages takes a whole number from 1');

  const results: Result[] = [];
  for (const bench of BENCHES.filter(({ name }) => names.includes(name))) {
    const cpu = values.cpu === undefined ? undefined : Number(values.cpu);
    const own = await bench
      .run({ rounds, messages, cpu })
      .catch((error: Error) => stop(`${bench.name}: ${error.message}`, 1));
    results.push(...own);
  }
  const report = { ...machine(), rounds, results };
  console.log(values.json ? JSON.stringify(report, null, 2) : table(results));
  if (values.out) {
    mkdirSync(values.out, { recursive: true });
    writeFileSync(join(values.out, 'bench.json'), `${JSON.stringify(report, null, 2)}\n`);
    writeFileSync(join(values.out, 'bench.md'), `${table(results)}\n`);
  }
  if (values.check && results.some(({ met }) => !met)) process.exitCode = 1;
}

function table(results: readonly Result[]): string {
  const rows = results.map(({ id, what, base, value, quartiles, target, atLeast, met }) =>
    [
      id,
      what,
      `${value} ${base}`,
      quartiles?.join(' – ') ?? '',
      `${atLeast ? '≥' : '≤'} ${target}`,
      met ? 'yes' : 'NO',
    ].join(' | '),
  );
  return ['id | what | value | quartiles | target | met', '--- | --- | --- | --- | --- | ---', ...rows]
    .map((row) => `| ${row} |`)
    .join('\n');
}

function machine() {
  return {
    commit: commit(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: availableParallelism(),
    load: loadavg()[0],
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

function stop(sentence: string, exitCode = 2): never {
  console.error(sentence);
  process.exit(exitCode);
}
