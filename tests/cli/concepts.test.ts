import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writePlainLora, writeSmallConcept } from '../library/small-concept.ts';
import { likeness, runInside, temporaryFolder } from './binary.ts';

describe('concepts', () => {
  it('go out and in again, away and back', async () => {
    const home = temporaryFolder();
    const file = await writeSmallConcept(home, 'aurora', 1);
    const imported = await likeness(['concepts', 'import', file], { home });
    expect(imported.stderr).toContain('✓ Imported @aurora (bottle)');
    expect(imported.exitCode).toBe(0);
    const stored = join(home, 'data', 'concepts', 'aurora.safetensors');
    expect(readFileSync(stored)).toEqual(readFileSync(file));

    const exported = await runInside(['concepts', 'export', '@aurora', '--json'], { home });
    expect(exported.events).toMatchObject([{ type: 'exported', name: 'aurora', version: 1 }]);
    expect(readFileSync(join(home, 'aurora.safetensors'))).toEqual(readFileSync(stored));
    const again = await runInside(['concepts', 'export', 'aurora'], { home });
    expect(again.stderr).toMatch(/is there already\n.*--replace/);
    expect(again.exitCode).toBe(2);

    const removed = await runInside(['concepts', 'remove', 'aurora'], { home });
    expect(removed.stderr).toContain('npm run likeness -- concepts restore aurora');
    expect(existsSync(stored)).toBe(false);
    const gone = await runInside(['concepts', 'remove', 'aurora'], { home });
    expect(gone.stderr).toContain('no concept is named aurora');
    const listed = await runInside(['concepts', 'list', '--removed'], { home });
    expect(listed.stdout).toMatch(/@aurora +bottle +1 version/);
    const restored = await runInside(['concepts', 'restore', 'aurora'], { home });
    expect(restored.stderr).toContain('✓ Restored @aurora');
    expect(existsSync(stored)).toBe(true);
    expect((await runInside(['concepts', 'restore', 'aurora'], { home })).exitCode).toBe(1);
  });

  it('go out for a program, with the words to write and what stays behind', async () => {
    const home = temporaryFolder();
    await runInside(['concepts', 'import', await writeSmallConcept(home, 'aurora', 1)], { home });
    const told = await runInside(['concepts', 'export', 'aurora', '--for', 'diffusers'], { home });
    expect(told.stderr).toContain('Write "zqx bottle" in the prompt');
    expect(told.stderr).toContain('Masks stay behind');
    const json = ['concepts', 'export', 'aurora', '--for', 'invokeai', '--out', 'i.safetensors', '--json'];
    expect((await runInside(json, { home })).events).toMatchObject([
      { type: 'exported', for: 'invokeai', triggerWords: 'zqx bottle', notes: expect.any(Array) },
    ]);
    for (const file of ['aurora', 'i']) {
      const again = await runInside(['concepts', 'import', join(home, `${file}.safetensors`)], { home });
      expect(again.stderr).toContain('@aurora');
    }
    const { events } = await runInside(['concepts', 'list', '--json'], { home });
    expect(events).toHaveLength(1);
  });

  it('show what a file says of itself, and leave the terminal alone', async () => {
    const home = temporaryFolder();
    const rights = { owner: 'Acme\u001b[2J', note: 'one\ntwo\u202e' };
    const file = await writeSmallConcept(home, 'aurora', 1, { rights });
    const { stdout } = await runInside(['concepts', 'show', file], { home });
    expect(stdout).toMatch(/owner +Acme\\x1b\[2J\n/);
    expect(stdout).toMatch(/note +one\\ntwo\\u202e\n/);
    for (const character of ['\u001b', '\u202e']) expect(stdout).not.toContain(character);
  });

  it('import plain LoRA files once they are told what they are', async () => {
    const home = temporaryFolder();
    const file = await writePlainLora(home);
    const bare = await runInside(['concepts', 'import', file], { home });
    expect(bare.stderr).toContain('npm run likeness -- concepts import FILE --name N --class C');
    const half = await runInside(['concepts', 'import', file, '--class', 'watch'], { home });
    expect(half.stderr).toContain('needs a name and a class word');
    const told = ['--name', 'watch', '--class', 'wrist watch', '--identifier', 'olis'];
    const whole = await runInside(['concepts', 'import', file, ...told], { home });
    expect(whole.stderr).toContain('✓ Imported @watch (wrist watch)');
    const shown = await runInside(['concepts', 'show', 'watch'], { home });
    expect(shown.stdout).toMatch(/identifier +olis/);
    expect(whole.stderr).not.toContain('alpha');
    const elsewhere = ['--name', 'wide', '--class', 'watch', '--model', 'likeness-base-128'];
    const misfit = await runInside(['concepts', 'import', file, ...elsewhere], { home });
    expect(misfit.stderr).toMatch(
      /mid_block.attentions.0, which is none of the model's|has 4 channels, expected/,
    );
    const mute = await runInside(
      ['concepts', 'import', await writePlainLora(home, { alpha: 0 }), ...told.with(1, 'mute')],
      {
        home,
      },
    );
    expect(mute.stderr).toContain('@mute: in every block alpha is 0');
    const own = await writeSmallConcept(home, 'aurora', 1);
    const both = await runInside(['concepts', 'import', own, '--name', 'b', '--class', 'bottle'], { home });
    expect(both.stderr).toContain('says itself what it is');
  });

  it('have rights, which the owner sets and takes away', async () => {
    const home = temporaryFolder();
    const file = await writeSmallConcept(home, 'aurora', 1, { rights: { expires: '2026-11-30' } });
    await runInside(['concepts', 'import', file], { home });
    const rights = async (...flags: string[]) => {
      const { stdout } = await runInside(['concepts', 'rights', 'aurora', '--json', ...flags], { home });
      return JSON.parse(stdout.split('\n')[0]!);
    };
    expect(await rights()).toMatchObject({ rights: { expires: '2026-11-30' }, changed: false });
    expect(await rights('--expires', '2027-12-31', '--owner', 'Acme')).toMatchObject({
      rights: { owner: 'Acme', expires: '2027-12-31' },
      changed: true,
    });
    expect(await rights('--expires', 'never')).toMatchObject({ rights: { owner: 'Acme' } });
    const wrong = await runInside(['concepts', 'rights', 'aurora', '--expires', 'soon'], { home });
    expect(wrong.stderr).toContain('2027-12-31, or never');
  });

  it('leave the library under a name that every system can hold', async () => {
    const home = temporaryFolder();
    await runInside(['concepts', 'import', await writeSmallConcept(home, 'con', 1)], { home });
    const { stdout } = await runInside(['concepts', 'export', 'con', '--json'], { home });
    expect(JSON.parse(stdout.split('\n')[0]!).path).toBe(join(home, 'con_.safetensors'));
  });

  it('are listed in their newest version, beside those that are damaged', async () => {
    const home = temporaryFolder();
    const folder = join(home, 'data', 'concepts');
    await mkdir(folder, { recursive: true });
    await writeSmallConcept(folder, 'aurora', 1, { classWord: 'old bottle' });
    await writeSmallConcept(folder, 'aurora', 2, { version: 2 });
    writeFileSync(join(folder, 'broken.safetensors'), 'x');
    const { stdout, stderr } = await runInside(['concepts', 'list'], { home });
    expect(stdout.match(/@aurora/g)).toHaveLength(1);
    expect(stdout).not.toContain('old bottle');
    expect(stderr).toContain('broken.safetensors');
  });
});
