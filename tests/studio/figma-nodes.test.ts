import { describe, expect, it } from 'vitest';
import { inverted } from '../../plugin/studio/document/history.ts';
import { openSandbox } from './sandbox.ts';

type Rectangle = ReturnType<ReturnType<typeof openSandbox>['figma']['createRectangle']>;

describe('a node', () => {
  it('that was removed throws on everything but removed and id', () => {
    const { figma } = openSandbox();
    const node = figma.createRectangle();
    node.remove();
    expect(node.removed).toBe(true);
    expect(() => node.width).toThrow(`in get_width: The node with id "${node.id}" does not exist`);
    expect(() => node.setPluginData('a', 'b')).toThrow('does not exist');
    expect(() => node.remove()).toThrow('does not exist');
    expect(() => {
      node.x = 4;
    }).toThrow('does not exist');
  });

  it('that the person deleted is removed for the plugin, and back after undo', () => {
    const { figma, document, host } = openSandbox();
    const node = figma.createFrame();
    const gone = inverted(host.changes);
    document.receive(gone);
    expect(node.removed).toBe(true);
    document.receive(inverted(gone));
    expect(node.removed).toBe(false);
    expect(node.width).toBe(100);
  });

  it('takes a picture’s crop as two rows of three numbers, and nothing else', () => {
    const node = openSandbox().figma.createRectangle();
    const crop = (imageTransform: unknown) => {
      node.fills = [{ type: 'IMAGE', scaleMode: 'CROP', imageHash: 'a', imageTransform } as never];
    };
    const quarter = [
      [0.5, 0, 0.5],
      [0, 0.5, 0.5],
    ];
    crop(quarter);
    expect(node.fills).toMatchObject([{ imageTransform: quarter }]);
    for (const wrong of [
      [[1, 0, 0]],
      [
        [1, 0],
        [0, 1],
      ],
      'all',
      [
        [1, 0, Number.NaN],
        [0, 1, 0],
      ],
    ])
      expect(() => crop(wrong)).toThrow('two rows of three numbers');
  });

  it('is put before another by its place among the children, and blends as it is told', () => {
    const { figma } = openSandbox();
    const frame = figma.createFrame();
    const [back, front, between] = [1, 2, 3].map(() => figma.createRectangle()) as [
      Rectangle,
      Rectangle,
      Rectangle,
    ];
    for (const child of [back, front]) frame.appendChild(child);
    frame.insertChild(1, between);
    expect(frame.children.map(({ id }) => id)).toEqual([back, between, front].map(({ id }) => id));
    frame.insertChild(0, front);
    expect(frame.children[0]!.id).toBe(front.id);
    figma.currentPage.insertChild(0, back);
    expect(figma.currentPage.children[0]!.id).toBe(back.id);
    expect(back.blendMode).toBe('NORMAL');
    back.blendMode = 'MULTIPLY';
    expect(back.blendMode).toBe('MULTIPLY');
    expect(() => {
      back.blendMode = 'HUE_AND_CRY';
    }).toThrow('none that the studio draws');
  });

  it('takes no properties that it does not have', () => {
    const node = openSandbox().figma.createRectangle();
    expect(() => Object.assign(node, { colour: 'red' })).toThrow(TypeError);
  });

  it('that is turned keeps its width and height, and is bounded and exported as it is seen', async () => {
    const { figma, host } = openSandbox();
    const pen = figma.createFrame();
    pen.resize(400, 20);
    [pen.x, pen.y, pen.rotation] = [100, 500, 90];
    expect([pen.width, pen.height]).toEqual([400, 20]);
    expect(pen.absoluteBoundingBox).toEqual({ x: 100, y: 100, width: 20, height: 400 });
    expect(pen.absoluteRenderBounds).toEqual(pen.absoluteBoundingBox);
    // Its right end lies above: x of its own leads upward.
    const [[, , left], [down, , top]] = pen.absoluteTransform;
    expect([left, top, down]).toEqual([100, 500, -1]);
    await expect(pen.exportAsync({ constraint: { type: 'WIDTH', value: 1024 } })).rejects.toThrow(
      'px a side',
    );
    await pen.exportAsync({ constraint: { type: 'HEIGHT', value: 1024 } });
    expect(host.exports).toHaveLength(1);
  });

  it('renders strokes and children that stand out of it, and nothing while it is hidden', () => {
    const { figma } = openSandbox();
    const frame = figma.createFrame();
    const child = figma.createRectangle();
    frame.appendChild(child);
    [child.x, frame.strokes, frame.strokeWeight] = [
      250,
      [{ type: 'SOLID', color: { r: 0, g: 0, b: 0 } }],
      10,
    ];
    expect(frame.absoluteRenderBounds).toEqual({ x: -5, y: -5, width: 110, height: 110 });
    frame.clipsContent = false;
    expect(frame.absoluteRenderBounds).toEqual({ x: -5, y: -5, width: 355, height: 110 });
    frame.visible = false;
    expect([frame.absoluteRenderBounds, child.absoluteRenderBounds]).toEqual([null, null]);
    expect(frame.absoluteBoundingBox.width).toBe(100);
  });

  it('is resized by resize alone, and to no less than 0.01', () => {
    const node = openSandbox().figma.createRectangle();
    expect(() => Object.assign(node, { width: 10 })).toThrow(TypeError);
    expect(() => node.resize(0, 10)).toThrow('below the smallest size');
    expect(() => node.resize(Number.NaN, 10)).toThrow('expected a number');
    node.resize(30, 20);
    expect([node.width, node.height]).toEqual([30, 20]);
  });

  it('gives copies of its fills: changing one changes nothing', () => {
    const node = openSandbox().figma.createRectangle();
    const [fill] = node.fills;
    Object.assign(fill!, { type: 'IMAGE' });
    expect(node.fills[0]!.type).toBe('SOLID');
  });

  it.each([
    ['an alpha in the colour', { type: 'SOLID', color: { r: 0, g: 0, b: 0, a: 1 } }],
    ['a colour in bytes', { type: 'SOLID', color: { r: 255, g: 0, b: 0 } }],
    ['no scale mode', { type: 'IMAGE', imageHash: 'x' }],
    ['an unknown type', { type: 'PATTERN' }],
    ['an opacity over 1', { type: 'SOLID', color: { r: 0, g: 0, b: 0 }, opacity: 2 }],
  ])('refuses a fill with %s', (_what, fill) => {
    const node = openSandbox().figma.createRectangle();
    expect(() => Object.assign(node, { fills: [fill] })).toThrow('in set_fills');
  });

  it('cannot be put into itself or into a rectangle', () => {
    const { figma } = openSandbox();
    const outer = figma.createFrame();
    const inner = figma.createFrame();
    outer.appendChild(inner);
    expect(() => inner.appendChild(outer)).toThrow('into itself');
    expect(() => figma.createRectangle().appendChild(inner)).toThrow('holds no children');
    expect(inner.parent).toBe(outer);
  });

  it('goes with its children, and comes back with them on undo', () => {
    const { figma, document, host } = openSandbox();
    const outer = figma.createFrame();
    const inner = figma.createFrame();
    outer.appendChild(inner);
    const before = host.changes.length;
    outer.remove();
    expect(inner.removed).toBe(true);
    document.receive(inverted(host.changes.slice(before)));
    expect(inner.parent).toBe(outer);
  });
});

