/** What browsers are told to forbid, whatever an answer holds. */

import type { RequestHandler } from 'express';

const ALWAYS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  // Answers are data: were one opened as a page, it could do nothing. Real pages replace this.
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cache-Control': 'no-store',
};

export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set(ALWAYS);
  next();
};
