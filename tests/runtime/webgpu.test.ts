/**
 * WebGPU without a graphics card: a system's Chromium brings a Vulkan loader and SwiftShader, on which onnxruntime's provider
 * runs. Slow, without half precision, and enough to hold a UNet in miniature, forward and backward, to the CPU's results.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { availableDevices } from '../../companion/runtime/device-choice.ts';
import { tryDevice } from '../../companion/runtime/device-trial.ts';

const FOLDERS = ['/usr/lib/chromium', '/usr/lib64/chromium', '/usr/lib/chromium-browser'];
const ICD = 'vk_swiftshader_icd.json';
const folder = FOLDERS.find((one) => [ICD, 'libvulkan.so.1'].every((name) => existsSync(join(one, name))));
const reason = !availableDevices().includes('webgpu')
  ? `onnxruntime for ${process.platform}-${process.arch} has no WebGPU`
  : folder === undefined
    ? `no software adapter in ${FOLDERS.join(', ')}`
    : undefined;

/** Shaders are compiled on the processor: some seconds alone, more beside other tests. */
const TIMEOUT_MS = 240_000;

describe.skipIf(reason !== undefined)(`WebGPU on a software adapter${reason ? ` (${reason})` : ''}`, () => {
  // Read by the loader of libraries when the test's own process starts.
  const wanted = { LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: join(folder ?? '', ICD) };
  const before = Object.fromEntries(Object.keys(wanted).map((name) => [name, process.env[name]]));
  beforeAll(() => void Object.assign(process.env, wanted));
  afterAll(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it(
    'passes the self-test: what the CPU gives, and its gradients',
    async () => {
      expect(await tryDevice(['webgpu', 'float32'], TIMEOUT_MS)).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  it(
    'says what is missing where it has no half precision',
    async () => {
      expect(await tryDevice(['webgpu', 'float16'], TIMEOUT_MS)).toMatch(/f16|float16|half/i);
    },
    TIMEOUT_MS,
  );
});
