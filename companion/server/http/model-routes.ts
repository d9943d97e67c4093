/**
 * `modelRoutes`: the base models of this computer and those that can be had, over HTTP. Every answer is the list as it is
 * then; work goes on after the answer, and its progress comes through the socket.
 */

import express, { type Request, type RequestHandler, Router } from 'express';
import { routes } from '../../../shared/protocol/http.ts';
import {
  addModelSchema,
  type ModelFolder,
  type ModelList,
  modelFolderQuery,
  modelNameSchema,
  pullModelSchema,
} from '../../../shared/protocol/model.ts';
import { modelPlace } from '../../model-store/model-places.ts';
import { forPanel } from '../../model-store/model-task-steps.ts';
import { MAX_JSON_BYTES } from '../limits.ts';
import type { ModelController } from '../model-controller.ts';
import { parsed } from './app.ts';

/** Pattern of an address. */
const NAME = ':model';

export function modelRoutes(controller: ModelController): Router {
  const router = Router();
  const json = express.json({ limit: MAX_JSON_BYTES });

  router.get(routes.models, async (_request, response) => {
    response.json((await controller.list()) satisfies ModelList);
  });

  router.get(routes.modelFolder, async (request, response) => {
    const { path } = parsed(modelFolderQuery, request.query, 'the query');
    response.json((await modelPlace(path)) satisfies ModelFolder);
  });

  const act = (work: (name: string, request: Request) => Promise<unknown>, status = 200): RequestHandler => {
    return async (request, response) => {
      const name = request.params.model === undefined ? '' : nameOf(request);
      try {
        await work(name, request);
      } catch (error) {
        throw forPanel(error);
      }
      response.status(status).json((await controller.list()) satisfies ModelList);
    };
  };
  const added = (request: Request) => parsed(addModelSchema, request.body, 'the request').path;
  const accepted = (request: Request) => parsed(pullModelSchema, request.body, 'the request').licence;
  router.post(
    routes.models,
    json,
    act((_, request) => controller.add(added(request)), 201),
  );
  router.post(
    routes.modelPull(NAME),
    json,
    act((name, request) => controller.pull(name, accepted(request)), 202),
  );
  for (const [method, address, work] of namedActs(controller)) router[method](address, act(work));

  return router;
}

type NamedAct = readonly [
  method: 'post' | 'delete',
  address: string,
  work: (name: string) => Promise<unknown>,
];

/** Acts that need no more than a model's name. */
function namedActs(controller: ModelController): readonly NamedAct[] {
  return [
    ['delete', routes.model(NAME), (name) => controller.remove(name)],
    ['delete', routes.modelPull(NAME), (name) => controller.cancel(name)],
    ['post', routes.modelPause(NAME), (name) => controller.pause(name)],
    ['post', routes.modelResume(NAME), (name) => controller.resume(name)],
    ['post', routes.modelCheck(NAME), (name) => controller.verify(name)],
    ['delete', routes.modelCheck(NAME), (name) => controller.cancel(name)],
    ['post', routes.modelUse(NAME), (name) => controller.use(name)],
  ];
}

function nameOf(request: Request): string {
  return parsed(modelNameSchema, request.params.model, 'the address');
}
