/** What went wrong, as it is told: one line, what to do about it, and the exit code. */

import { CommanderError } from 'commander';
import { type ErrorCode, LikenessError } from '../../../shared/errors.ts';
import { PROGRAM } from '../../../shared/program.ts';
import { printable } from './printable.ts';

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

/** @param helpCommand what shows the help of the command that was meant */
export function failureOf(error: unknown, helpCommand: string): Failure {
  if (error instanceof CommanderError) {
    const [message, ...suggestions] = error.message.replace(/^error: /, '').split('\n');
    const advice = [...suggestions.map(asSentence), `\`${helpCommand}\` shows how it is used.`].join(' ');
    return { code: 'input', message: printable(message!), advice: printable(advice), exitCode: EXIT_USAGE };
  }
  if (error instanceof LikenessError) {
    const exitCode =
      error.code === 'cancelled' ? EXIT_CANCELLED : error.code === 'input' ? EXIT_USAGE : EXIT_FAILED;
    const advice = error.advice === undefined ? undefined : printable(error.advice);
    return { code: error.code, message: printable(error.message), advice, exitCode };
  }
  const text = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: `internal: ${printable(oneLine(text.replace(/^internal: /, '')))}`,
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
