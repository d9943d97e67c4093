/** The companion's computer, as its clients see and control it: where things lie, what they take, how Likeness starts and ends. */

import { pairingCodeSchema } from './ids.ts';
import { z } from './zod.ts';

/** Folders that can be shown in the file manager. */
export const COMPUTER_FOLDERS = ['concepts', 'models', 'jobs', 'cache', 'logs'] as const;
export type ComputerFolder = (typeof COMPUTER_FOLDERS)[number];

/** The way Likeness came here: a folder to open, npm, or a clone of the repository. */
const INSTALLATION_KINDS = ['portable', 'package', 'clone'] as const;
export type InstallationKind = (typeof INSTALLATION_KINDS)[number];

export const computerSchema = z.object({
  version: z.string(),
  startedAt: z.iso.datetime(),
  installation: z.object({ kind: z.enum(INSTALLATION_KINDS), folder: z.string() }),
  /** Path of the plugin's manifest, for Figma. */
  manifest: z.string(),
  folders: z.array(
    z.object({
      name: z.enum(COMPUTER_FOLDERS),
      path: z.string(),
      sizeBytes: z.number().nonnegative(),
    }),
  ),
  freeBytes: z.number().nonnegative(),
  /** Null on a system where Likeness cannot be started at login. */
  startsAtLogin: z.boolean().nullable(),
});

export const startAtLoginSchema = z.strictObject({ on: z.boolean() });
export const openFolderSchema = z.strictObject({ folder: z.enum(COMPUTER_FOLDERS) });
/** A code that connects another program, as the companion's own screen shows it. */
export const shownCodeSchema = z.object({ code: pairingCodeSchema });
/** `everything`: concepts, models, history and logs go as well, for good. */
export const leaveSchema = z.strictObject({ remove: z.enum(['nothing', 'program', 'everything']) });

export type Computer = Readonly<z.infer<typeof computerSchema>>;
export type ShownCode = Readonly<z.infer<typeof shownCodeSchema>>;
export type LeaveRequest = Readonly<z.infer<typeof leaveSchema>>;