describe('the page', () => {
  it('gives a copy of the selection, and takes only nodes that are there', () => {
    const { figma } = openSandbox();
    const node = figma.createFrame();
    (figma.currentPage.selection as unknown[]).push(node);
    expect(figma.currentPage.selection).toEqual([]);
    figma.currentPage.selection = [node];
    expect(figma.currentPage.selection[0]).toBe(node);
    node.remove();
    expect(figma.currentPage.selection).toEqual([]);
    expect(() => {
      figma.currentPage.selection = [node];
    }).toThrow('does not exist');
  });

  it('finds nodes by plugin data', () => {
    const { figma } = openSandbox();
    const [with_, without] = [figma.createFrame(), figma.createFrame()];
    with_.setPluginData('slot', '1');
    without.setPluginData('other', '1');
    expect(figma.currentPage.findAllWithCriteria({ pluginData: { keys: ['slot'] } })).toEqual([with_]);
    expect(figma.currentPage.findAllWithCriteria({ pluginData: {} })).toHaveLength(2);
  });

  it('is reached by async calls alone, as dynamic-page wants', async () => {
    const { figma } = openSandbox();
    const node = figma.createFrame();
    expect(() => figma.getNodeById()).toThrow('Use figma.getNodeByIdAsync instead');
    const { currentPage } = figma;
    expect(() => Object.assign(figma, { currentPage })).toThrow('Use figma.setCurrentPageAsync instead');
    expect(await figma.getNodeByIdAsync(node.id)).toBe(node);
    expect(await figma.getNodeByIdAsync('99:99')).toBeNull();
  });
});

describe('exportAsync', () => {
  it('refuses what would be larger than a canvas, unknown formats and hidden nodes', async () => {
    const { figma, host } = openSandbox();
    const node = figma.createFrame();
    const png = { format: 'PNG' } as const;
    await expect(node.exportAsync({ ...png, constraint: { type: 'WIDTH', value: 99_999 } })).rejects.toThrow(
      '16384',
    );
    await expect(node.exportAsync({ format: 'SVG' as 'PNG' })).rejects.toThrow('format SVG');
    await expect(node.exportAsync({ ...png, constraint: { type: 'SCALE', value: 0 } })).rejects.toThrow(
      'positive',
    );
    node.visible = false;
    await expect(node.exportAsync(png)).rejects.toThrow('visible layers');
    expect(host.exports).toEqual([]);
  });
});
