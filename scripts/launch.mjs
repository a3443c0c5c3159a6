// node scripts/launch.mjs FILE [ARGUMENT…]: runs FILE under Node 24, after installing what the lockfile asks for.
// Written in JavaScript that old releases of Node can read, so that even they answer with one clear sentence.
import { spawn, spawnSync } from 'child_process';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { delimiter, dirname, join } from 'path';
import { fileURLToPath } from 'url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const major = Number(process.versions.node.split('.')[0]);
// Node 24 comes through npm for Linux; elsewhere the Node at hand has to be new enough by itself.
const least = process.platform === 'linux' ? 20 : 24;
if (major < least)
  stop(
    `Node.js ${least} or newer is needed here, and this is ${process.version}: install it from https://nodejs.org, then run the command again.`,
  );

installWhenNeeded();

const packaged = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
if (!existsSync(join(packaged, 'node')) && major < 24) {
  stop(
    `Node.js 24 or newer is needed on ${process.platform}-${process.arch}, and this is ${process.version}: install it from https://nodejs.org, then run the command again.`,
  );
}
const nodeFolder = existsSync(join(packaged, 'node')) ? packaged : dirname(process.execPath);
const node = nodeFolder === packaged ? join(packaged, 'node') : process.execPath;
const PATH = [nodeFolder, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);

const child = spawn(node, process.argv.slice(2), { stdio: 'inherit', cwd: root, env: { ...process.env, PATH } });
// npm's shell dies of a SIGTERM without passing it on; who is left behind by it ends too.
const parent = process.ppid;
const orphaned = () => process.ppid !== parent && child.kill('SIGTERM');
if (process.env.npm_lifecycle_event) setInterval(orphaned, 1000).unref();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', ({ message }) => stop(message));
child.on('exit', (code, signal) => process.exit(code === null ? (signal === 'SIGINT' ? 130 : 143) : code));

/** Two commands started at the same time must not both rebuild node_modules: one installs, the other waits for it. */
function installWhenNeeded() {
  const lock = join(root, '.installing');
  const own = join(root, `.installing-${process.pid}`);
  let told = false;
  for (;;) {
    if (installed()) return;
    try {
      // A link appears together with its content: nobody sees a lock without an owner.
      writeFileSync(own, String(process.pid));
      linkSync(own, lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isRunning(readPid(lock))) {
        if (!told)
          process.stderr.write(
            `Waiting for process ${readPid(lock)} to install the packages (if there is no such installation, delete ${lock}) …\n`,
          );
        told = true;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      } else {
        rmSync(lock, { force: true });
      }
    } finally {
      rmSync(own, { force: true });
    }
  }
  try {
    process.stderr.write('Installing the packages of package-lock.json (needed once; takes about a minute) …\n');
    const npm = process.env.npm_execpath;
    const result = npm
      ? spawnSync(process.execPath, [npm, 'ci'], { cwd: root, stdio: ['ignore', 2, 2] })
      : spawnSync('npm', ['ci'], { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    if (result.error || result.status !== 0) {
      rmSync(lock, { force: true });
      stop('npm ci failed (its own words are above): mend that, then run the command again.');
    }
  } finally {
    rmSync(lock, { force: true });
  }
}

/** True when node_modules holds exactly what the lockfile says, packages of other platforms aside. */
function installed() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  return (
    Object.keys(present).every((path) => wanted[path] !== undefined) &&
    Object.keys(wanted).every((path) => {
      const entry = wanted[path];
      const found = present[path];
      if (path === '') return true;
      if (found === undefined) return mayBeMissing(entry);
      return found.version === entry.version && found.integrity === entry.integrity;
    })
  );
}

/** A package that npm may leave out: optional, and not made for just this platform. */
function mayBeMissing({ optional, os, cpu, libc }) {
  const madeForThis = os && cpu && !libc && os.includes(process.platform) && cpu.includes(process.arch);
  return Boolean(optional) && !madeForThis;
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function readPid(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
}

function isRunning(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function stop(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
