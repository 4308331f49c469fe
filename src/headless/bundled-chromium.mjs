// The headless Chromium of the development dependencies, unpacked once a machine with everything it brings: the system
// libraries it needs, and a software GPU (SwiftShader with its Vulkan loader) that Dawn can use too.

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Unpacks on first use; see bundled-chromium.d.mts for what it answers. */
export async function unpackBundledChromium() {
  const folder = join(tmpdir(), 'atelier-chromium');
  mkdirSync(folder, { recursive: true });
  const libraries = join(folder, 'al2023', 'lib');
  // What was cut off half-way is unpacked again.
  if (!existsSync(libraries)) rmSync(join(folder, 'chromium'), { force: true });
  const saved = { ...process.env };
  // The package unpacks into TMPDIR, and its libraries only where it believes to run in a cloud function.
  Object.assign(process.env, { TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' });
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    const executablePath = await chromium.executablePath();
    const vulkanDriver = join(folder, 'vk_swiftshader_icd.json');
    return { executablePath, libraryPath: `${libraries}:${folder}`, vulkanFolder: folder, vulkanDriver };
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
    Object.assign(process.env, saved);
  }
}
