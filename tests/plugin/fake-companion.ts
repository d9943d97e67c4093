/** A companion that says what a test wants it to say. The real one is tested end to end, with the studio. */

import type { Page, Route, WebSocketRoute } from 'playwright-core';
import type { Admission } from '../../companion/server/socket/admission.ts';
import type { ClientMessage, ClientMessageOf } from '../../shared/protocol/client-messages.ts';
import type { ConceptSummary } from '../../shared/protocol/concept.ts';
import { PORTS, PROTOCOL_VERSION, SOCKET_PATH } from '../../shared/protocol/connection.ts';
import {
  type ConceptChange,
  pairingProofSchema,
  pairingShareSchema,
  type RemovedConcepts,
  routes,
  type Thumbnails,
} from '../../shared/protocol/http.ts';
import { decodeFrame, encodeFrame, type ImageFrame } from '../../shared/protocol/image-frame.ts';
import type { JobOf, JobState } from '../../shared/protocol/job.ts';
import type { LoraSummary } from '../../shared/protocol/lora.ts';
import { parseClientMessage } from '../../shared/protocol/message-text.ts';
import type { Presets } from '../../shared/protocol/preset.ts';
import { type ServerMessage, serverMessageSchema } from '../../shared/protocol/server-messages.ts';
import { type ErrorReport, reportOf } from '../../shared/protocol/zod.ts';
import { FakeGate } from './fake-gate.ts';
import { computerSample, concept, modelFolder, modelsSample, welcome } from './protocol-samples.ts';

export class FakeCompanion {
  isRunning = true;
  protocol = PROTOCOL_VERSION;
  /** It is another program, which can prove nothing. */
  isImpostor = false;
  concepts: readonly ConceptSummary[] = [];
  removed: RemovedConcepts['concepts'] = [];
  loras: readonly LoraSummary[] = [];
  jobs: readonly JobState[] = [];
  catalogues: readonly JobOf<'catalogue'>[] = [];
  presets: Presets['presets'] = [];
  model = welcome.model;
  computer = computerSample;
  readonly imported: { readonly facts: Readonly<Record<string, string>>; readonly bytes: Buffer }[] = [];
  importFindings: readonly string[] = [];
  models = modelsSample;
  /** Refuses every act on models with it. */
  modelRefusal: ErrorReport | undefined;
  /** A photo without its background; undefined where no network was fetched. */
  cutOut: () => Buffer | undefined = () => undefined;
  /** Answers to requests wait for it. */
  answers: Promise<void> = Promise.resolve();
  /** "DELETE /api/jobs/job-a-0000" */
  readonly requests: string[] = [];
  /** Thumbnails and pictures by path. */
  pictures: (path: string) => Buffer | undefined = () => undefined;
  readonly received: ClientMessage[] = [];
  readonly uploads: ImageFrame[] = [];
  /** Images that came as files, to be painted on. */
  readonly sentImages: { readonly address: string; readonly bytes: Buffer }[] = [];
  /** A concept that no client has seen yet. */
  takenName = '';
  #socket: WebSocketRoute | undefined;
  #gate: FakeGate | undefined;
  #trash: readonly ConceptSummary[] = [];

  async attach(page: Page): Promise<void> {
    const port = PORTS[0];
    this.#gate = await FakeGate.open(port);
    await page.route(/^http:\/\/localhost:1765\d\//, (route) => {
      const isOurs = new URL(route.request().url()).port === String(port);
      return this.isRunning && isOurs ? this.#answer(route) : route.abort('connectionrefused');
    });
    await page.routeWebSocket(`ws://localhost:${port}${SOCKET_PATH}`, (socket) => this.#accept(socket));
  }

  /** As its window shows it. */
  get code(): string {
    return this.#gate!.code;
  }

  get id(): string {
    return this.#gate!.companion;
  }

  send(message: ServerMessage): void {
    this.#socket?.send(JSON.stringify(serverMessageSchema.parse(message)));
  }

  sendFrame(frame: ImageFrame): void {
    this.#socket?.send(Buffer.from(encodeFrame(frame)));
  }

