// Finds and opens the GPU: our own GPUDevice with the features and limits that training wants, or the reason why not.

import { msg } from '#util/msg.ts';

/** Why there is no WebGPU here, in the terms a person can act on. */
export type UnavailableCause =
  | 'old-browser'
  | 'blocked-gpu'
  | 'insecure-context'
  | 'linux-flag'
  | 'device-request-failed';

export interface Unavailable {
  readonly cause: UnavailableCause;
  readonly message: string;
  readonly fix: string;
}

export interface OpenedDevice {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  /** A software emulation of a GPU (SwiftShader, llvmpipe, WARP). */
  readonly software: boolean;
}

const WANTED_FEATURES: readonly GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query'];

const RAISED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** Opens the most capable adapter of `navigator.gpu` (in Node the caller provides one). */
export async function openDevice(): Promise<OpenedDevice | Unavailable> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) return explainMissingWebGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return explainMissingAdapter();
  try {
    const device = await adapter.requestDevice({
      requiredFeatures: WANTED_FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(RAISED_LIMITS.map((name) => [name, adapter.limits[name]])),
    });
    return { device, info: adapter.info, software: isSoftware(adapter.info) };
  } catch (error) {
    return {
      cause: 'device-request-failed',
      message: msg`The browser found a GPU but did not open it: ${error instanceof Error ? error.message : String(error)}`,
      fix: msg`Close other tabs that use the GPU and reload this page; if that does not help, restart the browser.`,
    };
  }
}

export function isUnavailable(opened: OpenedDevice | Unavailable): opened is Unavailable {
  return 'cause' in opened;
}

function isSoftware(info: GPUAdapterInfo): boolean {
  return /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(
    `${info.vendor} ${info.architecture} ${info.device} ${info.description}`,
  );
}

function explainMissingWebGpu(): Unavailable {
  if (globalThis.isSecureContext === false) {
    return {
      cause: 'insecure-context',
      message: msg`Browsers offer WebGPU to secure pages only, and this page came over plain http.`,
      fix: msg`Open the page over https, or from http://localhost.`,
    };
  }
  const agent = globalThis.navigator?.userAgent ?? '';
  if (/Linux/.test(agent) && !/Android/.test(agent) && /Firefox|Chrome/.test(agent)) {
    return {
      cause: 'linux-flag',
      message: msg`On Linux this browser keeps WebGPU behind a setting.`,
      fix: /Firefox/.test(agent)
        ? msg`In about:config set dom.webgpu.enabled to true (and gfx.webgpu.ignore-blocklist if your GPU is blocked), then restart Firefox.`
        : msg`Open chrome://flags, enable "Unsafe WebGPU Support" and "Vulkan", then restart the browser.`,
    };
  }
  return {
    cause: 'old-browser',
    message: msg`This browser does not know WebGPU.`,
    fix: msg`Use a current Chrome or Edge (113 or newer), Firefox (141 or newer) or Safari (26 or newer).`,
  };
}

function explainMissingAdapter(): Unavailable {
  return {
    cause: 'blocked-gpu',
    message: msg`The browser knows WebGPU but offers no GPU: it is switched off or on a block list.`,
    fix: msg`Switch on hardware acceleration in the browser settings, update the graphics driver, and look at chrome://gpu (about:support in Firefox) for the reason.`,
  };
}
