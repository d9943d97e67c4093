import { PICTURE_MAX_SIDE } from './limits.ts';
import { pictureHash } from './picture-hash.ts';
import { pictureHeader } from './picture-header.ts';
import { refusal } from './refusal.ts';
import type { SandboxHost } from './sandbox-host.ts';

/** What `createImage` gives. */
export interface PictureHandle {
  readonly hash: string;
  getBytesAsync(): Promise<Uint8Array>;
  getSizeAsync(): Promise<{ width: number; height: number }>;
}

function pictureHandle(host: SandboxHost, hash: string): PictureHandle {
  const bytes = async (call: string) => {
    const found = await host.picture(hash);
    if (!found) throw refusal(call, `no picture has the hash ${hash}`);
    return found;
  };
  return {
    hash,
    getBytesAsync: () => bytes('getBytesAsync'),
    async getSizeAsync() {
      const { width, height } = pictureHeader(await bytes('getSizeAsync'))!;
      return { width, height };
    },
  };
}

/** Figma's words for what it refuses. */
export function createPicture(host: SandboxHost, data: unknown): PictureHandle {
  if (!(data instanceof Uint8Array)) throw refusal('createImage', 'expected a Uint8Array');
  const header = pictureHeader(data);
  if (!header) throw refusal('createImage', 'Image type is unsupported');
  if (header.width === 0 || header.height === 0) throw refusal('createImage', 'Image has no pixels');
  if (Math.max(header.width, header.height) > PICTURE_MAX_SIDE) {
    throw refusal('createImage', 'Image is too large');
  }
  const hash = host.pictureName(data) ?? pictureHash(data);
  host.addPicture(hash, data.slice());
  return pictureHandle(host, hash);
}
