/** Holds docs/protocol.md to the schemas: what it names exists, and what exists is named. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../companion/server/http/app.ts';
import { computerRoutes } from '../../companion/server/http/computer-routes.ts';
import { conceptRoutes } from '../../companion/server/http/concept-routes.ts';
import { cutOutRoutes } from '../../companion/server/http/cut-out-routes.ts';
import { jobRoutes } from '../../companion/server/http/job-routes.ts';
import { loraRoutes } from '../../companion/server/http/lora-routes.ts';
import { modelRoutes } from '../../companion/server/http/model-routes.ts';
import { clientRoutes, pairingRoutes } from '../../companion/server/http/pairing-routes.ts';
import { presetRoutes } from '../../companion/server/http/preset-routes.ts';
import { imageRoutes } from '../../companion/server/http/upload-routes.ts';
import { adviceFor, reportCodes } from '../../shared/errors.ts';
import { clientMessageSchema } from '../../shared/protocol/client-messages.ts';
import { conceptSummarySchema } from '../../shared/protocol/concept.ts';
import { CLOSE_CODES, HOST, PORTS, PROTOCOL_VERSION, SOCKET_PATH } from '../../shared/protocol/connection.ts';
import { frameHeaderSchema } from '../../shared/protocol/frame-header.ts';
import { companionProof, keyIdOf, provenToken, tokenKey } from '../../shared/protocol/handshake.ts';
import { routes } from '../../shared/protocol/http.ts';
import { decodeFrame } from '../../shared/protocol/image-frame.ts';
import { anyJobSchema } from '../../shared/protocol/job.ts';
import * as limits from '../../shared/protocol/limits.ts';
import { parseClientMessage, parseServerMessage } from '../../shared/protocol/message-text.ts';
import { modelsSchema } from '../../shared/protocol/model.ts';
import { serverMessageSchema } from '../../shared/protocol/server-messages.ts';
import { z } from '../../shared/protocol/zod.ts';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

function section(title: string): string {
  return page.split(/^## /m).find((part) => part.startsWith(`${title}\n`))!;
}

/** Rows of the tables in a text, without their heads. */
function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    )
    .filter(([first]) => first!.startsWith('`'));
}

