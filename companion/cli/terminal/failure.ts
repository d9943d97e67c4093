/**
 * Failure: an error as a command line reports it, with one line, advice and the exit code. Texts of others are escaped:
 * names of files, and metadata of files from the internet, may hold line breaks, and sequences that colour, hide or
 * overwrite what a terminal shows.
 */

import { CommanderError } from 'commander';
import { type ErrorCode, LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { systemFault } from '../../storage/system-fault.ts';

export interface Failure {
  readonly code: ErrorCode | 'internal';
  /** One line. */
  readonly message: string;
  readonly advice: string | undefined;
  readonly exitCode: number;
}

/** A shell's own code for a program that SIGINT ended: 128 + 2. */
export const EXIT_CANCELLED = 130;
const EXIT_FAILED = 1;
/** A wrong option, prompt or number. */
export const EXIT_USAGE = 2;

/** @param helpCommand shows the help of the command that was meant */
export function failureOf(thrown: unknown, helpCommand: string): Failure {
  const error = systemFault(thrown);
  if (error instanceof CommanderError) {
    const [message, ...suggestions] = error.message.replace(/^error: /, '').split('\n');
    const advice = [...suggestions.map(asSentence), `\`${helpCommand}\` shows how it is used.`].join(' ');
    return {
      code: 'input',
      message: escapeControlCharacters(message!),
      advice: escapeControlCharacters(advice),
      exitCode: EXIT_USAGE,
    };
  }
  if (error instanceof LikenessError) {
    const exitCode =
      error.code === 'cancelled' ? EXIT_CANCELLED : error.code === 'input' ? EXIT_USAGE : EXIT_FAILED;
    const advice = error.advice === undefined ? undefined : escapeControlCharacters(error.advice);
    return { code: error.code, message: escapeControlCharacters(error.message), advice, exitCode };
  }
  const text = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: `internal: ${escapeControlCharacters(oneLine(text.replace(/^internal: /, '')))}`,
    advice: `This is a fault of Likeness: run it again with LIKENESS_DEBUG=1, and report what it prints, with the file that \`${PROGRAM} doctor --collect\` writes.`,
    exitCode: EXIT_FAILED,
  };
}

/** Commander puts its suggestions in parentheses. */
function asSentence(suggestion: string): string {
  return suggestion.replace(/^\((.*)\)$/, '$1');
}

/** onnxruntime and libvips write several lines; the first says what failed, the others only where. */
function oneLine(text: string): string {
  return (
    text
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '') ?? 'no reason given'
  );
}

/** Control characters, line and paragraph separators, and those that turn the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** As a program would write it: `a\nb`, `\x1b[31m`. */
export function escapeControlCharacters(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => NAMED[character] ?? escaped(character.codePointAt(0)!));
}

function escaped(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}

/** Before `--`, behind which everything is a picture or a prompt. */
export function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).includes('--json');
}

/** Command that shows the help of the command that was meant; npm hands options on only behind `--`. */
export function helpCommand(program: string, args: readonly string[], commands: readonly string[]): string {
  const command = args.find((arg) => commands.includes(arg));
  if (command === undefined) return `${program} --help`;
  return program === 'npm run' ? `${program} ${command} -- --help` : `${program} ${command} --help`;
}