  /** Ends as a killed process does. */
  kill(): void {
    this.isRunning = false;
    this.#socket?.close();
  }

  /** As a DELETE does. */
  remove(id: string): void {
    const gone = this.concepts.filter((one) => one.id === id);
    this.concepts = this.concepts.filter((one) => one.id !== id);
    this.#trash = [...this.#trash, ...gone];
    const rest = { removedAt: new Date().toISOString(), versions: 1, sizeBytes: 410_000 };
    this.removed = [
      ...this.removed,
      ...gone.map(({ name, classWord }) => ({ id, name, classWord, ...rest })),
    ];
  }

  #restore(id: string): ConceptSummary {
    const back = this.#trash.find((one) => one.id === id)!;
    this.concepts = [...this.concepts, back];
    this.removed = this.removed.filter((one) => one.id !== id);
    return back;
  }

  #thumbnail({ id, version }: ConceptSummary): Thumbnails['thumbnails'] {
    const picture = this.pictures(`/api/concepts/${id}/thumbnail`);
    if (picture === undefined) return [];
    return [{ id, version, mediaType: 'image/png', bytes: picture.toString('base64') }];
  }

  #accept(socket: WebSocketRoute): void {
    if (!this.isRunning) return void socket.close();
    this.#socket = socket;
    const admission = this.#gate!.admission();
    socket.onMessage((data) => {
      if (typeof data !== 'string') {
        const frame = decodeFrame(data);
        this.uploads.push(frame);
        if (frame.header.kind === 'upload') this.send({ type: 'image-received', image: frame.header.image });
        return;
      }
      const message = parseClientMessage(data);
      this.received.push(message);
      if (message.type === 'hello' || message.type === 'prove') this.#admit(admission, message);
      if (message.type === 'ping') this.send({ type: 'pong' });
    });
  }

  #admit(admission: Admission, message: ClientMessageOf<'hello' | 'prove'>): void {
    try {
      if (message.type === 'hello') {
        const challenge = admission.challenge(message);
        this.send(this.isImpostor ? { ...challenge, proof: '00'.repeat(32) } : challenge);
      } else {
        admission.admit(message);
        this.send({ ...welcome, model: this.model, jobs: [...this.jobs], catalogues: [...this.catalogues] });
      }
    } catch (error) {
      this.send({ type: 'refused', ...reportOf(error) });
      this.#socket?.close();
    }
  }

  async #pair(pathname: string, body: unknown): Promise<unknown> {
    const { pairing } = this.#gate!;
    if (pathname === routes.pairingShare) return { share: pairing.share(pairingShareSchema.parse(body)) };
    return pairing.prove(pairingProofSchema.parse(body));
  }

  async #answer(route: Route): Promise<void> {
    const request = route.request();
    const { pathname } = new URL(request.url());
    this.requests.push(`${request.method()} ${pathname}`);
    const { concepts } = this;
    if (pathname.startsWith('/api/')) await this.answers;
    const headers = { 'access-control-allow-origin': '*' };
    const json = (body: unknown, status = 200) => route.fulfill({ status, headers, json: body });
    if (pathname === '/health') return json({ name: 'likeness', protocol: this.protocol });
    if (pathname.startsWith('/api/pair')) {
      return this.#pair(pathname, request.postDataJSON()).then(json, (error) => json(reportOf(error), 403));
    }
    const ticket = /^Bearer (.*)$/.exec(request.headers().authorization ?? '')?.[1];
    if (ticket === undefined || this.#gate!.tickets.recognise(ticket) === undefined) {
      return json({ code: 'token', message: 'no token', advice: 'Connect again.' }, 401);
    }
    if (pathname === routes.modelFolder) {
      return json(modelFolder(new URL(request.url()).searchParams.get('path')));
    }
    if (pathname.startsWith(routes.models)) {
      const isRefused = this.modelRefusal !== undefined && request.method() !== 'GET';
      return isRefused ? json(this.modelRefusal, 400) : json(this.models);
    }
    if (pathname === routes.computer) return json(this.computer);
    if (pathname === routes.pairingCode) return json({ code: '482913' });
    if (pathname.startsWith(`${routes.computer}/`)) return route.fulfill({ status: 204, headers });
    if (pathname.startsWith('/api/images/')) {
      this.sentImages.push({ address: request.url(), bytes: request.postDataBuffer()! });
      return json({ image: pathname.split('/').at(-1) }, 201);
    }
    if (pathname === routes.cutOuts) {
      const answer = this.cutOut();
      if (answer === undefined) {
        const advice = 'Get background removal under Models, or cut the product out in Figma.';
        return json(
          { code: 'checkpoint-missing', message: 'nothing here removes backgrounds yet', advice },
          404,
        );
      }
      return route.fulfill({ status: 200, headers, contentType: 'image/png', body: answer });
    }
    if (pathname === '/api/concepts' && request.method() === 'POST') {
      const facts = Object.fromEntries(new URL(request.url()).searchParams);
      this.imported.push({ facts, bytes: request.postDataBuffer()! });
      const taken = concept({ name: facts.name ?? 'borrowed', hasThumbnail: false });
      this.concepts = [...this.concepts, taken];
      return json({ ...taken, findings: this.importFindings }, 201);
    }
    // As they were when it was asked for.
    if (pathname === '/api/concepts') return json({ concepts });
    if (pathname === '/api/concept-thumbnails') {
      const ids = new URL(request.url()).searchParams.get('ids')!.split(',');
      return json({
        thumbnails: this.concepts.filter(({ id }) => ids.includes(id)).flatMap((one) => this.#thumbnail(one)),
      });
    }
    if (pathname === '/api/removed-concepts') return json({ concepts: this.removed });
    if (pathname.startsWith(`${routes.presets}/`)) {
      const removed = decodeURIComponent(pathname.slice(routes.presets.length + 1));
      this.presets = this.presets.filter(({ name }) => name !== removed);
      return route.fulfill({ status: 204, headers });
    }
    if (pathname === routes.presets) {
      const added = (request.postDataJSON() as Presets | null)?.presets ?? [];
      const names = added.map(({ name }) => name);
      const others = this.presets.filter(({ name }) => !names.includes(name));
      const replaced = names.filter((name) => this.presets.some((preset) => preset.name === name));
      this.presets = [...others, ...added];
      return json({ presets: this.presets, replaced });
    }
    if (pathname === routes.loras) return json({ loras: this.loras });
    if (pathname === '/api/jobs') return json({ jobs: this.jobs, catalogues: this.catalogues, next: null });
    const [, kind, id] = /^\/api\/(concepts|jobs)\/([a-z0-9-]+)/.exec(pathname) ?? [];
    if (request.method() === 'DELETE') {
      if (kind === 'jobs') this.jobs = this.jobs.filter(({ job }) => job !== id);
      else this.remove(id!);
      return route.fulfill({ status: 204, headers });
    }
    if (pathname.endsWith('/file')) {
      const program = new URL(request.url()).searchParams.get('for') ?? 'likeness';
      return route.fulfill({ status: 200, headers, body: `aurora for ${program}` });
    }
    if (pathname.endsWith('/export')) {
      const program = new URL(request.url()).searchParams.get('for');
      return json({ triggerWords: 'zqx mug', notes: [`Write "zqx mug" in ${program}.`] });
    }
    if (pathname.endsWith('/restore')) return json(this.#restore(id!));
    if (request.method() === 'PATCH') {
      const change = request.postDataJSON() as ConceptChange;
      if (change.name === this.takenName) {
        const message = `another concept is called ${change.name}`;
        return json({ code: 'input', message, advice: 'Choose another name.' }, 400);
      }
      const changed = { ...this.concepts.find((one) => one.id === id)!, ...change } as ConceptSummary;
      this.concepts = this.concepts.map((one) => (one.id === id ? changed : one));
      return json(changed);
    }
    const body = this.pictures(pathname);
    if (body === undefined) return json({ code: 'job-unknown', message: 'none', advice: 'None.' }, 404);
    return route.fulfill({ status: 200, headers, contentType: 'image/png', body });
  }
}
