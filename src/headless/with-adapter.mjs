// Runs a command with a WebGPU adapter within reach: the machine's own where Dawn finds one, else on Linux x64 the
// software adapter that comes with the headless Chromium of the development dependencies (always with
// STUDIO_TEST_BUNDLED set).
//   node src/headless/with-adapter.mjs <command> [arguments]

import { spawn, spawnSync } from 'node:child_process';
import { unpackBundledChromium } from './bundled-chromium.mjs';

const PROBE = "import('webgpu').then(async ({ create }) => process.exit((await create([]).requestAdapter()) ? 0 : 1))";

function findsAdapter(environment) {
  return (
    spawnSync(process.execPath, ['--input-type=module', '-e', PROBE], { env: environment, stdio: 'ignore' }).status ===
    0
  );
}

/** Environment in which Dawn finds SwiftShader. */
async function withSoftwareAdapter() {
  const { vulkanFolder, vulkanDriver } = await unpackBundledChromium();
  const libraries = [vulkanFolder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { ...process.env, LD_LIBRARY_PATH: libraries, VK_DRIVER_FILES: vulkanDriver };
}

async function chooseEnvironment() {
  const bundled = Boolean(process.env.STUDIO_TEST_BUNDLED);
  if (!bundled && findsAdapter(process.env)) return process.env;
  if (process.platform !== 'linux' || process.arch !== 'x64') return process.env;
  const software = await withSoftwareAdapter();
  if (!findsAdapter(software)) return process.env;
  process.stderr.write('No GPU found: using the SwiftShader software adapter. Results are right, but slow.\n');
  return software;
}

const [command, ...rest] = process.argv.slice(2);
const child = spawn(command, rest, { stdio: 'inherit', env: await chooseEnvironment() });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
