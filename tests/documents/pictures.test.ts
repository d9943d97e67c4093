import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { linkedPictures, PICTURES } from './linked-pictures.ts';

it('every picture of the documents is there, and every one that is there is in a document', () => {
  expect([...linkedPictures()].sort()).toEqual(readdirSync(PICTURES).sort());
});
