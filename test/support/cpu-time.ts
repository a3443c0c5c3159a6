/**
 * Milliseconds that this thread has worked on something: other programs may keep the machine busy, so that the time that
 * passed says little.
 */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
