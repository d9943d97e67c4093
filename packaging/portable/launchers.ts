/** launchers: the files of a portable folder that people open: one that starts Likeness, and a page that says how. */

import { runtimePath, type Target } from './targets.ts';

export interface FolderFile {
  readonly path: string;
  readonly text: string;
  readonly executable: boolean;
}

/** Without arguments the companion and its studio; with some, any command of the command line. */
function shellScript(runtime: string): string {
  return `#!/bin/sh
# Starts Likeness from this folder, wherever it lies. Other commands: ./likeness --help
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname "$self")/$link ;;
  esac
done
here=$(cd "$(dirname "$self")" && pwd) || exit 1
[ $# -gt 0 ] || set -- start --open
exec "$here/${runtime}" "$here/app/node_modules/likeness/bin/likeness.mjs" "$@"
`;
}

/** cmd.exe reads lines that end as Windows' do. A window that closes at once would take the reason with it. */
const BATCH = `@echo off
title Likeness
if "%~1"=="" (
  "%~dp0runtime\\node.exe" "%~dp0app\\node_modules\\likeness\\bin\\likeness.mjs" start --open
) else (
  "%~dp0runtime\\node.exe" "%~dp0app\\node_modules\\likeness\\bin\\likeness.mjs" %*
)
if errorlevel 1 pause
`.replaceAll('\n', '\r\n');

/** %k is the path of this file itself (Desktop Entry Specification, "The Exec key"). */
const DESKTOP_ENTRY = `[Desktop Entry]
Type=Application
Name=Likeness
Comment=Teaches an image model a product and places it in new scenes
Exec=sh -c '"$(dirname "$1")/likeness"' likeness %k
Terminal=true
Categories=Graphics;
`;

const OPEN: Readonly<Record<Target['os'], string>> = {
  linux:
    'Open likeness.desktop (the system may ask to allow launching it: right-click, Allow Launching), or run ./likeness in a terminal.',
  darwin: 'Open Likeness.command. The first time, macOS asks: right-click it, Open, Open.',
  win32: 'Open Likeness.bat. The first time, Windows may ask: More info, Run anyway.',
};

function readme(target: Target, version: string): string {
  const lines = [
    `Likeness ${version} for ${target.name}`,
    '',
    OPEN[target.os],
    'A window shows that it runs, and your browser opens the studio. Closing the window stops it; work goes on at the next start.',
    '',
    'Nothing is installed. This folder can be moved, and deleted to uninstall.',
    'What you teach and make is kept in your own data folder, whose place the window shows; an update leaves it as it is.',
    '',
    'app/                 the program',
    'runtime/             Node.js',
    'THIRD-PARTY.txt      the licences of everything in it',
    'sbom.cdx.json        its parts, as CycloneDX',
    'SHA256SUMS           checksums of all files',
    '',
  ];
  return lines.join(target.os === 'win32' ? '\r\n' : '\n');
}

export function launchers(target: Target, version: string): readonly FolderFile[] {
  const about = { path: 'README.txt', text: readme(target, version), executable: false };
  if (target.os === 'win32') return [about, { path: 'Likeness.bat', text: BATCH, executable: false }];
  const script = shellScript(runtimePath(target));
  if (target.os === 'darwin') return [about, { path: 'Likeness.command', text: script, executable: true }];
  return [
    about,
    { path: 'likeness', text: script, executable: true },
    { path: 'likeness.desktop', text: DESKTOP_ENTRY, executable: true },
  ];
}