/** The entries of a section and the fields of each, in order, with a ? for those that may be missing. */
function documented(title: string, kind: string): Record<string, string[]> {
  const entries = section(title)
    .split(/^### /m)
    .slice(1)
    .map((part) => {
      const name = new RegExp(`^\`([a-z-]+)\`${kind}\\n`).exec(part)![1]!;
      return [name, rows(part).map(([field]) => field!.slice(1, -1))] as const;
    });
  return Object.fromEntries(entries);
}

/** The same of the schemas. */
function defined(options: readonly z.ZodObject[], discriminator: string): Record<string, string[]> {
  return Object.fromEntries(
    options.map(({ shape }) => {
      const [name] = (shape[discriminator] as z.ZodLiteral<string>).values;
      return [name, fieldsOf(shape).filter((field) => field !== discriminator)];
    }),
  );
}

/** Names of fields, with a ? for those that may be missing. */
function fieldsOf(shape: z.ZodObject['shape']): string[] {
  const isOptional = (type: unknown) => (type as z.ZodType).safeParse(undefined).success;
  return Object.entries(shape).map(([field, type]) =>
    isOptional(type) || type instanceof z.ZodExactOptional ? `${field}?` : field,
  );
}

interface Layer {
  readonly route?: { readonly path: string; readonly stack: readonly { readonly method: string }[] };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** As the companion's own app has them: "GET /api/jobs/*". Nothing is asked, so that nothing needs to be there. */
function servedAddresses(): readonly string[] {
  const nothing = {} as never;
  const app = createApp({
    ...{ port: 0, log: nothing, refusals: nothing, tokens: nothing, pages: '' },
    ...{ tickets: nothing, admit: nothing },
    open: [pairingRoutes(nothing)],
    guarded: [
      clientRoutes(nothing, () => {}),
      conceptRoutes(nothing),
      jobRoutes(nothing, nothing),
      loraRoutes(nothing, nothing),
      presetRoutes(nothing),
      modelRoutes(nothing),
      imageRoutes(nothing, nothing),
      cutOutRoutes(nothing, nothing),
      computerRoutes(nothing, () => ''),
    ],
  });
  const addresses = (layers: readonly Layer[]): string[] =>
    layers.flatMap(({ route, handle }) =>
      route === undefined
        ? addresses(handle.stack ?? [])
        : route.stack.map(({ method }) => `${method.toUpperCase()} ${route.path.replace(/:\w+/g, '*')}`),
    );
  return [...new Set(addresses((app.router as unknown as { stack: readonly Layer[] }).stack))];
}

/** The lines of the transcript: who speaks, whether it is a frame, and the JSON. */
const transcript = /```transcript\n([^`]*)```/
  .exec(page)![1]!
  .trim()
  .split('\n')
  .map((line) => /^([<>]) (frame )?(\{.*\})$/.exec(line)!)
  .map(([, speaker, frame, json]) => ({ speaker: speaker!, isFrame: frame !== undefined, json: json! }));

describe('docs/protocol.md', () => {
  it.each([
    ['Messages from the client', '', clientMessageSchema.options, 'type'],
    ['Messages from the companion', '', serverMessageSchema.options, 'type'],
    ['A job', ' job', anyJobSchema.options, 'kind'],
    ['Binary frames', ' frame', frameHeaderSchema.options, 'kind'],
  ] as const)('names every entry and field: %s', (title, kind, options, discriminator) => {
    expect(documented(title, kind)).toEqual(defined(options, discriminator));
  });

  it('names every field of an entry', () => {
    const title = 'Entries of the library and of the list of models';
    const entries = { concept: conceptSummarySchema, model: modelsSchema.shape.models.element };
    expect(documented(title, ' entry')).toEqual(
      Object.fromEntries(Object.entries(entries).map(([name, { shape }]) => [name, fieldsOf(shape)])),
    );
  });

  it('lists every error code with its advice', () => {
    expect(rows(section('Errors'))).toEqual(reportCodes.map((code) => [`\`${code}\``, adviceFor(code)]));
  });

  it('lists every limit with its value', () => {
    const listed = Object.fromEntries(
      rows(section('Limits')).map(([name, value]) => [name!.slice(1, -1), Number(value)]),
    );
    expect(listed).toEqual({ ...limits });
  });

  it('lists every address', () => {
    const addresses = Object.values(routes).map((route) =>
      typeof route === 'string' ? route : route('ID', 'N' as unknown as number, 'NAME'),
    );
    expect(rows(section('HTTP')).map(([address]) => address!.slice(1, -1))).toEqual(addresses);
  });

  it('lists every address that is served, with its methods, and no other', () => {
    const listed = rows(section('HTTP')).flatMap(([address, methods]) =>
      [...methods!.matchAll(/\b(GET|POST|PATCH|DELETE)\b/g)].map(
        ([method]) => `${method} ${address!.slice(1, -1).replace(/\/[A-Z]+/g, '/*')}`,
      ),
    );
    expect(listed.sort()).toEqual([...servedAddresses()].sort());
  });

  it('lists every reason for which a socket is closed, with its code', () => {
    const listed = rows(section('Closing')).map(([reason, code]) => [reason!.slice(1, -1), Number(code)]);
    expect(Object.fromEntries(listed)).toEqual(CLOSE_CODES);
  });

  it('gives version, host, ports and path of the socket', () => {
    expect(page).toContain(`Version ${PROTOCOL_VERSION}.`);
    expect(page).toContain(
      `\`${HOST}\`, on the first free of the ports ${PORTS[0]}, ${PORTS[1]} and ${PORTS[2]}`,
    );
    expect(page).toContain(`path is \`${SOCKET_PATH}\``);
  });

  it('shows bytes that decode', () => {
    const hex = /```hex\n([^`]*)```/.exec(page)![1]!.trim().split(/\s+/);
    const { header, payload } = decodeFrame(Uint8Array.from(hex, (byte) => Number.parseInt(byte, 16)));
    expect(header).toMatchObject({ kind: 'mask', rows: 1, columns: 2 });
    expect([...payload]).toEqual([0, 255]);
  });

  it('has proofs in its transcript that are those of its token, on the port that it names', () => {
    const said = transcript.slice(0, 3).map(({ json }) => JSON.parse(json));
    const [hello, challenge, prove] = said;
    const token = /token is\n`([\w-]{43})`/.exec(page)![1]!;
    const nonces = { clientNonce: hello.nonce, companionNonce: challenge.nonce };
    const handshake = { companion: challenge.companion, key: challenge.key, port: PORTS[0], ...nonces };
    expect(hello.keys).toEqual([keyIdOf(tokenKey(token))]);
    expect(challenge.proof).toBe(companionProof(tokenKey(token), handshake));
    expect(provenToken(prove.proof, tokenKey(token), handshake)).toBe(token);
  });

  it.each(transcript)('has a transcript that parses: $speaker $json', ({ speaker, isFrame, json }) => {
    const parsed = isFrame
      ? frameHeaderSchema.parse(JSON.parse(json))
      : speaker === '>'
        ? parseClientMessage(json)
        : parseServerMessage(json);
    // Nothing that a schema would ignore.
    expect(parsed).toEqual(JSON.parse(json));
    if (isFrame) expect(speaker === '>').toBe((parsed as { kind: string }).kind === 'upload');
  });
});
