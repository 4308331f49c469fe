// The engine's device in the words of the protocol.

import type { Engine } from '#gpu/initialize.ts';
import type { DeviceProfile } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';

export function deviceProfile({ webgpu, info, software, backendName, unavailable }: Engine): DeviceProfile {
  const device = webgpu?.device;
  const has = (feature: GPUFeatureName): boolean => device?.features.has(feature) ?? false;
  return {
    backend: backendName === 'atelier' ? 'webgpu' : backendName,
    vendor: info?.vendor ?? '',
    architecture: info?.architecture ?? '',
    description: info?.description ?? '',
    software,
    features: { shaderF16: has('shader-f16'), subgroups: has('subgroups'), timestampQuery: has('timestamp-query') },
    maxBufferSize: device?.limits.maxBufferSize ?? null,
    maxStorageBufferBindingSize: device?.limits.maxStorageBufferBindingSize ?? null,
    notice: unavailable,
  };
}

/** One line for a model card. */
export function describeDevice(profile: DeviceProfile): string {
  const adapter = [profile.vendor, profile.architecture, profile.description].filter(Boolean).join(' ');
  return profile.backend === 'webgpu' ? `WebGPU${adapter ? `, ${adapter}` : ''}` : msg`tfjs ${profile.backend} backend`;
}
