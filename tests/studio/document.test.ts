import { describe, expect, it } from 'vitest';
import { type Change, UndoHistory } from '../../plugin/studio/document/history.ts';
import { emptyDocument, newNode } from '../../plugin/studio/document/node-record.ts';
import { Scene } from '../../plugin/studio/document/scene.ts';
import { moves, Workspace } from '../../plugin/studio/document/workspace.ts';

function workspace(): Workspace {
  return new Workspace(emptyDocument('Test'), 1);
}

function created(id: string): Change {
  return { kind: 'create', node: newNode(id, 'RECTANGLE', 1) };
}

describe('undo', () => {
  it('takes a batch of the plugin back as one step', () => {
    const space = workspace();
    space.receiveFromPlugin([created('2:1')]);
    space.receiveFromPlugin([created('2:2')]);
    space.commitUndo();
    space.undo();
    expect(space.scene.children('0:1')).toEqual([]);
    space.redo();
    expect(space.scene.children('0:1').map(({ id }) => id)).toEqual(['2:1', '2:2']);
  });

  it('keeps the person’s steps apart from the plugin’s', () => {
    const history = new UndoHistory();
    history.gather([created('2:1')]);
    history.record([created('1:1')]);
    history.gather([created('2:2')]);
    const undone = [history.undo(), history.undo(), history.undo(), history.undo()];
    expect(undone.map(([change]) => change?.kind === 'remove' && change.node.id)).toEqual([
      '2:2',
      '1:1',
      '2:1',
      false,
    ]);
  });

  it('forgets redo steps once something else is done', () => {
    const history = new UndoHistory();
    history.record([created('1:1')]);
    history.undo();
    expect(history.canRedo).toBe(true);
    history.record([created('1:2')]);
    expect(history.canRedo).toBe(false);
  });

  it('of a drag is one step back to where it began', () => {
    const space = workspace();
    const node = space.draft({ x: 10, y: 10, width: 5, height: 5 }, 'A', []);
    space.act([{ kind: 'create', node }]);
    space.preview(moves([node], 3, 0));
    space.preview(moves([node], 7, 4));
    space.settle(moves([node], 7, 4));
    expect(space.scene.get(node.id)).toMatchObject({ x: 17, y: 14 });
    space.undo();
    expect(space.scene.get(node.id)).toMatchObject({ x: 10, y: 10 });
  });
});

describe('two replicas', () => {
  it('keep a move of the person and a fill of the plugin on the same node', () => {
    const scene = new Scene([...emptyDocument('Test'), newNode('1:1', 'FRAME', 1)]);
    scene.apply([{ kind: 'edit', id: '1:1', before: { x: 0 }, after: { x: 40 } }]);
    scene.apply([{ kind: 'edit', id: '1:1', before: { fills: [] }, after: { fills: [] } }]);
    expect(scene.get('1:1')).toMatchObject({ x: 40, fills: [] });
  });

  it('drop edits of a node that the other side removed', () => {
    const scene = new Scene(emptyDocument('Test'));
    scene.apply([{ kind: 'edit', id: '1:1', before: {}, after: { x: 40 } }]);
    expect(scene.get('1:1')).toBeUndefined();
  });
});

describe('the selection', () => {
  it('loses nodes that are deleted', () => {
    const space = workspace();
    const node = space.draft({ x: 0, y: 0, width: 5, height: 5 }, 'A', []);
    space.act([{ kind: 'create', node }]);
    space.selectAll();
    expect(space.selection.value).toEqual([node.id]);
    space.deleteSelected();
    expect(space.selection.value).toEqual([]);
    space.undo();
    expect(space.scene.get(node.id)).toBeDefined();
  });
});
