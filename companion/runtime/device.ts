import { listSupportedBackends } from 'onnxruntime-node';

/** What runs a graph; the names are onnxruntime's for its execution providers. */
export type Device = 'cpu' | 'cuda' | 'dml' | 'webgpu' | 'coreml';

/** Best first. CoreML only on request: it takes static subgraphs, and leaves the rest of a UNet to the CPU. */
export const AUTOMATIC_ORDER: readonly Device[] = ['cuda', 'dml', 'webgpu', 'cpu'];

const DEVICES: readonly Device[] = [...AUTOMATIC_ORDER, 'coreml'];

/** What the installed onnxruntime package was built for; whether it works here is for the self-test to say. */
export function availableDevices(): readonly Device[] {
  const names = new Set(listSupportedBackends().map(({ name }) => name));
  return DEVICES.filter((device) => names.has(device));
}
