/** Failures as HTTP answers: an error report and a status, never a stack. */

import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { LikenessError, type ReportCode } from '../../../shared/errors.ts';
import { reportOf } from '../../../shared/protocol/zod.ts';
import { systemFault } from '../../storage/system-fault.ts';
import { errorFields, type Log, type RejectionLog } from '../log.ts';

const STATUS: Readonly<Record<ReportCode, number>> = {
  cancelled: 409,
  'checkpoint-format': 422,
  'checkpoint-missing': 404,
  'checkpoint-unsupported': 422,
  'concept-format': 422,
  'concept-mismatch': 409,
  'concept-unknown': 404,
  'device-unavailable': 500,
  engine: 500,
  'frame-format': 400,
  'image-format': 422,
  'image-size': 422,
  'image-unknown': 404,
  input: 400,
  'job-conflict': 409,
  'job-unknown': 404,
  memory: 500,
  'message-format': 400,
  network: 502,
  origin: 403,
  'pairing-code': 403,
  'queue-full': 429,
  'saved-run': 409,
  storage: 507,
  token: 401,
  'too-many': 429,
  version: 400,
  internal: 500,
};

/** Error of express's own body parser and router: a status, and a message that may quote the client. */
interface HttpError {
  readonly status: number;
}

const ROUTINE: Readonly<Record<number, string>> = {
  400: 'the request is malformed',
  404: 'there is nothing at this address',
  413: 'the request is larger than the companion takes',
  415: 'the request is of a kind that the companion does not read',
};

export function statusOf(error: unknown): number {
  return STATUS[reportOf(error).code];
}

function sendFailure(response: Response, error: unknown, status = statusOf(error)): void {
  if (status === 401) response.set('WWW-Authenticate', 'Bearer');
  response.status(status).json(reportOf(error));
}

export const notFound: RequestHandler = (_request, response) => {
  sendFailure(response, new LikenessError('message-format', ROUTINE[404]!), 404);
};

/** The last handler. Express knows it by its four parameters. */
export function failureHandler(log: Log, refusals: RejectionLog): ErrorRequestHandler {
  return (thrown: unknown, _request, response, _next) => {
    const error = systemFault(thrown);
    // The client went away in the middle, which is nobody's fault.
    if (isHungUp(error)) return void response.destroy();
    const routine = isHttpError(error) ? ROUTINE[error.status] : undefined;
    if (routine === undefined && statusOf(error) >= 500) log.error(errorFields(error), 'a request failed');
    else refusals.tell(routine === undefined ? reportOf(error).code : 'message-format', 'http');
    // Too late for an answer: cut, so that the client does not take a part for all.
    if (response.headersSent) return void response.destroy();
    if (isHttpError(error) && routine !== undefined) {
      return sendFailure(response, new LikenessError('message-format', routine), error.status);
    }
    sendFailure(response, error);
  };
}

function isHungUp(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE';
}

function isHttpError(error: unknown): error is HttpError {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}
